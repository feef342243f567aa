package dastra_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/dastra"
	"scimrelay/connectors/dastra/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// office is one customer of a simulated Dastra, and a connector to it.
type office struct {
	*connectortest.Bench[dastraConnector]
	sim *sim.Sim
}

type dastraConnector interface {
	connectortest.Full
	connectors.MemberEditor
}

func newOffice(t *testing.T, v variant, changes ...func(*simhost.Sample)) *office {
	t.Helper()
	clock := connectortest.NewClock()
	vendor := sim.New(clock.Now)
	return &office{connectortest.NewBench[dastraConnector](t, connectortest.Setup{Product: dastra.Product(),
		Simulator: connectortest.Sampled(vendor, v.sample), Clock: clock}, changes...), vendor}
}

// capabilities are those of the office's target.
func (o *office) capabilities() connectors.Capabilities {
	return dastra.Product().CapabilitiesOf(o.Settings)
}

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": email, "active": true, "externalId": "ext-" + email, "displayName": "Léa Roy",
		"name":   map[string]any{"givenName": "Léa", "familyName": "Roy"},
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": email}},
	}, changes)
}

func (o *office) record(id, email string, changes map[string]any) connectors.Record {
	o.T.Helper()
	return o.Record(id, person(email, changes))
}

func (o *office) group(id, name string) connectors.Record {
	o.T.Helper()
	return o.GroupRecord(id, scim.Document{"displayName": name})
}

// make creates, and gives the record the id as a link has it.
func (o *office) make(want *connectors.Record) connectors.Remote {
	o.T.Helper()
	made := o.Create(*want)
	made.Type, want.VendorID = want.Type, made.ID
	return made
}

// find gives what is found the type that the relay does.
func (o *office) find(want connectors.Record) connectors.Remote {
	o.T.Helper()
	have := o.Find(want)
	have.Type = want.Type
	return have
}

// roles are the ids of the person's roles, as in "3 41".
func (o *office) roles(key string) string {
	o.T.Helper()
	raw, _ := json.Marshal(o.Native(key)["roles"])
	var roles []struct{ ID int }
	_ = json.Unmarshal(raw, &roles)
	var told []string
	for _, role := range roles {
		told = append(told, fmt.Sprint(role.ID))
	}
	return strings.Join(told, " ")
}

// admin does what people do in Dastra itself, and gives the answer.
func (o *office) admin(method, path, body string) string {
	o.T.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("X-API-Key", "key-acme-1")
	answer := httptest.NewRecorder()
	if o.sim.ServeHTTP(answer, request); answer.Code/100 != 2 {
		o.T.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
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
