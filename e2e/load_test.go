package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/queue"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// The initial load of a company, in a bubble where a minute costs nothing: it takes no longer than
// the vendor's limit makes it take, and 15 % of that, and never goes above the limit.
func TestAnInitialLoadIsAsFastAsTheVendorAllows(t *testing.T) {
	t.Parallel()
	for _, s := range all.Simulators() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { initialLoad(t, s, s.Sample().RateLimit) })
		})
	}
}

func initialLoad(t *testing.T, s simhost.Simulator, limit int) {
	loadPeople, loadGroups := 5000, 200
	if racing {
		loadPeople, loadGroups = 150, 6
	}
	p := newPlant(t, s, func(target *tenants.Target) { target.Rate = tenants.Rate{} }) // the product's own
	p.turn(map[string]any{"rate_limit": limit, "latency": "150ms"})
	var people []string
	for n := range loadPeople {
		name := fmt.Sprintf("user%04d", n)
		people = append(people, p.create(scim.TypeUser, personDoc(name, n), name, scim.MemberEdit{}))
	}
	for n := range loadGroups {
		name := fmt.Sprintf("Group %03d", n)
		p.create(scim.TypeGroup, scim.Document{"displayName": name}, name, scim.MemberEdit{Add: people[n*25 : (n+1)*25]})
	}
	p.run(func() bool {
		counts, err := p.store.Links.Count(t.Context(), p.target.Tenant, p.target.ID)
		if err != nil {
			t.Fatal(err)
		}
		return counts.Pending > 0
	})
	state, _ := p.host.State(s.Name())
	took := p.wire.last.Sub(p.wire.first)
	allowed := time.Duration(float64(p.wire.calls) / float64(limit) * float64(time.Minute))
	t.Logf("%d calls in %v: %.3f of what %d a minute allow", p.wire.calls, took.Round(time.Second), float64(took)/float64(allowed), limit)
	if len(state.Accounts) < loadPeople {
		t.Errorf("%d accounts", len(state.Accounts))
	}
	if p.wire.throttled > 0 {
		t.Errorf("%d calls were above the limit", p.wire.throttled)
	}
	if p.wire.calls < loadPeople || float64(took) > 1.15*float64(allowed) {
		t.Errorf("it took %v, %v are allowed", took, allowed)
	}
}

// run lets turns, bell and sweeper work for as long as told.
func (p *plant) run(busy func() bool) {
	p.tb.Helper()
	log := slog.New(slog.DiscardHandler)
	transport := queue.NewInProcess()
	bell := queue.NewBell(transport, p.store.Targets, p.store.Now, log)
	turns := &queue.Turns{Sessions: p.opener, Leases: p.store.Targets, Links: p.store.Links, Bell: bell, Transport: transport,
		Owner: uuid.NewString(), Limit: 4, Now: p.store.Now, Log: log}
	sweeper := &queue.Sweeper{Links: p.store.Links, Keeper: p.store.Targets, Bell: bell, Every: time.Second, Log: log,
		Targets: func() map[queue.Key]string {
			return map[queue.Key]string{{Tenant: p.target.Tenant, Target: p.target.ID}: "settings"}
		}}
	ctx, stop := context.WithCancel(p.tb.Context())
	var all errgroup.Group
	all.Go(func() error { return bell.Run(ctx) })
	all.Go(func() error { return turns.Run(ctx) })
	all.Go(func() error { return sweeper.Run(ctx) })
	for begun := time.Now(); busy() && time.Since(begun) < 24*time.Hour; {
		<-time.After(10 * time.Second) // of the bubble
	}
	stop()
	if err := all.Wait(); err != nil {
		p.tb.Error(err)
	}
}
