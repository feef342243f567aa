package queue_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
)

// branch is one of many tenants' targets at a clinic's vendor.
type branch struct {
	*relaytest.Vendor
	clinic *clinic
	tenant string
}

// Probe implements connectors.Prober.
func (b *branch) Probe(ctx context.Context) error { return b.clinic.call(ctx, probeRead, b.tenant) }

// branches has so many tenants with people due at the clinic's vendor.
func (c *clinic) branches(n, people int) (all []*branch) {
	c.tb.Helper()
	for i := range n {
		b := &branch{Vendor: &relaytest.Vendor{}, clinic: c, tenant: fmt.Sprint("tenant", i)}
		b.Before = func(ctx context.Context, op relaytest.Operation, _ string) error { return c.call(ctx, op, b.tenant) }
		r := relaytest.NewRelay(c.tb, c.store)
		r.Jitter = rand.Float64
		session := relaytest.NewSession(c.tb, r, b.tenant, relaytest.Target, b)
		session.Host, session.Concurrency = "api.vendor.example", 1
		for p := range people {
			c.commit(c.tb, b.tenant, fmt.Sprint("user", p))
		}
		c.sessions.mu.Lock()
		c.sessions.open[queue.Key{Tenant: b.tenant, Target: relaytest.Target}] = session
		c.sessions.mu.Unlock()
		all = append(all, b)
	}
	return all
}

// 2.3: when a vendor is down for all, one target asks and each tenant hears of it once. That the
// clock stands is shown in package quarantine.
func TestAVendorThatIsDownForAllIsAskedByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tenants, people, every = 8, 20, 15 * time.Second
		c := newClinic(t, 0, every)
		c.says(always(connectors.Transient))
		all := c.branches(tenants, people)
		<-time.After(5 * time.Minute)
		c.seen()
		hours := 12
		if racing { // it has run in full before, without the detector
			hours = 2
		}
		for range hours {
			<-time.After(time.Hour)
		}
		calls, most := c.seen()
		askers := map[string]bool{}
		for i, v := range calls {
			askers[v.key] = true
			if i > 0 && (v.operation != probeRead || v.at.Sub(calls[i-1].at) < 30*time.Second || v.at.Sub(calls[i-1].at) > 30*time.Second+2*every) {
				t.Fatalf("call %d is %s, %v after the one before", i, v.operation, v.at.Sub(calls[i-1].at))
			}
		}
		if len(askers) != 1 || most != 1 {
			t.Errorf("%d targets ask, %d at once", len(askers), most)
		}
		if told := c.notices(); len(told) != tenants || slices.ContainsFunc(told, func(k string) bool { return k != string(quarantine.NoticeIncident) }) {
			t.Errorf("told %v", told)
		}
		c.says(nil)
		c.until("everybody has an account everywhere", time.Minute, time.Hour, func() bool {
			return !slices.ContainsFunc(all, func(b *branch) bool { return b.Accounts() != people })
		})
		var firsts []time.Time
		calls, _ = c.seen()
		for _, b := range all {
			i := slices.IndexFunc(calls, func(v visit) bool { return v.key == b.tenant })
			firsts = append(firsts, calls[i].at)
		}
		if spread := slices.MaxFunc(firsts, time.Time.Compare).Sub(slices.MinFunc(firsts, time.Time.Compare)); spread > 5*time.Minute+2*every || spread < 30*time.Second {
			t.Errorf("released over %v", spread)
		}
	})
}
