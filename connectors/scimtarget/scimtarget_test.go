package scimtarget_test

import (
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/scimtarget"
	"scimrelay/connectors/scimtarget/sim"
	"scimrelay/connectors/simhost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness(changes ...func(*simhost.Sample)) connectortest.Harness {
	const root = "/scim/v2"
	return connectortest.Harness{
		Product:   scimtarget.Product(),
		Simulator: func() simhost.Simulator { return connectortest.Sampled(sim.New(nil), changes...) },
		Customer:  func(name string) map[string]string { return map[string]string{"token": "token-" + name} },
		Wrong:     map[string]string{"token": "canary-guess"},
		Paths:     []string{root + "/Users", root + "/Users/*", root + "/Groups", root + "/Groups/*"},
		// A 404 that is no SCIM error is a wrong address, and 501 is a server that cannot (RFC 7644).
		Classes: map[string]connectors.Class{"404": connectors.Nonsense, "405": connectors.Denied, "501": connectors.Denied},
	}
}

func TestConformance(t *testing.T) {
	for name, h := range map[string]connectortest.Harness{
		"a server with PATCH":                   harness(),
		"a server with PUT only":                calm(harness(), map[string]any{"put_only": true}),
		"an OAuth2 client, leavers deleted":     oauth(),
		"a password, and nothing else is known": basic(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, h)
		})
	}
}

func calm(h connectortest.Harness, knobs map[string]any) connectortest.Harness {
	h.Calm = knobs
	return h
}

func oauth() connectortest.Harness {
	h := harness(removing, defaults(map[string]any{"token_url": simhost.HostAddress + "/scimtarget/oauth2/token", "scope": "scim"}))
	h.Calm = map[string]any{"auth": "oauth"}
	h.Customer = func(name string) map[string]string {
		return map[string]string{"client_id": "client-" + name, "client_secret": "secret-" + name}
	}
	h.Wrong = map[string]string{"client_id": "client-canary-id", "client_secret": "secret-canary-guess"}
	return h
}

func basic() connectortest.Harness {
	h := harness()
	h.Calm = map[string]any{"auth": "basic", "no_discovery": true, "no_patch": true}
	h.Customer = func(name string) map[string]string {
		return map[string]string{"username": "user-" + name, "password": "pass-" + name}
	}
	h.Wrong = map[string]string{"username": "user-canary-name", "password": "canary-guess"}
	return h
}
