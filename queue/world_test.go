package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// sessions are opened targets by their keys.
type sessions struct {
	mu   sync.Mutex
	open map[queue.Key]*relay.Session
}

func (s *sessions) Open(tenant, target string) (*relay.Session, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok := s.open[queue.Key{Tenant: tenant, Target: target}]
	return session, ok, nil
}

// process is one gateway and worker: bell, turns and sweeper on one store.
type process struct {
	store     *store.Store
	bell      *queue.Bell
	turns     *queue.Turns
	sessions  *sessions
	transport queue.Transport
	swept     chan struct{} // closed once the first sweep is over
	stop      func()
}

// firstSweep tells of the end of sweeps, whose last question this is.
type firstSweep struct {
	queue.Swept
	over func()
}

func (f firstSweep) Pending(ctx context.Context, each func(tenant, target string)) error {
	defer f.over()
	return f.Swept.Pending(ctx, each)
}

// start runs a process until the test ends; every is the sweeper's interval.
func start(tb testing.TB, s *store.Store, transport queue.Transport, every time.Duration) *process {
	tb.Helper()
	return begin(tb, s, transport, every, 16)
}

// begin is start with so many turns at once.
func begin(tb testing.TB, s *store.Store, transport queue.Transport, every time.Duration, slots int) *process {
	tb.Helper()
	p := &process{store: s, transport: transport, sessions: &sessions{open: map[queue.Key]*relay.Session{}}, swept: make(chan struct{})}
	log := slog.New(slog.DiscardHandler)
	p.bell = queue.NewBell(transport, s.Targets, s.Now, log)
	p.turns = &queue.Turns{Sessions: p.sessions, Leases: s.Targets, Links: s.Links, Bell: p.bell, Hosts: s.Targets, Transport: transport,
		Owner: uuid.NewString(), Limit: slots, Now: s.Now, Log: log}
	links := firstSweep{s.Links, sync.OnceFunc(func() { close(p.swept) })}
	sweeper := &queue.Sweeper{Links: links, Keeper: s.Targets, Bell: p.bell, Ward: s.Targets, Targets: p.keys, Every: every, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	var all errgroup.Group
	all.Go(func() error { return p.bell.Run(ctx) })
	all.Go(func() error { return p.turns.Run(ctx) })
	all.Go(func() error { return sweeper.Run(ctx) })
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := all.Wait(); err != nil {
			tb.Error(err)
		}
		_ = transport.Close()
	})
	tb.Cleanup(p.stop)
	return p
}

// unswept is start without the sweeper's help: its first sweep is over before anybody is served,
// and the next is an hour away.
func unswept(tb testing.TB, s *store.Store, transport queue.Transport) *process {
	tb.Helper()
	p := start(tb, s, transport, time.Hour)
	<-p.swept
	return p
}

func (p *process) keys() map[queue.Key]string {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	keys := make(map[queue.Key]string)
	for k, session := range p.sessions.open {
		keys[k] = session.Target.Fingerprint
	}
	return keys
}

// serve makes the process know a target.
func (p *process) serve(tb testing.TB, tenant string, vendor connectors.Connector) {
	tb.Helper()
	session := relaytest.NewSession(tb, relaytest.NewRelay(tb, p.store), tenant, relaytest.Target, vendor)
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	p.sessions.open[queue.Key{Tenant: tenant, Target: relaytest.Target}] = session
}

// mend gives the process's target new settings.
func (p *process) mend(settings string) {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	changed := *p.sessions.open[queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}]
	changed.Target.Fingerprint = settings
	p.sessions.open[queue.Key{Tenant: relaytest.Tenant, Target: relaytest.Target}] = &changed
}

// create commits a person and, as the server does, rings afterwards.
func (p *process) create(tb testing.TB, tenant, name string) string {
	tb.Helper()
	id := p.commit(tb, tenant, name)
	p.bell.Ring(tenant, []string{relaytest.Target}, store.UrgencyCreate)
	return id
}

func (p *process) commit(tb testing.TB, tenant, name string) string {
	tb.Helper()
	w := store.Write{Tenant: tenant, Targets: []string{relaytest.Target}, Actor: "test"}
	r, err := p.store.Directory.Create(tb.Context(), w, scim.TypeUser, uuid.NewString(), person(name, 0))
	if err != nil {
		tb.Fatal(err)
	}
	return r.ID
}

func person(name string, version int) store.Revision {
	return store.Revision{Body: fmt.Appendf(nil, `{"userName":%q,"title":"v%d"}`, name, version), Keys: store.Keys{Name: name}, Active: true}
}

func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

func openStore(tb testing.TB, url string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), url, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// world is where a test runs: a store and a transport, of either kind.
type world struct {
	store     func(tb testing.TB) string
	transport func(tb testing.TB) queue.Transport
}

func worlds() map[string]world {
	return map[string]world{
		"sqlite and in process": {
			func(tb testing.TB) string { return storetest.Fresh(tb, tb.TempDir()) },
			func(testing.TB) queue.Transport { return queue.NewInProcess() },
		},
		"postgres and asynq": {
			func(tb testing.TB) string { return databases.New(tb) },
			func(tb testing.TB) queue.Transport { return asynqOn(tb, services.NewRedis(tb).URL()) },
		},
	}
}

func inEach(t *testing.T, test func(t *testing.T, w world)) {
	t.Parallel()
	for name, w := range worlds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, w)
		})
	}
}
