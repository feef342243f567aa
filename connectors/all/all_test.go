package all_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/tenants"
)

func TestProductsAreFitToBeListed(t *testing.T) {
	registry, err := connectors.NewRegistry(all.Products()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range registry.Names() {
		product, _ := registry.Product(name)
		if product.Title == "" || product.Capabilities.Rate.PerSecond <= 0 || product.Capabilities.Settle <= 0 {
			t.Errorf("%s: a declaration is missing", name)
		}
		if _, faults := connectors.CompileMapping(connectors.Source{Product: product.Mapping}); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
		for _, folder := range []string{name, filepath.Join(name, "sim")} {
			if !hasDoc(t, filepath.Join("..", folder)) {
				t.Errorf("%s: no package doc that begins \"Package …\"", folder)
			}
		}
	}
}

func TestExamplesAreFitToBeListed(t *testing.T) {
	examples, err := all.Examples()
	if err != nil || len(examples) < 2 {
		t.Fatal(len(examples), err)
	}
	if _, err := connectors.NewRegistry(append(all.Products(), examples...)...); err != nil {
		t.Fatal(err)
	}
	for _, p := range examples {
		if p.Title == "" || p.Capabilities.Rate.PerSecond <= 0 || p.Capabilities.Settle <= 0 {
			t.Errorf("%s: a declaration is missing", p.Name)
		}
		if _, faults := connectors.CompileMapping(connectors.Source{Product: p.Mapping}); len(faults) > 0 {
			t.Errorf("%s: %v", p.Name, faults)
		}
	}
}

func hasDoc(t *testing.T, folder string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(parsed.Doc.Text(), "Package "+parsed.Name.Name) {
			return true
		}
	}
	return false
}

func TestEverySimulatorHasAWorkingTenantFile(t *testing.T) {
	examples, err := all.Examples()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := connectors.NewRegistry(append(all.Products(), examples...)...)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	host := simhost.New(simhost.Options{}, all.Simulators()...)
	if err := host.WriteTenants(dir, "http://127.0.0.1:9100"); err != nil {
		t.Fatal(err)
	}
	for _, name := range host.Names() {
		tenant := mustRead(t, filepath.Join(dir, name+".yaml"))
		product, ok := registry.Product(tenant.Targets[0].Product)
		if !ok || tenant.ID != name {
			t.Errorf("%s: a tenant file of %q", name, tenant.ID)
			continue
		}
		if _, faults := product.Settings(tenant.Targets[0]); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// The initial load in e2e is held to these limits, which it sets by the knob.
func TestEverySimulatorKnowsTheVendorsLimit(t *testing.T) {
	for _, s := range all.Simulators() {
		limited := func(k simhost.Knob) bool { return k.Name == "rate_limit" }
		if s.Sample().RateLimit <= 0 || !slices.ContainsFunc(s.Knobs(), limited) {
			t.Errorf("%s: the sample has no RateLimit, or there is no knob rate_limit", s.Name())
		}
	}
}

func mustRead(t *testing.T, file string) tenants.Tenant {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tenant, faults := tenants.Parse(file, data)
	if len(faults) > 0 || len(tenant.Targets) != 1 {
		t.Fatalf("%s: %v", file, faults)
	}
	return tenant
}
