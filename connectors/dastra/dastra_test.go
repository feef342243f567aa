package dastra_test

import (
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/dastra"
	"scimrelay/connectors/dastra/sim"
	"scimrelay/connectors/simhost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// variant is one of the ways a target can be.
type variant struct {
	anonymises, relays, pair bool
}

// variants are both ways of leaving in both modes, and both forms of credentials.
func variants() map[string]variant {
	return map[string]variant{
		"revoke":                    {},
		"anonymise":                 {anonymises: true, pair: true},
		"revoke over scim-relay":    {relays: true, pair: true},
		"anonymise over scim-relay": {relays: true, anonymises: true},
	}
}

// credentials are those of the customer, or wrong ones where there is none.
func (v variant) credentials(customer string) map[string]string {
	secrets := map[string]string{"api_key": "key-" + customer}
	if v.pair {
		secrets = map[string]string{"client_id": "id-" + customer, "client_secret": "secret-" + customer}
	}
	if v.relays {
		secrets["scim_token"] = "scim-" + customer
	}
	return secrets
}

func (v variant) wrong() map[string]string {
	secrets := v.credentials("x")
	for name := range secrets {
		secrets[name] = "canary-guess-" + name
	}
	return secrets
}

// sample makes the simulator's sample one of the variant.
func (v variant) sample(s *simhost.Sample) {
	s.Credentials = v.credentials("acme-1")
	if v.relays {
		s.Defaults["mode"] = "scim-relay"
		s.Defaults["scim_url"] = simhost.HostAddress + "/dastra/scim/v2"
	}
	if v.anonymises {
		s.Target["on_deactivate"], s.Target["consent"] = "anonymise", []string{"anonymise"}
	}
}

func (v variant) harness() connectortest.Harness {
	product := dastra.Product()
	if v.anonymises {
		product.Capabilities.Deactivate, product.Capabilities.Reactivate = connectors.DeactivateAnonymise, connectors.ReactivateNewID
	}
	return connectortest.Harness{
		Product:   product,
		Simulator: func() simhost.Simulator { return connectortest.Sampled(sim.New(nil), v.sample) },
		Customer:  v.credentials,
		Wrong:     v.wrong(),
		Paths: []string{
			"/v1/TenantUsers", "/v1/TenantUsers/*", "/v1/TenantUsers/*/*", "/v1/ws/*/Users", "/v1/ws/*/Users/*/revoke",
			"/v1/ws/*/Users/*/teams/*", "/v1/ws/*/RoleUserWorkSpaces/*", "/v1/ws/*/RoleUserWorkSpaces/*/*",
			"/v1/ws/*/Teams", "/v1/ws/*/Teams/*", "/scim/v2/Users", "/scim/v2/Users/*",
		},
		Calm: map[string]any{"rate_limit": 0},
		// A list that is not found is a wrong address.
		Classes: map[string]connectors.Class{"create 404": connectors.Nonsense},
	}
}

func TestConformance(t *testing.T) {
	for name, v := range variants() {
		t.Run(name, func(t *testing.T) { connectortest.Run(t, v.harness()) })
	}
}
