package queue_test

import (
	"context"
	"sync"
	"testing"

	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// noted is a transport that notes which class a tenant was last rung in, and says when one of its
// turns is over.
type noted struct {
	*queue.InProcess
	over chan string

	mu    sync.Mutex
	class map[string]queue.Class
}

func (n *noted) Ring(ctx context.Context, r queue.Ring) error {
	n.mu.Lock()
	n.class[r.Key.Tenant] = r.Class
	n.mu.Unlock()
	return n.InProcess.Ring(ctx, r)
}

func (n *noted) Serve(ctx context.Context, turns int, run func(context.Context, queue.Key)) error {
	return n.InProcess.Serve(ctx, turns, func(ctx context.Context, key queue.Key) {
		run(ctx, key)
		n.over <- key.Tenant
	})
}

func (n *noted) last(tenant string) queue.Class {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.class[tenant]
}

// Three targets share an account. While the first works, the second gets in line and is paused, and
// the third gets in line because somebody has to lose access: who is paused holds nobody up, and
// who is urgent stays so in the line.
func TestWhoWaitsForAnAccountIsUrgentStill(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	transport := &noted{InProcess: queue.NewInProcess(), over: make(chan string, 100), class: map[string]queue.Class{}}
	p := unswept(t, s, transport)
	working, goOn := make(chan struct{}, 1), make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	busy := &relaytest.Vendor{Before: func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			working <- struct{}{}
			<-goOn
		}
		return nil
	}}
	vendors := map[string]*relaytest.Vendor{"one": busy, "two": {}, "three": {}}
	for tenant, vendor := range vendors {
		p.serve(t, tenant, vendor)
	}
	leaver := p.create(t, "three", "leaver")
	eventually(t, "the leaver has an account", func() bool { return vendors["three"].Accounts() == 1 })
	<-transport.over
	p.sessions.mu.Lock()
	for _, session := range p.sessions.open {
		session.Account = "shared"
	}
	p.sessions.mu.Unlock()

	p.create(t, "one", "somebody")
	<-working
	p.create(t, "two", "somebody")
	if tenant := <-transport.over; tenant != "two" {
		t.Fatalf("%s had its turn", tenant)
	}
	if err := s.Targets.Pause(t.Context(), store.Order{Tenant: "two", Target: relaytest.Target, Actor: "test"}, true); err != nil {
		t.Fatal(err)
	}
	gone := store.Revision{Body: []byte(`{"userName":"leaver","active":false}`), Keys: store.Keys{Name: "leaver"}}
	w := store.Write{Tenant: "three", Targets: []string{relaytest.Target}, Actor: "test"}
	if _, err := s.Directory.Update(t.Context(), w, scim.TypeUser, leaver, func(scim.Resource) (store.Revision, error) { return gone, nil }); err != nil {
		t.Fatal(err)
	}
	p.bell.Ring("three", []string{relaytest.Target}, store.UrgencyDeactivate)
	if tenant := <-transport.over; tenant != "three" {
		t.Fatalf("%s had its turn", tenant)
	}
	release()
	eventually(t, "the leaver has lost access", func() bool {
		account, _ := vendors["three"].Account("leaver")
		return !account.Active
	})
	if class := transport.last("three"); class != queue.Urgent {
		t.Errorf("who takes access away was rung for as %s", class)
	}
}
