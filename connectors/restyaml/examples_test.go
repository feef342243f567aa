package restyaml_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/restyaml"
	"scimrelay/connectors/restyaml/sim"
	"scimrelay/connectors/simhost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// example is a product that comes with the gateway.
func example(t *testing.T, name string) connectors.Product {
	t.Helper()
	file := filepath.Join("..", "..", "configs", "products", name+".yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	product, faults := restyaml.Parse(file, data)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return product
}

func gitlab(t *testing.T) connectortest.Harness {
	t.Helper()
	return connectortest.Harness{
		Product:   example(t, "gitlab"),
		Simulator: func() simhost.Simulator { return sim.GitLab(nil) },
		Customer:  func(name string) map[string]string { return map[string]string{"token": "glpat-" + name} },
		Wrong:     map[string]string{"token": "canary-token-of-nobody"},
		Paths:     []string{"/api/v4/users", "/api/v4/users/*", "/api/v4/users/*/block", "/api/v4/users/*/unblock"},
	}
}

func zendesk(t *testing.T) connectortest.Harness {
	t.Helper()
	return connectortest.Harness{
		Product:   example(t, "zendesk"),
		Simulator: func() simhost.Simulator { return sim.Zendesk(nil) },
		Customer: func(name string) map[string]string {
			return map[string]string{"email": "admin@" + name + ".example", "api_token": "api-" + name}
		},
		Wrong: map[string]string{"email": "admin@canary.example", "api_token": "canary-guess"},
		Paths: []string{"/api/v2/users.json", "/api/v2/users/*"},
	}
}

func TestConformanceOfGitLab(t *testing.T) { connectortest.Run(t, gitlab(t)) }

func TestConformanceOfZendesk(t *testing.T) { connectortest.Run(t, zendesk(t)) }

func TestConformanceOfZendeskWithOAuth(t *testing.T) {
	h := zendesk(t)
	h.Customer = func(name string) map[string]string { return map[string]string{"access_token": "oauth-" + name} }
	h.Wrong = map[string]string{"access_token": "canary-guess"}
	connectortest.Run(t, h)
}
