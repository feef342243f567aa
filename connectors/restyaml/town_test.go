package restyaml_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/restyaml/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// town is one customer of a simulated product that comes with the gateway, and a connector to it.
type town struct {
	t       *testing.T
	name    string
	clock   *turned
	host    *simhost.Host
	mapping *connectors.Mapping
	connectors.Connector
}

// newTown opens the product for its sample's customer; more are lines of the target's YAML.
func newTown(t *testing.T, h connectortest.Harness, more ...string) *town {
	t.Helper()
	clock := &turned{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	simulators := map[string]func(func() time.Time) *sim.Sim{"gitlab": sim.GitLab, "zendesk": sim.Zendesk}
	s := simulators[h.Product.Name](clock.Now)
	c := &town{t: t, name: s.Name(), clock: clock, host: simhost.New(simhost.Options{Now: clock.Now}, s)}
	server := httptest.NewServer(c.host)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	if err := simhost.WriteTenant(dir, server.URL, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, s.Name()+".yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range more {
		data = append(data, "    "+line+"\n"...)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c.mapping, faults = h.Product.MappingOf(tenant.Targets[0])
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c.Connector = openWith(t, h.Product, tenant.Targets[0], clock.Now)
	return c
}

// turn sets the simulator's knobs.
func (c *town) turn(knobs string) {
	c.t.Helper()
	if err := c.host.SetFaults(c.name, []byte(knobs)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *town) record(mail string, changes map[string]any) connectors.Record {
	c.t.Helper()
	doc := scim.Document{"userName": mail, "active": true, "displayName": "Ana Ruiz", "externalId": strings.Split(mail, "@")[0],
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": mail}}}
	for name, value := range changes {
		doc[name] = value
	}
	record, err := c.mapping.Record("res-"+mail, doc)
	if err != nil {
		c.t.Fatal(err)
	}
	return record
}

func (c *town) create(mail string, changes map[string]any) connectors.Remote {
	c.t.Helper()
	made, err := c.Create(c.t.Context(), c.record(mail, changes))
	if err != nil {
		c.t.Fatal(err)
	}
	return made
}

// fails asks for a fault of the class, whose detail has the words.
func (c *town) fails(err error, class connectors.Class, words string) {
	c.t.Helper()
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != class || !strings.Contains(fault.Detail, words) {
		c.t.Errorf("got %v, want %s with %q", err, class, words)
	}
}

// native is the account as the vendor holds it.
func (c *town) native(id string) map[string]any {
	c.t.Helper()
	state, _ := c.host.State(c.name)
	for _, account := range state.Accounts {
		if account.ID == id {
			return account.Native.(map[string]any)
		}
	}
	c.t.Fatalf("no account %s", id)
	return nil
}

// by makes a call of the vendor's own, as an administrator does by hand.
func (c *town) by(method, path, body string, header map[string]string) {
	c.t.Helper()
	r := httptest.NewRequest(method, "/"+c.name+path, strings.NewReader(body))
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	if c.host.ServeHTTP(w, r); w.Code > 299 {
		c.t.Fatal(w.Code, w.Body)
	}
}

func (c *town) power() connectors.Deactivator { return c.Connector.(connectors.Deactivator) }

// checked are the findings that are not fine, by name.
func (c *town) checked() map[string]string {
	c.t.Helper()
	report, err := c.Connector.(connectors.Checker).Check(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	bad := map[string]string{}
	for _, f := range report.Findings {
		if !f.OK {
			bad[f.Name] = f.Detail
		}
	}
	return bad
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	return fmt.Sprint(string(text), err)
}
