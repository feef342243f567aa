package ivanti_test

import (
	"testing"

	"scimrelay/tenants"
)

// A declared attribute reaches Ivanti from the tenant's own extension, under the name it has there.
func TestCustomAttributesComeFromTheTenantsExtension(t *testing.T) {
	t.Parallel()
	const urn = "urn:ietf:params:scim:schemas:extension:ivanti:2.0:User"
	f := newFleet(t, with("custom_attributes", []string{"badge"}))
	f.Turn(`{"attributes": ["badge"]}`)
	tenant, faults := tenants.Parse("acme.yaml", []byte(`
id: acme
extensions: [{urn: "`+urn+`", resource: User, name: Ivanti, attributes: [{name: badge}]}]
targets: [{id: ivanti, product: ivanti, mapping: {custom.badge: 'user["`+urn+`"].badge'}}]
`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	f.Target.Extensions, f.Target.Mapping = tenant.Targets[0].Extensions, tenant.Targets[0].Mapping
	f.Open()
	want := f.record("r1", "tom@acme.test", map[string]any{urn: map[string]any{"badge": "B-77"}})
	if _, err := f.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got := asJSON(f.Native("tom@acme.test")["customAttributes"]); got != `{"badge":"B-77"}` {
		t.Errorf("custom attributes %s", got)
	}
	if names := f.Mapping.NotForwarded(person("tom@acme.test", map[string]any{urn: map[string]any{"badge": "B-77"}})); len(names) > 1 {
		t.Errorf("not forwarded: %v", names)
	}
}
