package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/services"
)

// push creates people with several clients at once and returns how long each answer took.
func push(t *testing.T, c *client, prefix string, people, clients int) []time.Duration {
	t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	for w := range clients {
		all.Go(func() {
			for n := w; n < people; n += clients {
				began := time.Now()
				status, answer, _ := c.do(http.MethodPost, "/Users", user(fmt.Sprintf("%s.%d@acme.example", prefix, n)))
				if status != http.StatusCreated {
					t.Errorf("POST: %d %v", status, answer)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}

func allActive(accounts []account, n int) bool {
	keys := map[string]bool{}
	for _, a := range accounts {
		if !a.Active || keys[a.Key] {
			return false
		}
		keys[a.Key] = true
	}
	return len(keys) == n
}

// A gateway, two workers, PostgreSQL and Redis; one worker is killed in the middle.
func TestAClusterConvergesAndSurvivesAWorker(t *testing.T) {
	t.Parallel()
	v := startVendor(t)
	i := install(t, databases.New(t), services.NewRedis(t).URL(), v)
	c := i.client(t, "t0")
	i.serve(t, "--role", "gateway")
	first := i.worker(t)
	i.worker(t)
	push(t, c, "before", 150, 16)
	first.kill()
	push(t, c, "after", 150, 16)
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), 300) })
	_, answer, _ := c.do(http.MethodGet, `/Users?filter=userName+eq+%22before.7@acme.example%22`, "")
	found, _ := answer["Resources"].([]any)
	if len(found) != 1 {
		t.Fatalf("found %v", answer)
	}
	res, _ := found[0].(map[string]any)
	id, _ := res["id"].(string)
	if status, _, _ := c.do(http.MethodPatch, "/Users/"+id, replace("active", "False")); status != http.StatusOK {
		t.Fatalf("PATCH: %d", status)
	}
	eventually(t, 60*time.Second, "the leaver has no access", func() bool {
		accounts := v.accounts(t)
		n := slices.IndexFunc(accounts, func(a account) bool { return a.Key == "before.7@acme.example" })
		return n >= 0 && !accounts[n].Active
	})
}

// Q10, Q12: Redis emptied, silent and gone while writes arrive. Answers stay quick and
// everything converges once it is back. It runs beside no other test of this package, for
// it measures.
func TestRedisInTroubleCostsLatencyOnly(t *testing.T) {
	v := startVendor(t)
	redis := services.NewRedis(t)
	i := install(t, databases.New(t), redis.URL(), v)
	c := i.client(t, "t0")
	i.serve(t)
	push(t, c, "warm", 50, 4)
	healthy := push(t, c, "healthy", 200, 4)
	pushed := 250
	admin := redis.Client()
	defer admin.Close()
	stop := make(chan struct{})
	var flushing sync.WaitGroup
	flushing.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				admin.FlushAll(t.Context())
			}
		}
	})
	p99 := func(took []time.Duration) time.Duration { return took[len(took)*99/100] }
	// A write that waits for Redis waits in every round; a pause of a machine that is busy
	// with the tests of other packages does not come back in each of three.
	quick := func(phase string) {
		limit := max(200*time.Millisecond, 2*p99(healthy))
		for round := range 3 {
			took := push(t, c, fmt.Sprintf("%s%d", phase, round), 200, 4)
			pushed += len(took)
			t.Logf("%s: median %v, p99 %v; healthy: median %v, p99 %v", phase, took[len(took)/2], p99(took), healthy[len(healthy)/2], p99(healthy))
			if p99(took) < limit {
				return
			}
		}
		t.Errorf("%s: p99 of a write is never below %v", phase, limit)
	}
	quick("emptied")
	close(stop)
	flushing.Wait()
	redis.Pause(t)
	quick("silent")
	redis.Resume(t)
	redis.Kill()
	quick("gone")
	resp, err := http.Get("http://" + i.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("not ready without Redis: %d", resp.StatusCode)
	}
	redis.Start(t)
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), pushed) })
}
