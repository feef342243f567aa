package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"scimrelay/connectors"
	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
	"scimrelay/tenants"
)

// plant is the whole of a relay at one simulated vendor, in one process and without a network, so
// that a test can run it in a bubble where time costs nothing. What is called is counted.
type plant struct {
	tb     testing.TB
	store  *store.Store
	host   *simhost.Host
	target tenants.Target
	opener *relay.Opener
	wire   *wire
}

// newPlant makes a plant of the simulator's sample, which change may change.
func newPlant(tb testing.TB, s simhost.Simulator, change func(*tenants.Target)) *plant {
	tb.Helper()
	p := &plant{tb: tb, host: simhost.New(simhost.Options{}, s)}
	p.wire = &wire{host: p.host}
	var err error
	if p.store, err = store.Open(tb.Context(), storetest.Fresh(tb, inMemory(tb)), store.Options{}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { // in the bubble, which must have ended nothing open
		if err := p.store.Close(); err != nil {
			tb.Error(err)
		}
	})
	p.target = sampleTarget(tb, s)
	if change != nil {
		change(&p.target)
	}
	r, err := relay.New(p.store.Links, quarantine.Default(), slog.New(slog.DiscardHandler),
		tracenoop.NewTracerProvider().Tracer(""), metricnoop.NewMeterProvider().Meter(""))
	if err != nil {
		tb.Fatal(err)
	}
	r.Now, r.Jitter = p.store.Now, func() float64 { return 0.5 }
	examples, err := all.Examples()
	if err != nil {
		tb.Fatal(err)
	}
	products, err := connectors.NewRegistry(append(all.Products(), examples...)...)
	if err != nil {
		tb.Fatal(err)
	}
	p.opener = &relay.Opener{Relay: r, Tenants: p, Products: products, Env: connectors.Env{Now: time.Now, Transport: p.wire}}
	return p
}

// inMemory is a folder where fsync costs nothing, if the machine has one: what is durable is
// tested elsewhere.
func inMemory(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "scimrelay-test-")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// sampleTarget reads the tenant file that the simulator offers.
func sampleTarget(tb testing.TB, s simhost.Simulator) tenants.Target {
	tb.Helper()
	dir := tb.TempDir()
	if err := simhost.WriteTenant(dir, "http://127.0.0.1:9100", s); err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(dir, s.Name()+".yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return tenant.Targets[0]
}

// Tenant implements relay.Directory.
func (p *plant) Tenant(id string) (*tenants.Tenant, bool) {
	return &tenants.Tenant{ID: id, Targets: []tenants.Target{p.target}}, id == p.target.Tenant
}

func (p *plant) session() *relay.Session {
	p.tb.Helper()
	s, _, err := p.opener.Open(p.target.Tenant, p.target.ID)
	if err != nil {
		p.tb.Fatal(err)
	}
	return s
}

// turn sets the simulator's knobs.
func (p *plant) turn(knobs map[string]any) {
	p.tb.Helper()
	raw, err := json.Marshal(knobs)
	if err == nil {
		err = p.host.SetFaults(p.target.Tenant, raw)
	}
	if err != nil {
		p.tb.Fatal(err)
	}
}

func (p *plant) write() store.Write {
	return store.Write{Tenant: p.target.Tenant, Targets: []string{p.target.ID}, Actor: "test"}
}

// person is somebody whom every product takes.
func personDoc(name string, n int) scim.Document {
	mail := name + "@plant.test"
	return scim.Document{"userName": mail, "active": true, "displayName": "Given Family" + name,
		"name":                map[string]any{"givenName": "Given", "familyName": "Family" + name},
		"emails":              []any{map[string]any{"type": "work", "primary": true, "value": mail}},
		"phoneNumbers":        []any{map[string]any{"type": "work", "value": fmt.Sprintf("+34 6%08d", n)}},
		scim.SchemaEnterprise: map[string]any{"employeeNumber": fmt.Sprint(100000 + n)},
	}
}

func revisionOf(tb testing.TB, doc scim.Document, name string, edit scim.MemberEdit) store.Revision {
	tb.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	return store.Revision{Body: body, Keys: store.Keys{Name: name}, Active: doc["active"] != false, Members: edit}
}

func (p *plant) create(kind string, doc scim.Document, name string, edit scim.MemberEdit) string {
	p.tb.Helper()
	r, err := p.store.Directory.Create(p.tb.Context(), p.write(), kind, uuid.NewString(), revisionOf(p.tb, doc, name, edit))
	if err != nil {
		p.tb.Fatal(err)
	}
	return r.ID
}

func (p *plant) change(kind, id string, doc scim.Document, name string, edit scim.MemberEdit) {
	p.tb.Helper()
	_, err := p.store.Directory.Update(p.tb.Context(), p.write(), kind, id, func(scim.Resource) (store.Revision, error) {
		return revisionOf(p.tb, doc, name, edit), nil
	})
	if err != nil {
		p.tb.Fatal(err)
	}
}

func (p *plant) delete(kind, id string) {
	p.tb.Helper()
	if err := p.store.Directory.Delete(p.tb.Context(), p.write(), kind, id, nil); err != nil {
		p.tb.Fatal(err)
	}
}

// wire carries calls to the simulators by hand.
type wire struct {
	host http.Handler

	mu        sync.Mutex
	calls     int
	throttled int
	first     time.Time
	last      time.Time
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	defer func() {
		if p := recover(); p != nil { // the simulator cuts the connection
			answer, err = nil, io.EOF
		}
	}()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	recorder := &httptest.ResponseRecorder{Body: new(bytes.Buffer)}
	w.host.ServeHTTP(recorder, in)
	if err := context.Cause(r.Context()); err != nil {
		return nil, err
	}
	w.note(recorder.Code)
	return recorder.Result(), nil
}

func (w *wire) note(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.calls == 0 {
		w.first = now
	}
	w.calls, w.last = w.calls+1, now
	if status == http.StatusTooManyRequests {
		w.throttled++
	}
}
