package restyaml_test

import (
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/restyaml"
	"scimrelay/tenants"
)

// FuzzParse reads hostile files: none may panic, and one without faults makes a product whose
// settings and mapping can be asked.
func FuzzParse(f *testing.F) {
	f.Add(pets)
	f.Add("name: x\ntitle: y\nmapping:\n  key: user.userName\n")
	f.Add("{}")
	f.Add("mapping: [a]\nauth: [{basic: {}}, {oauth2: {token_url: /x}}]\ncalls: {find: {request: 'GET /{'}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		product, faults := restyaml.Parse("fuzz.yaml", []byte(text))
		if len(faults) > 0 {
			return
		}
		if _, err := connectors.NewRegistry(product); err != nil {
			t.Fatal(err)
		}
		if _, faults := connectors.CompileMapping(connectors.Source{Product: product.Mapping}); len(faults) > 0 {
			t.Fatal(faults)
		}
		settings, found := product.Settings(tenants.Target{BaseURL: "http://127.0.0.1:1"})
		if len(found) > 0 {
			return
		}
		if _, err := settings.Open(connectors.Env{}); err != nil {
			t.Fatal(err)
		}
	})
}
