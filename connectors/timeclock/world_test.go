package timeclock_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/timeclock"
	"scimrelay/connectors/timeclock/sim"
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

// company is one customer of a simulated TimeClock 365, and a connector to it.
type company struct {
	t       *testing.T
	clock   *clock
	sim     *sim.Sim
	host    *simhost.Host
	server  *httptest.Server
	target  tenants.Target
	mapping *connectors.Mapping
	api     api
}

type api interface {
	connectors.Connector
	connectors.Deactivator
	connectors.Checker
	connectors.Lister
	connectors.Differ
	io.Closer
}

// sample is the simulator with another sample.
type sample struct {
	*sim.Sim
	sample simhost.Sample
}

func (s *sample) Sample() simhost.Sample { return s.sample }

func newCompany(t *testing.T, change ...func(*sample)) *company {
	t.Helper()
	c := &company{t: t, clock: &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}}
	c.sim = sim.New(c.clock.Now)
	c.host = simhost.New(simhost.Options{Now: c.clock.Now}, c.sim)
	c.server = httptest.NewUnstartedServer(c.host)
	c.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	c.server.Start()
	t.Cleanup(c.server.Close)
	s := &sample{c.sim, c.sim.Sample()}
	for _, f := range change {
		f(s)
	}
	c.target = readTarget(t, c.server.URL, s)
	c.open()
	return c
}

func readTarget(t *testing.T, url string, s simhost.Simulator) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "timeclock.yaml")
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
func (c *company) open() {
	c.t.Helper()
	settings, faults := timeclock.Product().Settings(c.target)
	if len(faults) > 0 {
		c.t.Fatal(faults)
	}
	mapping, found := timeclock.Product().MappingOf(c.target)
	if len(found) > 0 {
		c.t.Fatal(found)
	}
	opened, err := settings.Open(connectors.Env{Tenant: "acme", Target: "timeclock", Now: c.clock.Now})
	if err != nil {
		c.t.Fatal(err)
	}
	c.mapping, c.api = mapping, opened.(api)
	c.t.Cleanup(func() { _ = c.api.Close() })
}

// turn sets knobs.
func (c *company) turn(knobs string) {
	c.t.Helper()
	if err := c.host.SetFaults("timeclock", []byte(knobs)); err != nil {
		c.t.Fatal(err)
	}
}

const ben = "ben@acme.test"

// person is a document with changes; a nil value takes an attribute away.
func person(userName string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": userName, "active": true, "displayName": "Ben Adar", "externalId": "ben",
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": userName}}}
	for name, value := range changes {
		if value == nil {
			delete(doc, name)
		} else {
			doc[name] = value
		}
	}
	return doc
}

// numbered is the change that gives a person an employee number.
func numbered(number string) map[string]any {
	return map[string]any{scim.SchemaEnterprise: map[string]any{"employeeNumber": number}}
}

func (c *company) record(id, userName string, changes map[string]any) connectors.Record {
	c.t.Helper()
	record, err := c.mapping.Record(id, person(userName, changes))
	if err != nil {
		c.t.Fatal(err)
	}
	return record
}

func (c *company) create(id, userName string) connectors.Remote {
	c.t.Helper()
	made, err := c.api.Create(c.t.Context(), c.record(id, userName, nil))
	if err != nil {
		c.t.Fatal(err)
	}
	return made
}

func (c *company) find(want connectors.Record) connectors.Remote {
	c.t.Helper()
	have, err := c.api.Find(c.t.Context(), want)
	if err != nil {
		c.t.Fatal(err)
	}
	return have
}

func (c *company) update(want connectors.Record) connectors.Remote {
	c.t.Helper()
	have, err := c.api.Update(c.t.Context(), c.find(want), want)
	if err != nil {
		c.t.Fatal(err)
	}
	return have
}

// native is the user as TimeClock 365 holds it.
func (c *company) native(key string) map[string]any {
	c.t.Helper()
	for _, account := range c.sim.State().Accounts {
		if account.Key == key {
			row, _ := account.Native.(map[string]any)
			return row
		}
	}
	c.t.Fatalf("no user %s", key)
	return nil
}

// stands tells whether the user is active, and holds a licence.
func (c *company) stands(key string) (active, licensed bool) {
	c.t.Helper()
	row := c.native(key)
	license, _ := row["license"].(map[string]any)
	active, _ = row["active"].(bool)
	licensed, _ = license["assigned"].(bool)
	return active, licensed
}

// calls tells what was called since the count.
func (c *company) calls(since int) []string {
	told := []string{}
	for _, call := range c.host.Calls("timeclock")[since:] {
		told = append(told, call.Operation)
	}
	return told
}

func (c *company) count() int { return len(c.host.Calls("timeclock")) }

// byHand calls a method as an administrator's own program would.
func (c *company) byHand(method, params string) string {
	c.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
	request := httptest.NewRequest("POST", "/timeclock/api/v1/json-rpc", bytes.NewReader([]byte(body)))
	request.Header.Set("Authorization", "Bearer key-acme-1")
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	c.host.ServeHTTP(answer, request)
	var said struct {
		Result json.RawMessage
		Error  json.RawMessage
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil || said.Error != nil {
		c.t.Fatalf("%s: %v %s", method, err, said.Error)
	}
	return string(said.Result)
}
