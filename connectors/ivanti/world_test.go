package ivanti_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/ivanti"
	"scimrelay/connectors/ivanti/sim"
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

// fleet is one customer of a simulated Ivanti, and a connector to it.
type fleet struct {
	t       *testing.T
	clock   *clock
	sim     *sim.Sim
	host    *simhost.Host
	server  *httptest.Server
	target  tenants.Target
	mapping *connectors.Mapping
	ivanti  vendor
}

// strict is what a target has where it says nothing: the sample's own lines only make it quick.
func strict(s *sample) { s.sample.Defaults = map[string]any{"list_rate": 600_000} }

// with adds a default to those of strict.
func with(name string, value any) func(*sample) {
	return func(s *sample) {
		defaults := map[string]any{"list_rate": 600_000}
		if len(s.sample.Defaults) > 0 && s.changed {
			defaults = s.sample.Defaults
		}
		defaults[name] = value
		s.sample.Defaults, s.changed = defaults, true
	}
}

func newFleet(t *testing.T, change ...func(*sample)) *fleet {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	f := &fleet{t: t, clock: c, sim: sim.New(c.Now)}
	f.host = simhost.New(simhost.Options{Now: c.Now}, f.sim)
	f.server = httptest.NewUnstartedServer(f.host)
	f.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.server.Start()
	t.Cleanup(f.server.Close)
	s := &sample{Sim: f.sim, sample: f.sim.Sample()}
	if len(change) == 0 {
		strict(s)
	}
	for _, do := range change {
		do(s)
	}
	f.target = readTarget(t, f.server.URL, s)
	f.open()
	return f
}

// sample is the simulator with another sample.
type sample struct {
	*sim.Sim
	sample  simhost.Sample
	changed bool
}

func (s *sample) Sample() simhost.Sample { return s.sample }

func readTarget(t *testing.T, url string, s simhost.Simulator) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ivanti.yaml")
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

// open makes a new connector, as after a restart or a change of the settings.
func (f *fleet) open() {
	f.t.Helper()
	settings, faults := ivanti.Product().Settings(f.target)
	if len(faults) > 0 {
		f.t.Fatal(faults)
	}
	mapping, found := ivanti.Product().MappingOf(f.target)
	if len(found) > 0 {
		f.t.Fatal(found)
	}
	opened, err := settings.Open(connectors.Env{Tenant: "acme", Target: "ivanti", Now: f.clock.Now})
	if err != nil {
		f.t.Fatal(err)
	}
	f.mapping, f.ivanti = mapping, opened.(vendor)
	f.t.Cleanup(func() { _ = opened.(vendor).Close() })
}

func (f *fleet) turn(knobs string) {
	f.t.Helper()
	if err := f.host.SetFaults("ivanti", []byte(knobs)); err != nil {
		f.t.Fatal(err)
	}
}

// person is a document with changes; a nil value takes an attribute away.
func person(userName string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": userName, "active": true, "displayName": "Tom Berg",
		"name":              map[string]any{"givenName": "Tom", "familyName": "Berg"},
		"emails":            []any{map[string]any{"type": "work", "primary": true, "value": userName}},
		"preferredLanguage": "de-DE", scim.SchemaEnterprise: map[string]any{"department": "Sales"},
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

func (f *fleet) record(id, userName string, changes map[string]any) connectors.Record {
	f.t.Helper()
	record, err := f.mapping.Record(id, person(userName, changes))
	if err != nil {
		f.t.Fatal(err)
	}
	return record
}

func (f *fleet) create(id, userName string) connectors.Remote {
	f.t.Helper()
	made, err := f.ivanti.Create(f.t.Context(), f.record(id, userName, nil))
	if err != nil {
		f.t.Fatal(err)
	}
	return made
}

func (f *fleet) find(want connectors.Record) connectors.Remote {
	f.t.Helper()
	have, err := f.ivanti.Find(f.t.Context(), want)
	if err != nil {
		f.t.Fatal(err)
	}
	return have
}

func (f *fleet) lacks(want connectors.Record) {
	f.t.Helper()
	if have, err := f.ivanti.Find(f.t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		f.t.Fatalf("found %q, %v", have.ID, err)
	}
}

func (f *fleet) update(have connectors.Remote, want connectors.Record) connectors.Remote {
	f.t.Helper()
	after, err := f.ivanti.Update(f.t.Context(), have, want)
	if err != nil {
		f.t.Fatal(err)
	}
	return after
}

// group makes a group with members.
func (f *fleet) group(name string, members ...string) connectors.Remote {
	f.t.Helper()
	made, err := f.ivanti.Create(f.t.Context(), f.groupRecord(name))
	if err != nil {
		f.t.Fatal(err)
	}
	made.Type = scim.TypeGroup
	if err := f.ivanti.EditMembers(f.t.Context(), made, members, nil); err != nil {
		f.t.Fatal(err)
	}
	return made
}

func (f *fleet) groupRecord(name string) connectors.Record {
	f.t.Helper()
	record, err := f.mapping.For(scim.TypeGroup).Record("g-"+name, scim.Document{"displayName": name})
	if err != nil {
		f.t.Fatal(err)
	}
	return record
}

// native is the account as Ivanti holds it.
func (f *fleet) native(key string) map[string]any {
	f.t.Helper()
	for _, account := range f.sim.State().Accounts {
		if strings.EqualFold(account.Key, key) {
			row, _ := account.Native.(map[string]any)
			return maps.Clone(row)
		}
	}
	f.t.Fatalf("no account %s", key)
	return nil
}

func (f *fleet) count() int { return len(f.host.Calls("ivanti")) }

// calls tells what was called since the count, as "GET /account 200".
func (f *fleet) calls(since int) (told []string) {
	for _, call := range f.host.Calls("ivanti")[since:] {
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, call.Path[len("/api/v1"):], call.Status))
	}
	return told
}

// lists counts the list calls since the count.
func (f *fleet) lists(since int) (n int) {
	for _, told := range f.calls(since) {
		if strings.HasPrefix(told, "GET /account ") {
			n++
		}
	}
	return n
}

// by calls the API by hand, as an administrator may.
func (f *fleet) by(method, path, form string) (status int, body string) {
	f.t.Helper()
	request := httptest.NewRequest(method, "/ivanti/api/v1"+path, strings.NewReader(form))
	request.SetBasicAuth("api@acme.test", "key-acme")
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	f.host.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

// crowd makes many accounts by hand.
func (f *fleet) crowd(n int) {
	f.t.Helper()
	for from := 0; from < n; from += 1000 {
		f.batch(from, min(n-from, 1000))
	}
}

func (f *fleet) batch(from, n int) {
	f.t.Helper()
	var form strings.Builder
	for i := range n {
		fmt.Fprintf(&form, "&accounts[%d].uid=p%d@acme.test&accounts[%d].emailAddress=p%d@acme.test&accounts[%d].firstName=P&accounts[%d].lastName=P",
			i, from+i, i, from+i, i, i)
	}
	if status, body := f.by("POST", "/accounts?sendInvite=false", form.String()[1:]); status != 200 {
		f.t.Fatal(status, body)
	}
}

func has(notes []string, words string) bool {
	return strings.Contains(strings.Join(notes, "\n"), words)
}

func detail(err error) string {
	if fault := connectors.FaultOf(err); fault != nil {
		return fault.Detail
	}
	return ""
}

func asJSON(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}
