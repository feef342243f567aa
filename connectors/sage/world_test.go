package sage_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/sage"
	"scimrelay/connectors/sage/sim"
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

// office is one customer of a simulated Sage, and a connector to it.
type office struct {
	t       *testing.T
	clock   *clock
	sim     *sim.Sim
	host    *simhost.Host
	server  *httptest.Server
	target  tenants.Target
	env     connectors.Env
	mapping *connectors.Mapping
	sage    sageConnector
}

type sageConnector interface {
	connectors.Connector
	connectors.Deactivator
	connectors.Checker
	connectors.Lister
	io.Closer
}

func newOffice(t *testing.T, change ...func(*sample)) *office {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	o := &office{t: t, clock: c, sim: sim.New(c.Now)}
	o.host = simhost.New(simhost.Options{Now: c.Now}, o.sim)
	o.server = httptest.NewUnstartedServer(o.host)
	o.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	o.server.Start()
	t.Cleanup(o.server.Close)
	o.turn(`{}`)
	s := &sample{o.sim, o.sim.Sample()}
	for _, f := range change {
		f(s)
	}
	o.target = readTarget(t, o.server.URL, s)
	o.env = connectors.Env{Tenant: "acme", Target: "sage", Now: c.Now}
	o.open()
	return o
}

// sample is the simulator with another sample.
type sample struct {
	*sim.Sim
	sample simhost.Sample
}

// noTable is a sample whose groups give no roles.
func noTable(s *sample) { delete(s.sample.Defaults, "roles") }

func (s *sample) Sample() simhost.Sample { return s.sample }

func readTarget(t *testing.T, url string, s simhost.Simulator) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sage.yaml")
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
	settings, faults := sage.Product().Settings(o.target)
	if len(faults) > 0 {
		o.t.Fatal(faults)
	}
	mapping, found := sage.Product().MappingOf(o.target)
	if len(found) > 0 {
		o.t.Fatal(found)
	}
	opened, err := settings.Open(o.env)
	if err != nil {
		o.t.Fatal(err)
	}
	o.mapping, o.sage = mapping, opened.(sageConnector)
	o.t.Cleanup(func() { _ = o.sage.Close() })
}

// turn sets knobs; the rate limit is off unless they say otherwise.
func (o *office) turn(knobs string) {
	o.t.Helper()
	all := map[string]any{"rate_limit": 0}
	if err := json.Unmarshal([]byte(knobs), &all); err != nil {
		o.t.Fatal(err)
	}
	raw, _ := json.Marshal(all)
	if err := o.host.SetFaults("sage", raw); err != nil {
		o.t.Fatal(err)
	}
}

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": email, "active": true,
		"name":         map[string]any{"givenName": "Ana", "familyName": "Ruiz"},
		"emails":       []any{map[string]any{"type": "work", "primary": true, "value": email}},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "+34 600 100 200"}},
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

func (o *office) record(id, email string, changes map[string]any) connectors.Record {
	o.t.Helper()
	record, err := o.mapping.Record(id, person(email, changes))
	if err != nil {
		o.t.Fatal(err)
	}
	return record
}

func (o *office) create(id, email string) connectors.Remote {
	o.t.Helper()
	made, err := o.sage.Create(o.t.Context(), o.record(id, email, nil))
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

func (o *office) find(want connectors.Record) connectors.Remote {
	o.t.Helper()
	have, err := o.sage.Find(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return have
}

// native is the user as Sage holds it.
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

// calls tells what was called since the count, as "POST /users 200".
func (o *office) calls(since int) (told []string) {
	for _, call := range o.host.Calls("sage")[since:] {
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, call.Path[len("/api/v4"):], call.Status))
	}
	return told
}

func (o *office) count() int { return len(o.host.Calls("sage")) }

// ask makes a call as an administrator may, and gives the answer's body.
func (o *office) ask(method, path, body string) string {
	o.t.Helper()
	send := func(method, path, body, session string) string {
		request := httptest.NewRequest(method, "/sage/api/v4"+path, strings.NewReader(body))
		request.Header.Set("X-Session-Key", session)
		answer := httptest.NewRecorder()
		if o.host.ServeHTTP(answer, request); answer.Code != 200 {
			o.t.Fatal(method, path, answer.Code, answer.Body)
		}
		return answer.Body.String()
	}
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(send("POST", "/login", `{"username":"pub-acme-1","password":"priv-acme-1"}`, "")), &session); err != nil {
		o.t.Fatal(err)
	}
	return send(method, path, body, session.Token)
}
