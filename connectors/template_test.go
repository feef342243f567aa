package connectors_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

func target(tb testing.TB, text string) tenants.Target {
	tb.Helper()
	tenant, faults := tenants.Parse("acme.yaml", []byte("id: acme\ntargets: [{id: t, product: p, "+text+"}]\n"))
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return tenant.Targets[0]
}

func registered(tb testing.TB) connectors.Product {
	tb.Helper()
	file := "key: user.userName\nfields: {place: defaults.place ?? user.title, title: 'ToUpper(user.title)'}\n" +
		"defaults: {place: string, level: integer}\ngroup: {key: 'group.displayName', fields: {place: defaults.place}}\n"
	registry, err := connectors.NewRegistry(connectors.Product{Name: "p", Mapping: []byte(file),
		Settings: func(tenants.Target) (connectors.Settings, []configs.Fault) { return nil, nil }})
	if err != nil {
		tb.Fatal(err)
	}
	product, _ := registry.Product("p")
	return product
}

// Targets that differ in the values of their defaults share what is compiled, and nothing else.
func TestTargetsOfOneProductKeepTheirOwnDefaults(t *testing.T) {
	t.Parallel()
	product := registered(t)
	person := scim.Document{"userName": "ana", "title": "Clerk"}
	for range 2 { // the first of each is compiled, the second is not
		for text, want := range map[string]string{
			"defaults: {place: Lyon}": "Lyon CLERK Lyon", "defaults: {place: Nantes}": "Nantes CLERK Nantes", "defaults: {}": "Clerk CLERK <nil>",
			"defaults: {level: 3}": "Clerk CLERK <nil>", "defaults: {place: Lyon}, mapping: {title: user.title}": "Lyon Clerk Lyon",
		} {
			m, faults := product.MappingOf(target(t, text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			record, err := m.Record("1", person)
			if err != nil {
				t.Fatal(err)
			}
			group, err := m.For(scim.TypeGroup).Record("2", scim.Document{"displayName": "Sales"})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(record.Fields["place"], " ", record.Fields["title"], " ", group.Fields["place"]); got != want {
				t.Errorf("%s: %q, want %q", text, got, want)
			}
		}
	}
	if _, faults := product.MappingOf(target(t, "defaults: {}, mapping: {title: user.tittle}")); len(faults) == 0 {
		t.Error("a target's own mistake is not found")
	}
}

// BenchmarkMappingOf is a target's mapping beside compiling it alone.
func BenchmarkMappingOf(b *testing.B) {
	product, of := registered(b), target(b, "defaults: {place: Lyon}")
	alone := connectors.Product{Mapping: product.Mapping}
	mapped := func(p connectors.Product) {
		if _, faults := p.MappingOf(of); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
	const compilations = 200
	began := time.Now()
	for range compilations {
		mapped(alone)
	}
	compiled := time.Since(began) / compilations
	for b.Loop() {
		mapped(product)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(compiled), "ratio")
}
