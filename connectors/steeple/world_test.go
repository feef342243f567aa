package steeple_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple"
	"scimrelay/connectors/steeple/sim"
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

// office is one organisation on a simulated Steeple, and a connector to it.
type office struct {
	t       *testing.T
	clock   *clock
	sim     *sim.Sim
	host    *simhost.Host
	server  *httptest.Server
	sample  *sample
	target  tenants.Target
	mapping *connectors.Mapping
	steeple steepleConnector
}

type steepleConnector interface {
	connectors.Connector
	connectors.Deactivator
	connectors.Checker
	connectors.Lister
	connectors.Differ
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
	o.sample = &sample{o.sim, o.sim.Sample()}
	o.sample.sample.Target = map[string]any{}
	for _, f := range change {
		f(o.sample)
	}
	o.target = readTarget(t, o.server.URL, o.sample)
	o.open()
	return o
}

// sample is the simulator with another sample.
type sample struct {
	*sim.Sim
	sample simhost.Sample
}

func (s *sample) Sample() simhost.Sample { return s.sample }

// suspends has leavers suspended.
func suspends(s *sample) { s.sample.Target["on_deactivate"] = "suspend" }

// says sets a default.
func says(name string, value any) func(*sample) {
	return func(s *sample) { s.sample.Defaults[name] = value }
}

// numbered has people log in with the personnel number.
func numbered(s *sample) {
	s.sample.Defaults["access_method"] = "matricule"
	s.sample.Target["mapping"] = map[string]any{"birthday": "user.nickName"}
}

func grant(group, community, role string) map[string]any {
	return map[string]any{"group": group, "community_id": community, "role": role}
}

func readTarget(t *testing.T, url string, s *sample) tenants.Target {
	t.Helper()
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, url, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "steeple.yaml")
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
	settings, faults := steeple.Product().Settings(o.target)
	if len(faults) > 0 {
		o.t.Fatal(faults)
	}
	mapping, found := steeple.Product().MappingOf(o.target)
	if len(found) > 0 {
		o.t.Fatal(found)
	}
	opened, err := settings.Open(connectors.Env{Tenant: "acme", Target: "steeple", Now: o.clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	o.mapping, o.steeple = mapping, opened.(steepleConnector)
	o.t.Cleanup(func() { _ = o.steeple.Close() })
}

// turn sets knobs.
func (o *office) turn(knobs string) {
	o.t.Helper()
	if err := o.host.SetFaults("steeple", []byte(knobs)); err != nil {
		o.t.Fatal(err)
	}
}

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	doc := scim.Document{"userName": email, "active": true, "externalId": "x-" + email, "title": "RH",
		"name":                map[string]any{"givenName": "Ines", "familyName": "Morel"},
		"emails":              []any{map[string]any{"type": "work", "primary": true, "value": email}},
		scim.SchemaEnterprise: map[string]any{"department": "IT"},
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

// record maps a person who is in the groups.
func (o *office) record(email string, changes map[string]any, groups ...string) connectors.Record {
	o.t.Helper()
	record, err := o.mapping.Record("res-"+email, person(email, changes))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, name := range groups {
		record.Groups = append(record.Groups, connectors.Group{ID: "id-" + name, Name: name, ExternalID: "x-" + name})
	}
	return record
}

func (o *office) create(want connectors.Record) connectors.Remote {
	o.t.Helper()
	made, err := o.steeple.Create(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// update brings the person to want, as a run of the relay does.
func (o *office) update(want connectors.Record) connectors.Remote {
	o.t.Helper()
	after, err := o.steeple.Update(o.t.Context(), o.find(want), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return after
}

func (o *office) find(want connectors.Record) connectors.Remote {
	o.t.Helper()
	have, err := o.steeple.Find(o.t.Context(), want)
	if err != nil {
		o.t.Fatal(err)
	}
	return have
}

// account is the person as Steeple holds one.
func (o *office) account(key string) simhost.Account {
	o.t.Helper()
	accounts := o.sim.State().Accounts
	at := slices.IndexFunc(accounts, func(a simhost.Account) bool { return strings.EqualFold(a.Key, key) })
	if at < 0 {
		o.t.Fatalf("no account %s", key)
	}
	return accounts[at]
}

func (o *office) native(key string) map[string]any {
	o.t.Helper()
	row, _ := o.account(key).Native.(map[string]any)
	return row
}

// roles are those the person has, as community id/role in order.
func (o *office) roles(key string) string {
	var held []string
	for _, g := range o.sim.State().Groups {
		if slices.Contains(g.Members, key) {
			held = append(held, g.Name)
		}
	}
	return strings.Join(held, ", ")
}

// calls tells what was called since the count, as "POST /v1/users 201"; a person's id is *.
func (o *office) calls(since int) (told []string) {
	for _, call := range o.host.Calls("steeple")[since:] {
		parts := strings.Split(call.Path, "/")
		for _, a := range o.sim.State().Accounts {
			for i := range parts {
				if parts[i] == a.ID {
					parts[i] = "*"
				}
			}
		}
		told = append(told, fmt.Sprintf("%s %s %d", call.Method, strings.Join(parts, "/"), call.Status))
	}
	return told
}

func (o *office) count() int { return len(o.host.Calls("steeple")) }

// sent are the writes among the calls since the count.
func (o *office) sent(since int) []string {
	return slices.DeleteFunc(o.calls(since), func(call string) bool { return strings.HasPrefix(call, "GET ") })
}

func noted(have connectors.Remote, words string) bool {
	return slices.ContainsFunc(have.Notes, func(note string) bool { return strings.Contains(note, words) })
}

// put gives a role by another hand.
func (o *office) put(user, community, role string) int {
	o.t.Helper()
	r := httptest.NewRequest("PUT", "/steeple/v1/communities/"+community+"/members/"+user, strings.NewReader(`{"role":"`+role+`"}`))
	r.Header.Set("Authorization", "Bearer "+sim.Token("acme"))
	w := httptest.NewRecorder()
	o.host.ServeHTTP(w, r)
	return w.Code
}
