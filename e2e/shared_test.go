package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// block is many tenants in one process with few turns, at real connectors and simulators.
type block struct {
	*plant
	targets []tenants.Target

	mu    sync.Mutex
	calls map[string][]time.Time // by product
	posts map[string][]time.Time // those that make an account
}

// Tenant implements relay.Directory.
func (b *block) Tenant(id string) (*tenants.Tenant, bool) {
	i := slices.IndexFunc(b.targets, func(t tenants.Target) bool { return t.Tenant == id })
	if i < 0 {
		return nil, false
	}
	return &tenants.Tenant{ID: id, Targets: b.targets[i : i+1]}, true
}

// RoundTrip implements http.RoundTripper.
func (b *block) RoundTrip(r *http.Request) (*http.Response, error) {
	product, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	b.mu.Lock()
	b.calls[product] = append(b.calls[product], time.Now())
	b.mu.Unlock()
	<-time.After(50 * time.Millisecond) // of the bubble
	answer, err := b.wire.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost && strings.HasSuffix(strings.ToLower(rest), "users") && answer.StatusCode < 300 {
		b.mu.Lock()
		b.posts[product] = append(b.posts[product], time.Now())
		b.mu.Unlock()
	}
	return answer, err
}

func simulator(t *testing.T, name string) simhost.Simulator {
	t.Helper()
	for _, s := range all.Simulators() {
		if s.Name() == name {
			return s
		}
	}
	t.Fatalf("no simulator %q", name)
	return nil
}

// newBlock has one tenant at Sage and so many at one account of a SCIM server.
func newBlock(t *testing.T, sharers int) *block {
	t.Helper()
	sage, server := simulator(t, "sage"), simulator(t, "scimtarget")
	b := &block{plant: newPlant(t, sage, nil), calls: make(map[string][]time.Time), posts: make(map[string][]time.Time)}
	b.host = simhost.New(simhost.Options{}, sage, server)
	b.wire.host = b.host
	b.targets = []tenants.Target{b.target}
	for i := range sharers {
		target := sampleTarget(t, server)
		target.Tenant = fmt.Sprintf("sharer%02d", i)
		target.Rate = tenants.Rate{PerSecond: 2, Burst: 2, Concurrency: 4}
		b.targets = append(b.targets, target)
	}
	b.opener = &relay.Opener{Relay: b.opener.Relay, Tenants: b, Products: b.opener.Products, Env: connectors.Env{Now: time.Now, Transport: b}}
	return b
}

func (b *block) backlog(each int) {
	for _, target := range b.targets[1:] {
		for n := range each {
			name := fmt.Sprintf("%s-%d", target.Tenant, n)
			w := store.Write{Tenant: target.Tenant, Targets: []string{target.ID}, Actor: "test"}
			_, err := b.store.Directory.Create(b.tb.Context(), w, scim.TypeUser, uuid.NewString(), revisionOf(b.tb, personDoc(name, n), name, scim.MemberEdit{}))
			if err != nil {
				b.tb.Fatal(err)
			}
		}
	}
}

// serve runs turns, bell and sweeper while during does.
func (b *block) serve(slots int, during func(bell *queue.Bell)) {
	log, transport := slog.New(slog.DiscardHandler), queue.NewInProcess()
	bell := queue.NewBell(transport, b.store.Targets, b.store.Now, log)
	turns := &queue.Turns{Sessions: b.opener, Leases: b.store.Targets, Links: b.store.Links, Bell: bell, Transport: transport,
		Owner: uuid.NewString(), Limit: slots, Now: b.store.Now, Log: log}
	keys := make(map[queue.Key]string)
	for _, target := range b.targets {
		keys[queue.Key{Tenant: target.Tenant, Target: target.ID}] = "settings"
	}
	sweeper := &queue.Sweeper{Links: b.store.Links, Keeper: b.store.Targets, Bell: bell, Every: time.Second, Log: log,
		Targets: func() map[queue.Key]string { return keys }}
	ctx, stop := context.WithCancel(b.tb.Context())
	var running errgroup.Group
	running.Go(func() error { return bell.Run(ctx) })
	running.Go(func() error { return turns.Run(ctx) })
	running.Go(func() error { return sweeper.Run(ctx) })
	during(bell)
	stop()
	if err := running.Wait(); err != nil {
		b.tb.Error(err)
	}
}

// quietLags has the first tenant write every two seconds beside so many others of one account.
func quietLags(t *testing.T, sharers int) (lags []time.Duration, b *block) {
	t.Helper()
	const writes = 60
	b = newBlock(t, sharers)
	b.backlog(60)
	var acked []time.Time
	b.serve(4, func(bell *queue.Bell) {
		for n := range writes {
			name := fmt.Sprint("quiet", n)
			b.create(scim.TypeUser, personDoc(name, n), name, scim.MemberEdit{})
			acked = append(acked, time.Now())
			bell.Ring(b.target.Tenant, []string{b.target.ID}, store.UrgencyCreate)
			<-time.After(2 * time.Second) // of the bubble
		}
		<-time.After(30 * time.Second)
	})
	made := b.posts["sage"]
	if len(made) != writes {
		t.Fatalf("%d of %d quiet writes arrived", len(made), writes)
	}
	for i, at := range made {
		lags = append(lags, at.Sub(acked[i]))
	}
	slices.Sort(lags)
	return lags, b
}

// Twelve targets with one account's credentials wait for each other and for nobody else: they
// share its rate, evenly, and those that wait hold no turn that others could use.
func TestTargetsThatWaitForAnAccountHoldNoTurns(t *testing.T) {
	t.Parallel()
	var alone, beside []time.Duration
	synctest.Test(t, func(t *testing.T) { alone, _ = quietLags(t, 0) })
	synctest.Test(t, func(t *testing.T) {
		var b *block
		beside, b = quietLags(t, 12)
		calls := b.calls["scimtarget"]
		for i := range calls {
			if n := 2 + 2 + 1; i >= n && calls[i].Sub(calls[i-n]) < time.Second {
				t.Fatalf("%d calls of the account within %v: its rate is 2/s after a burst of 2", n+1, calls[i].Sub(calls[i-n]))
			}
		}
		if spent := float64(len(calls)) / calls[len(calls)-1].Sub(calls[0]).Seconds(); spent < 1.7 {
			t.Errorf("the account was called %.2f times a second, 2 are allowed", spent)
		}
		least, total := 1000, 0
		for _, target := range b.targets[1:] {
			counts, err := b.store.Links.Count(t.Context(), target.Tenant, target.ID)
			if err != nil {
				t.Fatal(err)
			}
			least, total = min(least, counts.Linked), total+counts.Linked
		}
		t.Logf("%d people of 12 targets arrived, of the slowest target %d", total, least)
		if least*12*3 < total {
			t.Errorf("the slowest of twelve targets got %d of %d", least, total)
		}
	})
	p95 := func(lags []time.Duration) time.Duration { return lags[len(lags)*95/100] }
	t.Logf("quiet p95: alone %v, beside twelve that share an account %v", p95(alone), p95(beside))
	if p95(beside) > 2*p95(alone) {
		t.Errorf("p95 is %v beside twelve that share an account, %v alone", p95(beside), p95(alone))
	}
}
