package queue_test

import (
	"testing"
	"time"

	"scimrelay/queue"
	"scimrelay/relay/relaytest"
)

func TestWritesQueueUntilTheTargetIsActivated(t *testing.T) {
	inEach(t, func(t *testing.T, w world) {
		p := start(t, openStore(t, w.store(t)), w.transport(t), 50*time.Millisecond)
		asleep, awake := &relaytest.Vendor{}, &relaytest.Vendor{}
		p.serve(t, relaytest.Tenant, asleep)
		p.activate(false)
		p.serve(t, "other", awake)
		p.create(t, relaytest.Tenant, "ana")
		p.create(t, "other", "ben")
		eventually(t, "the other tenant's account is there", func() bool { return awake.Accounts() == 1 })
		if calls := asleep.Calls(); len(calls) != 0 {
			t.Fatalf("the vendor was called: %v", calls)
		}
		status, err := p.store.Targets.Status(t.Context(), relaytest.Tenant, relaytest.Target)
		if err != nil || status.Fence != 0 {
			t.Errorf("a turn was taken: %+v, %v", status, err)
		}
		p.activate(true)
		eventually(t, "what queued is there", func() bool { return asleep.Accounts() == 1 })
	})
}

// activate sets whether the tenant's target is written to.
func (p *process) activate(active bool) {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	key := queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}
	changed := *p.sessions.open[key]
	changed.Target.Activate = active
	p.sessions.open[key] = &changed
}
