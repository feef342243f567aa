package sage_test

import (
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/sage"
	"scimrelay/connectors/sage/sim"
	"scimrelay/connectors/simhost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness() connectortest.Harness {
	return connectortest.Harness{
		Product:   sage.Product(),
		Simulator: func() simhost.Simulator { return sim.New(nil) },
		Customer: func(name string) map[string]string {
			return map[string]string{"public_key": "pub-" + name, "private_key": "priv-" + name}
		},
		Wrong:    map[string]string{"public_key": "pub-canary-public", "private_key": "priv-canary-guess"},
		Paths:    []string{"/api/v4/users", "/api/v4/users/*", "/api/v4/users/*/roles"},
		Calm:     map[string]any{"rate_limit": 0},
		Entitled: map[string][]string{"Sales Managers": {"30"}, "Area Managers": {"32"}},
		// Sage never says 404: whoever does is not Sage.
		Classes: map[string]connectors.Class{"404": connectors.Nonsense},
	}
}

func TestConformance(t *testing.T) { connectortest.Run(t, harness()) }
