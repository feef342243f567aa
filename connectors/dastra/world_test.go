package dastra_test

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
	"scimrelay/connectors/dastra"
	"scimrelay/connectors/dastra/sim"
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

// office is one customer of a simulated Dastra, and a connector to it.
type office struct {
	t            *testing.T
	clock        *clock
	sim          *sim.Sim
	host         *simhost.Host
	url          string
	target       tenants.Target
	capabilities connectors.Capabilities
	mapping      *connectors.Mapping
	dastra       dastraConnector
}

type dastraConnector interface {
	connectors.Connector
	connectors.Deactivator
	connectors.MemberEditor
	connectors.Checker
	connectors.Lister
	connectors.Differ
	io.Closer
}

func newOffice(t *testing.T, v variant, change ...func(*sample)) *office {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	o := &office{t: t, clock: c, sim: sim.New(c.Now)}
	o.host = simhost.New(simhost.Options{Now: c.Now}, o.sim)
	server := httptest.NewUnstartedServer(o.host)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	s := v.sample(o.sim)
	for _, f := range change {
		f(s)
	}
	o.url = server.URL
	o.target = readTarget(t, o.url, s)
	o.open()
	return o
}

func readTarget(t *testing.T, url string, s simhost.Simulator) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "dastra.yaml")
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
	settings, faults := dastra.Product().Settings(o.target)
	if len(faults) > 0 {
		o.t.Fatal(faults)
	}
	mapping, found := dastra.Product().MappingOf(o.target)
	if len(found) > 0 {
		o.t.Fatal(found)
	}
	opened, err := settings.Open(connectors.Env{Tenant: "acme", Target: "dastra", Now: o.clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	o.capabilities = dastra.Product().CapabilitiesOf(settings)
	o.mapping, o.dastra = mapping, opened.(dastraConnector)
	o.t.Cleanup(func() { _ = o.dastra.Close() })
}

func (o *office) turn(knobs string) {
	o.t.Helper()
	if err := o.host.SetFaults("dastra", []byte(knobs)); err != nil {
		o.t.Fatal(err)
	}
}

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": email, "active": true, "externalId": "ext-" + email, "displayName": "Léa Roy",
		"name":   map[string]any{"givenName": "Léa", "familyName": "Roy"},
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": email}},
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

func (o *office) group(id, name string) connectors.Record {
	o.t.Helper()
	record, err := o.mapping.For(scim.TypeGroup).Record(id, scim.Document{"displayName": name})
	if err != nil {
		o.t.Fatal(err)
	}
	return record
}

// make creates, and gives the record the id as a link has it.
func (o *office) make(want *connectors.Record) connectors.Remote {
	o.t.Helper()
	made, err := o.dastra.Create(o.t.Context(), *want)
	if err != nil {
		o.t.Fatal(err)
	}
	made.Type, want.VendorID = want.Type, made.ID
	return made
}

func (o *office) find(want connectors.Record) connectors.Remote {
	o.t.Helper()
	have, err := o.dastra.Find(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	have.Type = want.Type
	return have
}

// native is the person as Dastra holds it.
func (o *office) native(key string) map[string]any {
	o.t.Helper()
	for _, account := range o.sim.State().Accounts {
		if account.Key == key {
			row, _ := account.Native.(map[string]any)
			return row
		}
	}
	o.t.Fatalf("nobody is %s", key)
	return nil
}

// roles are the ids of the person's roles, as in "3 41".
func (o *office) roles(key string) string {
	o.t.Helper()
	raw, _ := json.Marshal(o.native(key)["roles"])
	var roles []struct{ ID int }
	_ = json.Unmarshal(raw, &roles)
	var told []string
	for _, role := range roles {
		told = append(told, fmt.Sprint(role.ID))
	}
	return strings.Join(told, " ")
}

// calls tells what was called since the count, as "GET /v1/Roles 200".
func (o *office) calls(since int) (told []string) {
	for _, call := range o.host.Calls("dastra")[since:] {
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, call.Path, call.Status))
	}
	return told
}

func (o *office) count() int { return len(o.host.Calls("dastra")) }

// admin does what people do in Dastra itself, and gives the answer.
func (o *office) admin(method, path, body string) string {
	o.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("X-API-Key", "key-acme-1")
	answer := httptest.NewRecorder()
	if o.sim.ServeHTTP(answer, request); answer.Code/100 != 2 {
		o.t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// both runs a test in both modes.
func both(t *testing.T, v variant, test func(*testing.T, variant)) {
	for _, relays := range []bool{false, true} {
		v.relays = relays
		t.Run(map[bool]string{false: "rest", true: "scim-relay"}[relays], func(t *testing.T) { test(t, v) })
	}
}
