package scimtarget_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/scimtarget"
	"scimrelay/connectors/scimtarget/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// clock is a clock that tests turn.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// office is one customer of a simulated server, and a connector to it.
type office struct {
	t       *testing.T
	clock   *clock
	sim     *sim.Sim
	host    *simhost.Host
	server  *httptest.Server
	sent    [][]byte // bodies of what was sent, in order
	heads   []http.Header
	queries []string
	mu      sync.Mutex
	target  tenants.Target
	mapping *connectors.Mapping
	scim    scimConnector
}

type scimConnector interface {
	connectors.Connector
	connectors.Deactivator
	connectors.MemberEditor
	connectors.Checker
	connectors.Lister
	connectors.Differ
	io.Closer
}

func newOffice(t *testing.T, knobs string, change ...func(*sample)) *office {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	o := &office{t: t, clock: c, sim: sim.New(c.Now)}
	o.host = simhost.New(simhost.Options{Now: c.Now}, o.sim)
	o.server = httptest.NewUnstartedServer(http.HandlerFunc(o.serve))
	o.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	o.server.Start()
	t.Cleanup(o.server.Close)
	o.turn(knobs)
	s := &sample{Sim: o.sim}
	for _, f := range change {
		f(s)
	}
	o.target = readTarget(t, o.server.URL, s)
	o.open()
	return o
}

// serve notes what is sent before the simulator gets it.
func (o *office) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	o.sent, o.heads, o.queries = append(o.sent, body), append(o.heads, r.Header), append(o.queries, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
	o.mu.Unlock()
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	o.host.ServeHTTP(w, r)
}

func defaults(values map[string]any) func(*sample) {
	return func(s *sample) { s.defaults = values }
}

func readTarget(t *testing.T, url string, s simhost.Simulator) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "scimtarget.yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return tenant.Targets[0]
}

// open makes a new connector, as after a restart.
func (o *office) open() {
	o.t.Helper()
	settings, faults := scimtarget.Product().Settings(o.target)
	if len(faults) > 0 {
		o.t.Fatal(faults)
	}
	mapping, found := scimtarget.Product().MappingOf(o.target)
	if len(found) > 0 {
		o.t.Fatal(found)
	}
	opened, err := settings.Open(connectors.Env{Tenant: "acme", Target: "scimtarget", Now: o.clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	o.mapping, o.scim = mapping, opened.(scimConnector)
	o.t.Cleanup(func() { _ = o.scim.Close() })
}

func (o *office) turn(knobs string) {
	o.t.Helper()
	if err := o.host.SetFaults("scimtarget", []byte(knobs)); err != nil {
		o.t.Fatal(err)
	}
}

// person is a document with changes; a nil value takes an attribute away.
func person(name string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": name, "active": true, "displayName": "Ana Ruiz", "title": "Buyer",
		"name":   map[string]any{"givenName": "Ana", "familyName": "Ruiz"},
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": name}},
		"addresses": []any{map[string]any{"type": "work", "streetAddress": "Calle 1", "locality": "Madrid",
			"region": "M", "country": "ES"}},
		scim.SchemaEnterprise: map[string]any{"department": "Sales"},
	}
	for name, value := range changes {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
	}
	return doc
}

func (o *office) record(name string, changes map[string]any) connectors.Record {
	o.t.Helper()
	record, err := o.mapping.Record("0190-"+name, person(name, changes))
	if err != nil {
		o.t.Fatal(err)
	}
	return record
}

func (o *office) group(name string) connectors.Record {
	o.t.Helper()
	record, err := o.mapping.For(scim.TypeGroup).Record("0190-"+name, scim.Document{"displayName": name, "externalId": "ext-" + name})
	if err != nil {
		o.t.Fatal(err)
	}
	return record
}

func (o *office) create(want connectors.Record) connectors.Remote {
	o.t.Helper()
	made, err := o.scim.Create(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

func (o *office) find(want connectors.Record) connectors.Remote {
	o.t.Helper()
	have, err := o.scim.Find(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return have
}

func (o *office) update(have connectors.Remote, want connectors.Record) connectors.Remote {
	o.t.Helper()
	now, err := o.scim.Update(o.t.Context(), have, want)
	if err != nil {
		o.t.Fatal(err)
	}
	return now
}

func (o *office) edit(group connectors.Remote, add, remove []string) {
	o.t.Helper()
	if err := o.scim.EditMembers(o.t.Context(), group, add, remove); err != nil {
		o.t.Fatal(err)
	}
}

// people makes so many accounts and gives their ids.
func (o *office) people(n int) (ids []string) {
	o.t.Helper()
	for i := range n {
		ids = append(ids, o.create(o.record(fmt.Sprintf("p%d@acme.test", i), nil)).ID)
	}
	return ids
}

// native is the user as the server holds it.
func (o *office) native(key string) map[string]any {
	o.t.Helper()
	for _, account := range o.sim.State().Accounts {
		if account.Key == key {
			row, _ := account.Native.(map[string]any)
			return row
		}
	}
	o.t.Fatalf("no user %s", key)
	return nil
}

// members are those of the only group, by key.
func (o *office) members() []string {
	o.t.Helper()
	groups := o.sim.State().Groups
	if len(groups) != 1 {
		o.t.Fatalf("%d groups", len(groups))
	}
	return slices.Sorted(slices.Values(groups[0].Members))
}

// calls tells what was called since the count, as "POST /Users 201".
func (o *office) calls(since int) (told []string) {
	for _, call := range o.host.Calls("scimtarget")[since:] {
		path := strings.TrimPrefix(call.Path, "/scim/v2")
		if parts := strings.Split(path, "/"); len(parts) > 2 {
			path = "/" + parts[1] + "/*"
		}
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, path, call.Status))
	}
	return told
}

func (o *office) count() int { return len(o.host.Calls("scimtarget")) }

// last is the last body sent with the method.
func (o *office) last(method string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range slices.Backward(o.queries) {
		if strings.HasPrefix(o.queries[i], method+" ") {
			return string(o.sent[i])
		}
	}
	return ""
}

// head is the header of the last call with the method.
func (o *office) head(method string) http.Header {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range slices.Backward(o.queries) {
		if strings.HasPrefix(o.queries[i], method+" ") {
			return o.heads[i]
		}
	}
	return http.Header{}
}

// operations are those of the last PATCH, each as one line.
func (o *office) operations() (lines []string) {
	o.t.Helper()
	var message struct{ Operations []json.RawMessage }
	if err := json.Unmarshal([]byte(o.last("PATCH")), &message); err != nil {
		o.t.Fatal(err)
	}
	for _, line := range message.Operations {
		lines = append(lines, string(line))
	}
	return lines
}

// hand calls the server as somebody else does, and gives back the answer.
func (o *office) hand(method, path, body string) map[string]any {
	o.t.Helper()
	request := httptest.NewRequest(method, "/scimtarget/scim/v2"+path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer token-acme-1")
	answer := httptest.NewRecorder()
	o.host.ServeHTTP(answer, request)
	var doc map[string]any
	if answer.Code >= 300 {
		o.t.Fatal(method, path, answer.Code, answer.Body)
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &doc)
	return doc
}

// with is the record with other fields.
func with(record connectors.Record, fields map[string]any) connectors.Record {
	record.Fields = maps.Clone(record.Fields)
	maps.Copy(record.Fields, fields)
	return record
}
