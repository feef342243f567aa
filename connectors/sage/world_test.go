package sage_test

import (
	"encoding/json"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/sage"
	"scimrelay/connectors/sage/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// office is one customer of a simulated Sage, and a connector to it.
type office struct {
	*connectortest.Bench[connectortest.Full]
}

// newOffice has no rate limit unless a knob says so.
func newOffice(t *testing.T, changes ...func(*simhost.Sample)) *office {
	t.Helper()
	clock := connectortest.NewClock()
	return &office{connectortest.NewBench[connectortest.Full](t, connectortest.Setup{Product: sage.Product(),
		Simulator: sim.New(clock.Now), Clock: clock, Calm: map[string]any{"rate_limit": 0}}, changes...)}
}

// noTable is a sample whose groups give no roles.
func noTable(s *simhost.Sample) { delete(s.Defaults, "roles") }

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": email, "active": true,
		"name":         map[string]any{"givenName": "Ana", "familyName": "Ruiz"},
		"emails":       []any{map[string]any{"type": "work", "primary": true, "value": email}},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "+34 600 100 200"}},
	}, changes)
}

func (o *office) record(id, email string, changes map[string]any) connectors.Record {
	o.T.Helper()
	return o.Record(id, person(email, changes))
}

func (o *office) create(id, email string) connectors.Remote {
	o.T.Helper()
	return o.Create(o.record(id, email, nil))
}

// ask makes a call as an administrator may, and gives the answer's body.
func (o *office) ask(method, path, body string) string {
	o.T.Helper()
	send := func(method, path, body, session string) string {
		code, answer := o.ByHand(method, "/api/v4"+path, body, map[string]string{"X-Session-Key": session})
		if code != 200 {
			o.T.Fatal(method, path, code, answer)
		}
		return answer
	}
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(send("POST", "/login", `{"username":"pub-acme-1","password":"priv-acme-1"}`, "")), &session); err != nil {
		o.T.Fatal(err)
	}
	return send(method, path, body, session.Token)
}
