package queue_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// crowd is many tenants in one process and in a bubble, where waiting costs no time: what is
// measured is who waits for whom, and nothing of the machine.
type crowd struct {
	*process

	mu      sync.Mutex
	acked   map[string]time.Time
	applied []applied
}

// applied is one link's arrival at its vendor.
type applied struct {
	tenant string
	at     time.Time
	lag    time.Duration
}

func newCrowd(t *testing.T, slots int) *crowd {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "scimrelay-test-") // what is durable is tested elsewhere
	if err != nil {
		dir = t.TempDir()
	} else {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	s := openStore(t, "sqlite://"+filepath.Join(dir, "crowd.db"))
	return &crowd{process: begin(t, s, queue.NewInProcess(), time.Second, slots), acked: make(map[string]time.Time)}
}

// join gives the tenant a target at a vendor whose calls take so long.
func (c *crowd) join(t *testing.T, tenant string, latency time.Duration) {
	t.Helper()
	vendor := &relaytest.Vendor{}
	vendor.Quiet()
	vendor.Before = func(ctx context.Context, _ relaytest.Operation, _ string) error { return spend(ctx, latency) }
	vendor.After = func(_ context.Context, op relaytest.Operation, key string) error {
		if op == relaytest.Create {
			c.note(tenant, key)
		}
		return nil
	}
	c.serve(t, tenant, vendor)
}

func spend(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *crowd) note(tenant, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.applied = append(c.applied, applied{tenant, time.Now(), time.Since(c.acked[tenant+key])})
}

// write commits a person and rings, as the server does.
func (c *crowd) write(t *testing.T, tenant, name string) {
	c.create(t, tenant, name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked[tenant+name] = time.Now()
}

// backlog commits many people of one tenant, due and unannounced.
func (c *crowd) backlog(t *testing.T, tenant string, n int) {
	t.Helper()
	var writers errgroup.Group
	writers.SetLimit(128)
	for i := range n {
		writers.Go(func() error {
			w := store.Write{Tenant: tenant, Targets: []string{relaytest.Target}}
			_, err := c.store.Directory.Create(t.Context(), w, scim.TypeUser, uuid.NewString(), person(fmt.Sprint("backlog", i), 0))
			return err
		})
	}
	if err := writers.Wait(); err != nil {
		t.Fatal(err)
	}
}

// quietly has each of the tenants write once a second for so long, at times of its own.
func (c *crowd) quietly(t *testing.T, tenants []string, long time.Duration) {
	t.Helper()
	var writers errgroup.Group
	for i, tenant := range tenants {
		writers.Go(func() error {
			<-time.After(time.Duration(i) * time.Second / time.Duration(len(tenants))) // of the bubble
			for n := range int(long / time.Second) {
				c.write(t, tenant, fmt.Sprint("user", n))
				<-time.After(time.Second)
			}
			return nil
		})
	}
	_ = writers.Wait()
	<-time.After(5 * time.Second) // what is under way ends
}

func (c *crowd) lags(tenants ...string) (lags []time.Duration, rate float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first, last time.Time
	for _, a := range c.applied {
		if slices.Contains(tenants, a.tenant) {
			lags, last = append(lags, a.lag), a.at
			if first.IsZero() {
				first = a.at
			}
		}
	}
	slices.Sort(lags)
	return lags, float64(len(lags)) / max(last.Sub(first).Seconds(), 1)
}

func p95(lags []time.Duration) time.Duration {
	if len(lags) == 0 {
		return 0
	}
	return lags[len(lags)*95/100]
}

const (
	quietVendor = 40 * time.Millisecond
	quietTime   = 30 * time.Second
)

func quietTenants(n int) (tenants []string) {
	for i := range n {
		tenants = append(tenants, fmt.Sprintf("quiet%02d", i))
	}
	return tenants
}

// beside measures what quiet tenants wait for beside another one, in a bubble of its own.
func beside(t *testing.T, slots int, other func(t *testing.T, c *crowd)) (quiet []time.Duration, rate float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, slots)
		tenants := quietTenants(19)
		for _, tenant := range tenants {
			c.join(t, tenant, quietVendor)
		}
		if other != nil {
			other(t, c)
		}
		c.quietly(t, tenants, quietTime)
		quiet, _ = c.lags(tenants...)
		_, rate = c.lags("noisy")
		c.stop()
	})
	return quiet, rate
}

// L45: one tenant has 50,000 due at a slow vendor. The 19 others notice nothing, and it gets all
// that its vendor can do.
func TestAQuietTenantIsAsQuickBesideANoisyOne(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "L45")
	due := 50_000
	if testing.Short() || racing {
		due = 5_000
	}
	const slots = 8
	alone, _ := beside(t, slots, nil)
	quiet, rate := beside(t, slots, func(t *testing.T, c *crowd) {
		c.join(t, "noisy", 2*time.Second)
		c.backlog(t, "noisy", due)
	})
	check.Work("links of quiet tenants beside a noisy one", len(quiet), 19*25)
	check.Ratio("p95 of quiet tenants beside a noisy one to that without", float64(p95(quiet))/float64(p95(alone)), 2)
	t.Logf("alone p95 %v of %d, beside %d due %v of %d; these went at %.2f/s", p95(alone), len(alone), due, p95(quiet), len(quiet), rate)
	if len(quiet) != len(alone) {
		t.Errorf("%d links alone, %d beside", len(alone), len(quiet))
	}
	if p95(quiet) > 3*time.Second {
		t.Errorf("p95 is %v beside a noisy tenant, %v without", p95(quiet), p95(alone))
	}
	if rate < 0.8 { // two calls of two seconds, four links at once: one a second
		t.Errorf("the noisy tenant got %.2f links/s", rate)
	}
}

// V28: a vendor accepts calls and never answers. It takes its target's slots and nobody else's.
func TestAVendorThatNeverAnswersDelaysNobodyElse(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "V28")
	const slots = 8
	alone, _ := beside(t, slots, nil)
	var mu sync.Mutex
	flying, most := 0, 0
	quiet, _ := beside(t, slots, func(t *testing.T, c *crowd) {
		hole := &relaytest.Vendor{}
		hole.Before = func(ctx context.Context, _ relaytest.Operation, _ string) error {
			mu.Lock()
			flying++
			most = max(most, flying)
			mu.Unlock()
			err := spend(ctx, 30*time.Second) // the client's limit
			mu.Lock()
			flying--
			mu.Unlock()
			return cmp.Or(err, error(connectors.Faultf(connectors.Transient, "no answer in time")))
		}
		c.serve(t, "noisy", hole)
		c.backlog(t, "noisy", 500)
	})
	t.Logf("alone p95 %v, beside a black hole %v; it held %d calls", p95(alone), p95(quiet), most)
	if most == 0 || most > 4 {
		t.Errorf("%d calls were under way at the black hole", most)
	}
	check.Work("links of quiet tenants beside a black hole", len(quiet), 19*25)
	check.Ratio("p95 of quiet tenants beside a black hole to that without", float64(p95(quiet))/float64(p95(alone)), 1.05)
}

// Work whose size is by Zipf's law, all due at once: nobody is served late because others have
// much. The measure is the sum of the places at which tenants are first served over their number
// squared, and has to be below one where there are turns for all. Where turns are scarce it depends
// on who comes first, while nobody waits yet: decision 0013 has what was measured.
func TestManyTenantsWithUnevenWorkAreFirstServedInTurn(t *testing.T) {
	inFull(t)
	t.Parallel()
	const tasks, keys, slots = 225, 10, 16
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, slots)
		zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 2, 2, keys-1)
		work := make(map[string]int)
		for range tasks {
			work[fmt.Sprint("tenant", zipf.Uint64())]++
		}
		for tenant, n := range work {
			c.backlog(t, tenant, n)
		}
		for tenant := range work {
			c.join(t, tenant, quietVendor)
		}
		for tenant := range work {
			c.bell.Ring(tenant, []string{relaytest.Target}, store.UrgencyCreate)
		}
		<-time.After(time.Minute) // of the bubble
		c.stop()
		unfair := c.unfairness()
		t.Logf("%d tenants, %v: unfairness %.2f", len(work), work, unfair)
		if len(c.applied) != tasks || unfair >= 1 {
			t.Errorf("%d links, unfairness %.2f", len(c.applied), unfair)
		}
	})
}

// unfairness is Σ(first-service position)/n², positions being how many links were done before.
// What arrives at one instant arrives together.
func (c *crowd) unfairness() float64 {
	first := make(map[string]time.Time)
	for _, a := range c.applied {
		if _, ok := first[a.tenant]; !ok {
			first[a.tenant] = a.at
		}
	}
	sum := 0
	for _, at := range first {
		for _, a := range c.applied {
			if a.at.Before(at) {
				sum++
			}
		}
	}
	return float64(sum) / float64(len(first)*len(first))
}
