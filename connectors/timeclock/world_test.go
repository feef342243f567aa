package timeclock_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/timeclock"
	"scimrelay/connectors/timeclock/sim"
	"scimrelay/scim"
)

// company is one customer of a simulated TimeClock 365, and a connector to it.
type company struct {
	*connectortest.Bench[connectortest.Full]
}

func newCompany(t *testing.T, changes ...func(*simhost.Sample)) *company {
	t.Helper()
	clock := connectortest.NewClock()
	return &company{connectortest.NewBench[connectortest.Full](t, connectortest.Setup{Product: timeclock.Product(),
		Simulator: sim.New(clock.Now), Clock: clock}, changes...)}
}

const ben = "ben@acme.test"

// person is a document with changes; a nil value takes an attribute away.
func person(userName string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": userName, "active": true, "displayName": "Ben Adar", "externalId": "ben",
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": userName}}}, changes)
}

// numbered is the change that gives a person an employee number.
func numbered(number string) map[string]any {
	return map[string]any{scim.SchemaEnterprise: map[string]any{"employeeNumber": number}}
}

func (c *company) record(id, userName string, changes map[string]any) connectors.Record {
	c.T.Helper()
	return c.Record(id, person(userName, changes))
}

func (c *company) create(id, userName string) connectors.Remote {
	c.T.Helper()
	return c.Create(c.record(id, userName, nil))
}

// update brings the user to want, as a run of the relay does.
func (c *company) update(want connectors.Record) connectors.Remote {
	c.T.Helper()
	return c.Update(c.Find(want), want)
}

// stands tells whether the user is active, and holds a licence.
func (c *company) stands(key string) (active, licensed bool) {
	c.T.Helper()
	row := c.Native(key)
	license, _ := row["license"].(map[string]any)
	active, _ = row["active"].(bool)
	licensed, _ = license["assigned"].(bool)
	return active, licensed
}

// byHand calls a method as an administrator's own program would.
func (c *company) byHand(method, params string) string {
	c.T.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
	_, answer := c.ByHand("POST", "/api/v1/json-rpc", body, map[string]string{"Authorization": "Bearer key-acme-1", "Content-Type": "application/json"})
	var said struct {
		Result json.RawMessage
		Error  json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &said); err != nil || said.Error != nil {
		c.T.Fatalf("%s: %v %s", method, err, said.Error)
	}
	return string(said.Result)
}
