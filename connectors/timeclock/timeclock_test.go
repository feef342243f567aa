package timeclock_test

import (
	"slices"
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/timeclock"
	"scimrelay/connectors/timeclock/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness() connectortest.Harness {
	return connectortest.Harness{
		Product:   timeclock.Product(),
		Simulator: func() simhost.Simulator { return sim.New(nil) },
		Customer:  func(name string) map[string]string { return map[string]string{"api_key": "key-" + name} },
		Wrong:     map[string]string{"api_key": "canary-guess"},
		Paths:     []string{"/api/v1/json-rpc"},
		Reads: func(call simhost.Call) bool {
			return slices.Contains([]string{"users.list", "users.get", "roles.list", "licenses.summary"}, call.Operation)
		},
		// There is one URL: whoever says 404 of it is not TimeClock 365.
		Classes: map[string]connectors.Class{"404": connectors.Nonsense},
	}
}

func TestConformance(t *testing.T) { connectortest.Run(t, harness()) }
