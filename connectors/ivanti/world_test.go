package ivanti_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/ivanti"
	"scimrelay/connectors/ivanti/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// fleet is one customer of a simulated Ivanti, and a connector to it.
type fleet struct {
	*connectortest.Bench[vendor]
	sim *sim.Sim
}

// newFleet has what a target has where it says nothing: the one default only makes it quick.
func newFleet(t *testing.T, changes ...func(*simhost.Sample)) *fleet {
	t.Helper()
	clock := connectortest.NewClock()
	s := sim.New(clock.Now)
	strict := func(s *simhost.Sample) { s.Defaults = map[string]any{"list_rate": 600_000} }
	return &fleet{connectortest.NewBench[vendor](t, connectortest.Setup{Product: ivanti.Product(),
		Simulator: connectortest.Sampled(s, strict), Clock: clock,
		Short: func(path string) string { return strings.TrimPrefix(path, "/api/v1") }}, changes...), s}
}

// with sets a default.
func with(name string, value any) func(*simhost.Sample) {
	return func(s *simhost.Sample) { s.Defaults[name] = value }
}

// person is a document with changes; a nil value takes an attribute away.
func person(userName string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": userName, "active": true, "displayName": "Tom Berg",
		"name":              map[string]any{"givenName": "Tom", "familyName": "Berg"},
		"emails":            []any{map[string]any{"type": "work", "primary": true, "value": userName}},
		"preferredLanguage": "de-DE", scim.SchemaEnterprise: map[string]any{"department": "Sales"},
	}, changes)
}

func (f *fleet) record(id, userName string, changes map[string]any) connectors.Record {
	f.T.Helper()
	return f.Record(id, person(userName, changes))
}

func (f *fleet) create(id, userName string) connectors.Remote {
	f.T.Helper()
	return f.Create(f.record(id, userName, nil))
}

func (f *fleet) lacks(want connectors.Record) {
	f.T.Helper()
	if have, err := f.Connector.Find(f.T.Context(), want); !connectors.Is(err, connectors.NotFound) {
		f.T.Fatalf("found %q, %v", have.ID, err)
	}
}

// group makes a group with members.
func (f *fleet) group(name string, members ...string) connectors.Remote {
	f.T.Helper()
	made := f.Create(f.groupRecord(name))
	made.Type = scim.TypeGroup
	if err := f.Connector.EditMembers(f.T.Context(), made, members, nil); err != nil {
		f.T.Fatal(err)
	}
	return made
}

func (f *fleet) groupRecord(name string) connectors.Record {
	f.T.Helper()
	return f.GroupRecord("g-"+name, scim.Document{"displayName": name})
}

// lists counts the list calls since the count.
func (f *fleet) lists(since int) (n int) {
	for _, told := range f.Calls(since) {
		if strings.HasPrefix(told, "GET /account ") {
			n++
		}
	}
	return n
}

// by calls the API by hand, as an administrator may.
func (f *fleet) by(method, path, form string) (status int, body string) {
	f.T.Helper()
	header := map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("api@acme.test:key-acme"))}
	if form != "" {
		header["Content-Type"] = "application/x-www-form-urlencoded"
	}
	return f.ByHand(method, "/api/v1"+path, form, header)
}

// crowd makes many accounts by hand.
func (f *fleet) crowd(n int) {
	f.T.Helper()
	for from := 0; from < n; from += 1000 {
		f.batch(from, min(n-from, 1000))
	}
}

func (f *fleet) batch(from, n int) {
	f.T.Helper()
	var form strings.Builder
	for i := range n {
		fmt.Fprintf(&form, "&accounts[%d].uid=p%d@acme.test&accounts[%d].emailAddress=p%d@acme.test&accounts[%d].firstName=P&accounts[%d].lastName=P",
			i, from+i, i, from+i, i, i)
	}
	if status, body := f.by("POST", "/accounts?sendInvite=false", form.String()[1:]); status != 200 {
		f.T.Fatal(status, body)
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
