package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"

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

// Q10, Q12, M7: Redis emptied, silent and gone while writes arrive. Every write is acknowledged, the
// process stays in service and says what is wrong, its metrics do not go blind, nothing piles up in
// it, and everything converges once Redis is back. That no answer waits for Redis is shown where it
// can be shown without a clock, in package queue.
func TestRedisInTroubleCostsLatencyOnly(t *testing.T) {
	t.Parallel()
	board.Begin(t, "Q10")
	v := startVendor(t)
	redis := services.NewRedis(t)
	i := install(t, databases.New(t), redis.URL(), v)
	c := i.client(t, "t0")
	i.serve(t)
	pushed := 0
	push200 := func(phase string) {
		push(t, c, phase, 200, 4) // which insists on 201
		pushed += 200
	}
	says := func(state, reason string) {
		t.Helper()
		eventually(t, 60*time.Second, "readiness says "+state, func() bool {
			r := i.readiness(t)
			return r.code == http.StatusOK && r.Redis == component{state, reason}
		})
		i.alive(t)
	}
	push200("healthy")
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
	push200("emptied")
	close(stop)
	flushing.Wait()
	for _, class := range []string{"urgent", "default", "bulk"} {
		if i.metric(t, fmt.Sprintf("scimrelay_queue_turns{class=%q,state=\"pending\"}", class)) == "" {
			t.Errorf("the metrics have lost sight of %s", class)
		}
	}
	if err := admin.ConfigSet(t.Context(), "maxmemory-policy", "volatile-lru").Err(); err != nil {
		t.Fatal(err)
	}
	says("degraded", "eviction")
	redis.Pause(t)
	push200("silent")
	says("down", "down")
	before := i.metric(t, "go_goroutines")
	push200("silent still")
	if after := i.metric(t, "go_goroutines"); number(t, after) > 2*number(t, before)+100 {
		t.Errorf("%s goroutines, %s before", after, before)
	}
	redis.Resume(t)
	redis.Kill()
	push200("gone")
	says("down", "down")
	if i.metric(t, `scimrelay_relay_due{urgency="create"}`) == "" {
		t.Error("what is due is not shown without Redis")
	}
	redis.Start(t)
	says("ok", "")
	eventually(t, 120*time.Second, "everybody has one account", func() bool { return allActive(v.accounts(t), pushed) })
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
