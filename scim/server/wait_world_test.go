package server_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// works is a gateway with its relay: the SCIM front, a real store, bell and turns, and a vendor in
// memory for each target. It has no network, so that a bubble can hold it.
type works struct {
	*world
	tb       testing.TB
	handler  http.Handler
	tenantID string
	secret   string
	bell     *queue.Bell
	sessions map[queue.Key]*relay.Session
	vendors  map[string]*relaytest.Vendor
	links    *countedLinks
	leaving  chan struct{}
	reader   *metric.ManualReader
	mu       sync.Mutex
	hooks    map[string]func(context.Context, relaytest.Operation, string) error // by target, with mu held
}

// countedLinks counts what the server asks about links.
type countedLinks struct {
	server.Links
	mu    sync.Mutex
	calls map[string]int
}

func (c *countedLinks) note(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = make(map[string]int)
	}
	c.calls[name]++
}

// take returns the calls since the last time.
func (c *countedLinks) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

func (c *countedLinks) Standings(ctx context.Context, tenant string, resources []string) (map[string][]store.Standing, error) {
	c.note("standings")
	return c.Links.Standings(ctx, tenant, resources)
}

func (c *countedLinks) Again(ctx context.Context, w store.Write, resource string, which store.Aside) (int, error) {
	c.note("again")
	return c.Links.Again(ctx, w, resource, which)
}

func (c *countedLinks) Withdraw(ctx context.Context, w store.Write, kind, id string, version int64, why store.Refusal) error {
	c.note("withdraw")
	return c.Links.Withdraw(ctx, w, kind, id, version, why)
}

// patient is a target's line in its tenant's file, with how long its writes wait.
func patient(id, wait string) string { return id + ", wait: " + wait }

// inWorks runs a test in a bubble with works whose tenant has the targets.
func inWorks(t *testing.T, targets []string, test func(t *testing.T, w *works)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorks(t, targets...)) })
}

func newWorks(tb testing.TB, targets ...string) *works {
	tb.Helper()
	w := &works{tb: tb, sessions: make(map[queue.Key]*relay.Session), vendors: make(map[string]*relaytest.Vendor),
		leaving: make(chan struct{}), reader: metric.NewManualReader(),
		hooks: make(map[string]func(context.Context, relaytest.Operation, string) error)}
	w.world = newQuietWorld(tb, storetest.Fresh(tb, inMemory(tb)), func(s *server.Server) {
		w.links = &countedLinks{Links: s.Links}
		s.Links, s.Bell, s.Leaving = w.links, w, w.leaving
		s.Meter = metric.NewMeterProvider(metric.WithReader(w.reader)).Meter("")
	})
	_ = w.http.Listener.Close()
	var err error
	if w.handler, err = w.server.Handler(); err != nil {
		tb.Fatal(err)
	}
	w.tenantID = "acme"
	w.write(tb, w.tenantID, "", targets...)
	w.secret = w.token(tb, w.tenantID)
	r := relaytest.NewRelay(tb, w.store)
	for _, t := range targets {
		id, _, _ := strings.Cut(t, ",")
		w.vendors[id] = &relaytest.Vendor{Before: func(ctx context.Context, op relaytest.Operation, key string) error {
			return w.before(ctx, id, op, key)
		}}
		w.sessions[queue.Key{Tenant: w.tenantID, Target: id}] = relaytest.NewSession(tb, r, w.tenantID, id, w.vendors[id])
	}
	w.run(tb)
	return w
}

// run relays until the test ends.
func (w *works) run(tb testing.TB) {
	transport, log := queue.NewInProcess(), slog.New(slog.DiscardHandler)
	w.bell = queue.NewBell(transport, w.store.Targets, w.store.Now, log)
	turns := &queue.Turns{Sessions: w, Leases: w.store.Targets, Links: w.store.Links, Bell: w.bell, Transport: transport,
		Owner: "worker", Limit: 4, Now: w.store.Now, Log: log}
	sweeper := &queue.Sweeper{Links: w.store.Links, Keeper: w.store.Targets, Bell: w.bell, Every: time.Second, Log: log,
		Targets: func() map[queue.Key]string { return nil }}
	ctx, cancel := context.WithCancel(context.Background())
	var all errgroup.Group
	all.Go(func() error { return w.bell.Run(ctx) })
	all.Go(func() error { return turns.Run(ctx) })
	all.Go(func() error { return sweeper.Run(ctx) })
	tb.Cleanup(func() {
		cancel()
		if err := all.Wait(); err != nil {
			tb.Error(err)
		}
		_ = transport.Close()
	})
}

// Ring implements server.Doorbell.
func (w *works) Ring(tenant string, targets []string, urgency store.Urgency) {
	w.bell.Ring(tenant, targets, urgency)
}

// Open implements queue.Sessions.
func (w *works) Open(tenant, target string) (*relay.Session, bool, error) {
	s, ok := w.sessions[queue.Key{Tenant: tenant, Target: target}]
	return s, ok, nil
}

// inMemory is a folder where fsync costs nothing, if the machine has one.
func inMemory(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "scimrelay-test-")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// do sends a call to the handler.
func (w *works) do(in call) answer {
	w.tb.Helper()
	return w.as(w.tb.Context(), in)
}

func (w *works) as(ctx context.Context, in call) answer {
	w.tb.Helper()
	path := server.Prefix + w.tenantID + "/scim/v2" + escaped(in.target)
	req := httptest.NewRequestWithContext(ctx, in.method, path, strings.NewReader(in.body))
	for name, values := range in.header {
		req.Header[name] = values
	}
	if in.unannounced {
		req.ContentLength = -1
	}
	req.Header.Set(token, "Bearer "+w.secret)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, req)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// timed sends a call and returns how long its answer took.
func (w *works) timed(in call) (answer, time.Duration) {
	w.tb.Helper()
	began := time.Now()
	return w.do(in), time.Since(began)
}

// refuse has the target's vendor refuse the operations with a class of fault.
func (w *works) refuse(target string, class connectors.Class, detail string, operations ...relaytest.Operation) {
	w.hook(target, func(_ context.Context, op relaytest.Operation, _ string) error {
		for _, refused := range operations {
			if op == refused {
				return connectors.Faultf(class, "%s", detail)
			}
		}
		return nil
	})
}

// heal lets the target's vendor take everything.
func (w *works) heal(target string) {
	w.hook(target, func(context.Context, relaytest.Operation, string) error { return nil })
}

// stall has the target's vendor answer nothing until the function that is returned is called.
func (w *works) stall(target string) (release func()) {
	gate := make(chan struct{})
	w.hook(target, func(ctx context.Context, _ relaytest.Operation, _ string) error {
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	release = sync.OnceFunc(func() { close(gate) })
	w.tb.Cleanup(release)
	return release
}

// hook is asked before every call to the target's vendor.
func (w *works) hook(target string, before func(context.Context, relaytest.Operation, string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks[target] = before
}

func (w *works) before(ctx context.Context, target string, op relaytest.Operation, key string) error {
	w.mu.Lock()
	hook := w.hooks[target]
	w.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(ctx, op, key)
}

// waited is how often waiting ended in each way.
func (w *works) waited() map[string]int64 {
	w.tb.Helper()
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(w.tb.Context(), &all); err != nil {
		w.tb.Fatal(err)
	}
	ended := make(map[string]int64)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "scimrelay.scim.waits" {
				continue
			}
			for _, point := range sum.DataPoints {
				how, _ := point.Attributes.Value("outcome")
				ended[how.AsString()] += point.Value
			}
		}
	}
	return ended
}

// rows counts the rows of a table.
func (w *works) rows(table string) int {
	w.tb.Helper()
	return len(w.snapshotOf(w.tb, table))
}
