package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// silent is a store that answers everything but the renewal of leases, as one whose connection
// was cut in between.
type silentLeases struct {
	acquired chan time.Time
}

// Acquire takes the lease as of when it was asked, and is a while about saying so, as a store is
// that is busy, or a process that is stopped in between.
func (s *silentLeases) Acquire(_ context.Context, tenant, target, owner string, ttl time.Duration) (store.Lease, store.Status, error) {
	s.acquired <- time.Now()
	<-time.After(14 * time.Second)
	return store.Lease{Tenant: tenant, Target: target, Owner: owner, Fence: 1, TTL: ttl}, store.Status{}, nil
}

// Extend waits as the store does behind a PostgreSQL that fell silent: a batch that hangs for
// its ten seconds holds the lane, then its own does.
func (s *silentLeases) Extend(ctx context.Context, _ store.Lease) error {
	select {
	case <-time.After(20 * time.Second):
		return store.ErrUnavailable
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *silentLeases) Release(context.Context, store.Lease) error { return nil }

// dueLinks are n updates, due once.
type dueLinks struct {
	n     int
	once  atomic.Bool
	asked atomic.Int64
}

func (d *dueLinks) Due(context.Context, string, string, int) (work []store.Work, _ error) {
	d.asked.Add(1)
	if d.once.Swap(true) {
		return nil, nil
	}
	for i := range d.n {
		id := fmt.Sprint("user", i)
		work = append(work, store.Work{
			Link:     store.Link{Tenant: relaytest.Tenant, Target: relaytest.Target, Resource: id, Wanted: 2, Applied: 1, VendorID: fmt.Sprint(i + 1)},
			Resource: scim.Resource{ID: id, Body: fmt.Appendf(nil, `{"userName":%q,"title":"T"}`, id)}})
	}
	return work, nil
}

func (d *dueLinks) MostUrgent(context.Context, string, string) (store.Urgency, bool, error) {
	return 0, false, nil
}

func (d *dueLinks) Trials(context.Context, string, string, int, bool) ([]store.Work, error) {
	return nil, nil
}

func (d *dueLinks) SetAside(context.Context, string, string, int) (escrowed, parked int, err error) {
	return 0, 0, nil
}

func (d *dueLinks) One(context.Context, string, string, string) (store.Work, error) {
	return store.Work{}, store.ErrNotFound
}

func (d *dueLinks) Record(ctx context.Context, _ store.Lease, _ []store.Outcome, _ quarantine.State) error {
	<-ctx.Done()
	return ctx.Err()
}

// P6, decision 0003: no call goes out without the lease. The store falls silent right after it
// was taken; fifteen seconds later another worker may have it.
func TestNoCallGoesOutAfterTheLeasesTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := &relaytest.Vendor{}
		links := &dueLinks{n: 16}
		for i := range links.n {
			vendor.Put(fmt.Sprint("user", i), true, nil)
		}
		var last time.Time
		var permit context.Context // of a call; it ends no sooner for a process that was stopped meanwhile
		vendor.Before = func(ctx context.Context, _ relaytest.Operation, _ string) error {
			last, permit = time.Now(), ctx
			if err := connectors.MayCall(ctx); err != nil {
				t.Error(err)
			}
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return connectors.FaultOf(ctx.Err())
			}
		}
		r, err := relay.New(nil, quarantine.Default(), slog.New(slog.DiscardHandler), noTracer, noMeter)
		if err != nil {
			t.Fatal(err)
		}
		r.Now, r.Jitter = time.Now, func() float64 { return 0.5 }
		session := relaytest.NewSession(t, r, relaytest.Tenant, relaytest.Target, vendor)
		session.Concurrency = 1
		leases := &silentLeases{acquired: make(chan time.Time, 1)}
		p, log := queue.NewInProcess(), slog.New(slog.DiscardHandler)
		turns := &queue.Turns{Sessions: &sessions{open: map[queue.Key]*relay.Session{{Tenant: relaytest.Tenant, Target: relaytest.Target}: session}},
			Leases: leases, Links: links, Bell: queue.NewBell(p, open{}, time.Now, log), Transport: p, Owner: "me", Limit: 1, Now: time.Now, Log: log}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- turns.Run(ctx) }()
		if err := p.Ring(ctx, queue.Ring{Key: queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}, Class: queue.Default}); err != nil {
			t.Fatal(err)
		}
		taken := <-leases.acquired
		<-time.After(2 * time.Minute) // of the bubble's clock
		stop()
		<-ended
		if after := last.Sub(taken); last.IsZero() || after >= 15*time.Second {
			t.Errorf("the last call went out %v after a lease of 15 s that nobody renewed", after)
		}
		if connectors.MayCall(permit) == nil {
			t.Error("a call may go out after the lease")
		}
	})
}

// lasting is the context of a process, which outlives all its turns, and knows who waits for its end.
type lasting struct {
	context.Context // for its values
	done            chan struct{}
	waiting         atomic.Int64
}

func (l *lasting) Done() <-chan struct{} { return l.done }

func (l *lasting) Value(any) any { return nil }

func (l *lasting) Err() error {
	select {
	case <-l.done:
		return context.Canceled
	default:
		return nil
	}
}

// AfterFunc is what the context package calls for everything that is to happen at the end.
func (l *lasting) AfterFunc(f func()) func() bool {
	l.waiting.Add(1)
	once := sync.OnceValue(func() bool { l.waiting.Add(-1); return true })
	go func() {
		<-l.done
		f()
	}()
	return once
}

// readyLeases are granted at once.
type readyLeases struct{ silentLeases }

func (*readyLeases) Acquire(_ context.Context, tenant, target, owner string, ttl time.Duration) (store.Lease, store.Status, error) {
	return store.Lease{Tenant: tenant, Target: target, Owner: owner, Fence: 1, TTL: ttl}, store.Status{}, nil
}

// A process serves turns for months: one that has ended leaves nothing behind.
func TestATurnThatHasEndedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := relay.New(nil, quarantine.Default(), slog.New(slog.DiscardHandler), noTracer, noMeter)
		if err != nil {
			t.Fatal(err)
		}
		r.Now, r.Jitter = time.Now, func() float64 { return 0.5 }
		key := queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}
		session := relaytest.NewSession(t, r, key.Tenant, key.Target, &relaytest.Vendor{})
		p, log := queue.NewInProcess(), slog.New(slog.DiscardHandler)
		links := &dueLinks{}
		turns := &queue.Turns{Sessions: &sessions{open: map[queue.Key]*relay.Session{key: session}}, Leases: &readyLeases{}, Links: links,
			Bell: queue.NewBell(p, open{}, time.Now, log), Transport: p, Owner: "me", Limit: 1, Now: time.Now, Log: log}
		ctx := &lasting{Context: t.Context(), done: make(chan struct{})}
		ended := make(chan error)
		go func() { ended <- turns.Run(ctx) }()
		for range 20 {
			if err := p.Ring(t.Context(), queue.Ring{Key: key, Class: queue.Default}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if n := ctx.waiting.Load(); n != 0 || links.asked.Load() != 20 {
			t.Errorf("%d of %d turns still wait for the process's end", n, links.asked.Load())
		}
		close(ctx.done)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A deactivation that arrives while a chunk is under way waits for the whole of it: a chunk that
// grew at a quick vendor has no end in time once the vendor is slow.
func TestAnUrgentChangeDoesNotWaitForAWholeChunkOfASlowVendor(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	p := start(t, s, queue.NewInProcess(), 50*time.Millisecond)
	vendor := &relaytest.Vendor{}
	slow, gone := make(chan struct{}), make(chan time.Time, 1)
	var once sync.Once
	vendor.Before = func(ctx context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Deactivate {
			gone <- time.Now()
			return nil
		}
		if vendor.Accounts() > 445 { // chunks are 16, 32, 64, 128, 200: this is early in one of 200
			once.Do(func() { close(slow) })
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
				return connectors.FaultOf(ctx.Err())
			}
		}
		return nil
	}
	p.serve(t, relaytest.Tenant, vendor)
	leaver := p.create(t, relaytest.Tenant, "leaver")
	eventually(t, "the leaver has an account", func() bool { return vendor.Accounts() == 1 })
	if err := s.Targets.Pause(t.Context(), store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "test"}, true); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		p.commit(t, relaytest.Tenant, fmt.Sprint("user", i))
	}
	if err := s.Targets.Pause(t.Context(), store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "test"}, false); err != nil {
		t.Fatal(err)
	}
	<-slow
	began := time.Now()
	_, err := s.Directory.Update(t.Context(), store.Write{Tenant: relaytest.Tenant}, scim.TypeUser, leaver,
		func(scim.Resource) (store.Revision, error) {
			return store.Revision{Body: []byte(`{"userName":"leaver","active":false}`), Keys: store.Keys{Name: "leaver"}}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case at := <-gone:
		if waited := at.Sub(began); waited > 5*time.Second {
			t.Errorf("a deactivation waited %v at a vendor that takes 200 ms a call", waited.Round(time.Millisecond))
		}
	case <-time.After(60 * time.Second):
		t.Error("a deactivation waited a minute")
	}
}

// cmd/scimrelay/gateway.go: "no answer is cut, no turn is". A deployment must not turn every
// create under way into an unknown outcome.
func TestAStopLetsCallsUnderWayEnd(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	p := start(t, s, queue.NewInProcess(), 50*time.Millisecond)
	vendor := &relaytest.Vendor{}
	inside := make(chan struct{})
	var cut atomic.Bool
	vendor.After = func(ctx context.Context, op relaytest.Operation, _ string) error {
		if op != relaytest.Create {
			return nil
		}
		close(inside)
		select {
		case <-time.After(300 * time.Millisecond): // the vendor's answer is on its way
			return nil
		case <-ctx.Done():
			cut.Store(true)
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "cut short", Err: ctx.Err()}
		}
	}
	p.serve(t, relaytest.Tenant, vendor)
	id := p.create(t, relaytest.Tenant, "ana")
	<-inside
	p.stop()
	work, err := s.Links.One(t.Context(), relaytest.Tenant, relaytest.Target, id)
	if err != nil || cut.Load() || work.Link.VendorID == "" {
		t.Errorf("the call was cut: %v; link %+v, %v", cut.Load(), work.Link, err)
	}
}

// Reliability rules 2.4: what was set aside wakes with a mapping change.
func TestANewMappingWakesWhatWasSetAside(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	p := start(t, s, queue.NewInProcess(), 50*time.Millisecond)
	vendor := &relaytest.Vendor{}
	var mended atomic.Bool
	vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && !mended.Load() {
			return connectors.Faultf(connectors.Invalid, "a field is wrong")
		}
		return nil
	}
	p.serve(t, relaytest.Tenant, vendor)
	id := p.create(t, relaytest.Tenant, "ana")
	eventually(t, "the link is set aside", func() bool {
		work, err := s.Links.One(t.Context(), relaytest.Tenant, relaytest.Target, id)
		return err == nil && work.Link.State == relay.StateEscrow
	})
	mended.Store(true)
	p.mend("another file")
	eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
}
