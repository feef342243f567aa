package relaytest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
	"scimrelay/tenants"
)

// mapping is what the world's target makes of a person and of a group.
const mapping = `
key: user.userName
fields:
  name: user.displayName
  title: user.title
  boss: reference(user.manager)
group:
  key: group.displayName
  fields:
    title: group.displayName
    label: group.externalId
`

// Clock is a time that tests move.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// World is one tenant with one target at one vendor, over a real store.
type World struct {
	Clock   *Clock
	Store   *store.Store
	Vendor  *Vendor
	Relay   *relay.Relay
	Session *relay.Session

	lease store.Lease
	tb    testing.TB
}

// The names of the world's tenant and target.
const (
	Tenant = "acme"
	Target = "vendor"
)

// New returns a world at noon. Adjust its Session before the first turn.
func New(tb testing.TB) *World {
	tb.Helper()
	w := &World{Clock: &Clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, Vendor: &Vendor{}, tb: tb}
	s, err := store.Open(tb.Context(), storetest.Fresh(tb, tb.TempDir()), store.Options{Now: w.Clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	w.Store = s
	w.Relay = NewRelay(tb, s)
	w.Session = NewSession(tb, w.Relay, Tenant, Target, w.Vendor)
	return w
}

// NewRelay returns a relay on the store without jitter.
func NewRelay(tb testing.TB, s *store.Store) *relay.Relay {
	tb.Helper()
	r, err := relay.New(s.Links, quarantine.Default(), slog.New(slog.DiscardHandler),
		tracenoop.NewTracerProvider().Tracer(""), metricnoop.NewMeterProvider().Meter(""))
	if err != nil {
		tb.Fatal(err)
	}
	r.Now, r.Jitter = s.Now, func() float64 { return 0.5 }
	return r
}

// NewSession opens a target at the vendor.
func NewSession(tb testing.TB, r *relay.Relay, tenant, target string, vendor connectors.Connector) *relay.Session {
	tb.Helper()
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(mapping)})
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return relay.NewSession(r, relay.Session{
		Target: tenants.Target{Tenant: tenant, ID: target, Product: "memory", Activate: true, Sync: tenants.Sync{Create: true, Update: true, Delete: true}},
		Capabilities: connectors.Capabilities{Deactivate: connectors.DeactivateFlag, CreateInactive: true, Reactivate: connectors.ReactivateSame,
			Groups: true, DeleteGroup: true, MembersPerCall: 10},
		Mapping: m, Connector: vendor, Concurrency: 4, Settle: 30 * time.Second,
	})
}

// Person creates a person and returns the id. Active unless the attributes say otherwise.
func (w *World) Person(userName string, attributes scim.Document) string {
	w.tb.Helper()
	id := uuid.NewString()
	r, err := w.Store.Directory.Create(w.tb.Context(), w.write(), scim.TypeUser, id, revision(w.tb, userName, attributes))
	if err != nil {
		w.tb.Fatal(err)
	}
	return r.ID
}

// Change puts other attributes in the place of the person's.
func (w *World) Change(id, userName string, attributes scim.Document) {
	w.tb.Helper()
	_, err := w.Store.Directory.Update(w.tb.Context(), w.write(), scim.TypeUser, id, func(scim.Resource) (store.Revision, error) {
		return revision(w.tb, userName, attributes), nil
	})
	if err != nil {
		w.tb.Fatal(err)
	}
}

// Delete deletes the person.
func (w *World) Delete(id string) {
	w.tb.Helper()
	w.delete(scim.TypeUser, id)
}

func (w *World) delete(kind, id string) {
	w.tb.Helper()
	if err := w.Store.Directory.Delete(w.tb.Context(), w.write(), kind, id, nil); err != nil {
		w.tb.Fatal(err)
	}
}

func (w *World) write() store.Write {
	return store.Write{Tenant: Tenant, Targets: []string{Target}, Actor: "test"}
}

func revision(tb testing.TB, userName string, attributes scim.Document) store.Revision {
	tb.Helper()
	doc := scim.Document{"userName": userName}
	for name, value := range attributes {
		doc[name] = value
	}
	body, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	return store.Revision{Body: body, Keys: store.Keys{Name: userName}, Active: doc["active"] != false}
}

// Boss is the enterprise attributes of a person with that manager.
func Boss(id string) scim.Document {
	return scim.Document{scim.SchemaEnterprise: scim.Document{"manager": scim.Document{"value": id}}}
}

// Turn works on what is due until nothing is, recording as a turn does, and returns the
// target's health.
func (w *World) Turn() quarantine.State {
	w.tb.Helper()
	health := w.Begin()
	for range 100 {
		outcomes, next := w.Chunk(health)
		health = next
		w.Record(outcomes, health)
		if len(outcomes) == 0 || health.Resting() {
			w.End()
			return health
		}
	}
	w.tb.Fatal("the turn does not end: links stay due for ever")
	return health
}

// Mend tells the store the target's settings and has everything looked at that they may change, as
// the sweeper does.
func (w *World) Mend(settings string) {
	w.tb.Helper()
	if err := w.Store.Targets.Mend(w.tb.Context(), Tenant, Target, settings); err != nil {
		w.tb.Fatal(err)
	}
	if err := w.Store.Targets.Recheck(w.tb.Context()); err != nil {
		w.tb.Fatal(err)
	}
}

// Begin takes the target's lease.
func (w *World) Begin() quarantine.State {
	w.tb.Helper()
	lease, status, err := w.Store.Targets.Acquire(w.tb.Context(), Tenant, Target, "test", 15*time.Second)
	if err != nil {
		w.tb.Fatal(err)
	}
	w.lease = lease
	health, ok := status.Health.Admit(w.Clock.Now())
	if !ok {
		w.tb.Fatalf("the target rests: %+v", status.Health)
	}
	return health
}

// Chunk works on one chunk and records nothing, as a process that dies right after it.
func (w *World) Chunk(health quarantine.State) ([]store.Outcome, quarantine.State) {
	w.tb.Helper()
	return w.ChunkIn(w.tb.Context(), health)
}

// ChunkIn is Chunk with a context that may end.
func (w *World) ChunkIn(ctx context.Context, health quarantine.State) ([]store.Outcome, quarantine.State) {
	w.tb.Helper()
	due, err := w.Store.Links.Due(w.tb.Context(), Tenant, Target, 100)
	if err != nil {
		w.tb.Fatal(err)
	}
	if len(due) == 0 {
		return nil, health
	}
	return w.chunk(ctx, due, health)
}

// ChunkOf works on these links, due or not.
func (w *World) ChunkOf(work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State) {
	w.tb.Helper()
	return w.chunk(w.tb.Context(), work, health)
}

func (w *World) chunk(ctx context.Context, work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State) {
	w.tb.Helper()
	outcomes, health, err := w.Session.Chunk(ctx, ctx.Done(), w.lease, work, health)
	if err != nil {
		w.tb.Fatal(err)
	}
	return outcomes, health
}

// TryChunkOf is ChunkOf where the gateway itself may fail.
func (w *World) TryChunkOf(work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State, error) {
	w.tb.Helper()
	return w.Session.Chunk(w.tb.Context(), nil, w.lease, work, health)
}

// Record records a chunk's outcomes.
func (w *World) Record(outcomes []store.Outcome, health quarantine.State) {
	w.tb.Helper()
	if err := w.Store.Links.Record(w.tb.Context(), w.lease, outcomes, health); err != nil {
		w.tb.Fatal(err)
	}
}

// End gives the lease back.
func (w *World) End() {
	w.tb.Helper()
	if err := w.Store.Targets.Release(w.tb.Context(), w.lease); err != nil {
		w.tb.Fatal(err)
	}
}

// Link is the person's link, and false when it is gone.
func (w *World) Link(id string) (store.Link, bool) {
	w.tb.Helper()
	work, err := w.Store.Links.One(w.tb.Context(), Tenant, Target, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Link{}, false
	}
	if err != nil {
		w.tb.Fatal(err)
	}
	return work.Link, true
}

// TryRecord records a chunk's outcomes and returns what the store said.
func (w *World) TryRecord(outcomes []store.Outcome, health quarantine.State) error {
	w.tb.Helper()
	return w.Store.Links.Record(w.tb.Context(), w.lease, outcomes, health)
}
