package restyaml_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/restyaml/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// town is one customer of a simulated product that comes with the gateway, and a connector to it.
type town struct {
	*connectortest.Bench[connectortest.Full]
}

// newTown opens the product for its sample's customer.
func newTown(t *testing.T, h connectortest.Harness, changes ...func(*simhost.Sample)) *town {
	t.Helper()
	clock := connectortest.NewClock()
	simulators := map[string]func(func() time.Time) *sim.Sim{"gitlab": sim.GitLab, "zendesk": sim.Zendesk}
	return &town{connectortest.NewBench[connectortest.Full](t, connectortest.Setup{Product: h.Product,
		Simulator: simulators[h.Product.Name](clock.Now), Clock: clock}, changes...)}
}

// mapping says where the target takes fields from.
func mapping(expressions map[string]any) func(*simhost.Sample) {
	return func(s *simhost.Sample) { s.Target["mapping"] = expressions }
}

func (c *town) record(mail string, changes map[string]any) connectors.Record {
	c.T.Helper()
	return c.Record("res-"+mail, connectortest.Changed(scim.Document{"userName": mail, "active": true, "displayName": "Ana Ruiz",
		"externalId": strings.Split(mail, "@")[0], "emails": []any{map[string]any{"type": "work", "primary": true, "value": mail}}}, changes))
}

func (c *town) create(mail string, changes map[string]any) connectors.Remote {
	c.T.Helper()
	return c.Create(c.record(mail, changes))
}

// fails asks for a fault of the class, whose detail has the words.
func (c *town) fails(err error, class connectors.Class, words string) {
	c.T.Helper()
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != class || !strings.Contains(fault.Detail, words) {
		c.T.Errorf("got %v, want %s with %q", err, class, words)
	}
}

// by makes a call of the vendor's own, as an administrator does by hand.
func (c *town) by(method, path string, header map[string]string) {
	c.T.Helper()
	if status, answer := c.ByHand(method, path, "", header); status > 299 {
		c.T.Fatal(status, answer)
	}
}

// checked are the findings that are not fine, by name.
func (c *town) checked() map[string]string {
	c.T.Helper()
	report, err := c.Connector.Check(c.T.Context())
	if err != nil {
		c.T.Fatal(err)
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
