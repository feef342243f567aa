package connectortest

import (
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/tenants"
)

// Tenant reads the file acme.yaml: a tenant with one target of the product, of which more is the
// rest. It begins in the fifth line, and its keys with four spaces.
func Tenant(tb testing.TB, product, more string) tenants.Tenant {
	tb.Helper()
	tenant, faults := tenants.Parse("acme.yaml", []byte("id: acme\ntargets:\n  - id: "+product+"\n    product: "+product+"\n"+more))
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return tenant
}

// Faults is what the product finds wrong with the target of such a file, as Told writes it.
func Faults(tb testing.TB, p connectors.Product, more string) string {
	tb.Helper()
	_, faults := p.Settings(Tenant(tb, p.Name, more).Targets[0])
	return Told(faults)
}

// Told writes each fault in a line, as an administrator reads it.
func Told(faults []configs.Fault) string {
	lines := make([]string, len(faults))
	for i, fault := range faults {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// WantFaults wants every one of the words in what the product finds wrong, and the secret that
// somebody wrote into the file in none of it.
func WantFaults(tb testing.TB, told, secret string, words ...string) {
	tb.Helper()
	for _, want := range words {
		if !strings.Contains(told, want) {
			tb.Errorf("%q is missing in:\n%s", want, told)
		}
	}
	if strings.Contains(told, secret) {
		tb.Error("a secret is quoted")
	}
}

// Finding is the report's of the name, and one with the detail "missing" where it has none.
func Finding(r connectors.Report, name string) connectors.Finding {
	for _, f := range r.Findings {
		if f.Name == name {
			return f
		}
	}
	return connectors.Finding{Detail: "missing"}
}
