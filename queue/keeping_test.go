package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// failsFor is a seeder that fails for one target.
type failsFor string

func (f failsFor) Seed(_ context.Context, tenant, _ string) (time.Duration, error) {
	if tenant == string(f) {
		return 0, errors.New("a million people in ten seconds is too much")
	}
	return 0, nil
}

func (f failsFor) Mend(context.Context, string, string, string) error { return nil }

func (f failsFor) Recheck(context.Context) error { return nil }

type fixed []queue.Key

func (f fixed) Pending(_ context.Context, each func(tenant, target string)) error {
	for _, k := range f {
		each(k.Tenant, k.Target)
	}
	return nil
}

type open struct{}

func (open) Status(context.Context, string, string) (store.Status, error) { return store.Status{}, nil }

// P4, P14: one tenant whose links cannot be made must not silence the sweeper for all.
func TestOneTargetThatCannotBeSeededStopsNobody(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p, log := queue.NewInProcess(), slog.New(slog.DiscardHandler)
	bell := queue.NewBell(p, open{}, time.Now, log)
	keys := fixed{{Tenant: "huge", Target: "sage"}, {Tenant: "quiet", Target: "sage"}}
	sweeper := &queue.Sweeper{Links: keys, Keeper: failsFor("huge"), Bell: bell, Every: 10 * time.Millisecond, Log: log,
		Targets: func() map[queue.Key]string { return map[queue.Key]string{keys[0]: "", keys[1]: ""} }}
	go func() { _ = bell.Run(ctx) }()
	go func() { _ = sweeper.Run(ctx) }()
	served := make(chan struct{})
	var once sync.Once
	go func() {
		_ = p.Serve(ctx, 2, func(_ context.Context, k queue.Key) {
			if k.Tenant == "quiet" {
				once.Do(func() { close(served) })
			}
		})
	}()
	select {
	case <-served:
	case <-time.After(2 * time.Second):
		t.Error("a tenant with due links was not rung for in two hundred sweeps")
	}
}

// rests puts the world's target to rest until then.
func rests(t *testing.T, s *store.Store, until time.Time, phase quarantine.Phase) {
	t.Helper()
	lease, _, err := s.Targets.Acquire(t.Context(), relaytest.Tenant, relaytest.Target, "before", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	health := quarantine.State{Phase: phase, Reason: quarantine.Auth, Until: until, Step: 5}
	if err := s.Links.Record(t.Context(), lease, nil, health); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

// Reliability rules 2.3: credentials changed → PROBING now. Nobody waits a day for a key that
// was mended in a minute.
func TestMendedSettingsAreTriedAtOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	rests(t, s, s.Now().Add(24*time.Hour), quarantine.Quarantined)
	p := start(t, s, queue.NewInProcess(), 20*time.Millisecond)
	vendor := &relaytest.Vendor{}
	p.serve(t, relaytest.Tenant, vendor)
	p.mend("new settings")
	p.create(t, relaytest.Tenant, "ana")
	eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
}

// All timers are the store's: gateway.go gives the relay and the turns the store's clock. This is
// what a worker does whose own clock is behind.
func TestAWorkerWhoseClockIsBehindServesAtTheStoresTime(t *testing.T) {
	t.Parallel()
	board.Begin(t, "Q19")
	s, err := store.Open(t.Context(), storetest.Fresh(t, t.TempDir()),
		store.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	rests(t, s, s.Now().Add(200*time.Millisecond), quarantine.Throttled)
	p := start(t, s, queue.NewInProcess(), 20*time.Millisecond) // and Turns.Now is the store's
	vendor := &relaytest.Vendor{}
	p.serve(t, relaytest.Tenant, vendor)
	p.create(t, relaytest.Tenant, "ana")
	eventually(t, "the account is there", func() bool { return vendor.Accounts() == 1 })
}
