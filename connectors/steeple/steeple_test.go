package steeple_test

import (
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple"
	"scimrelay/connectors/steeple/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness() connectortest.Harness {
	return connectortest.Harness{
		Product:   steeple.Product(),
		Simulator: func() simhost.Simulator { return sim.New(nil) },
		Customer:  func(name string) map[string]string { return map[string]string{"token": sim.Token(name)} },
		Wrong:     map[string]string{"token": sim.Token("acme") + "canary"},
		Paths: []string{"/v1/users", "/v1/users/*", "/v1/users/*/suspend", "/v1/users/*/restore",
			"/v1/communities/*/members/*"},
		Calm: map[string]any{"rate_limit": 0, "membership_lag": "0s"},
		Entitled: map[string][]string{
			"Steeple Siege":       {sim.Siege + "/member"},
			"Steeple Lyon Admins": {sim.Lyon + "/administrator"},
		},
		// A 404 that is not in Steeple's own shape says nothing about a person.
		Classes: map[string]connectors.Class{"404": connectors.Nonsense},
	}
}

func TestConformanceWhereLeaversAreRemoved(t *testing.T) { connectortest.Run(t, harness()) }

func TestConformanceWhereLeaversAreSuspended(t *testing.T) {
	h := harness()
	h.Simulator = func() simhost.Simulator { return connectortest.Sampled(sim.New(nil), suspends) }
	h.Product.Capabilities.Deactivate = connectors.DeactivateSuspend
	h.Product.Capabilities.Reactivate = connectors.ReactivateSame
	connectortest.Run(t, h)
}
