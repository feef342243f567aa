package scimtarget_test

import (
	"testing"

	"scimrelay/connectors"
	"scimrelay/tenants"
)

// An attribute of the tenant's extension goes on to the server under its full name.
func TestAttributesOfAnExtensionArePassedOn(t *testing.T) {
	t.Parallel()
	const urn = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
	for _, update := range []string{"patch", "put"} {
		o := newOffice(t, `{}`, defaults(map[string]any{"update": update, "discovery": false}))
		tenant, faults := tenants.Parse("acme.yaml", []byte(`
id: acme
extensions: [{urn: "`+urn+`", resource: User, name: Acme, attributes: [{name: costGroup}]}]
targets: [{id: scimtarget, product: scimtarget, mapping: {"`+urn+`:costGroup": 'user["`+urn+`"].costGroup'}}]
`))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		o.Target.Extensions, o.Target.Mapping = tenant.Targets[0].Extensions, tenant.Targets[0].Mapping
		o.Open()
		belongs := func(group string) connectors.Record {
			return o.record("ana@acme.test", map[string]any{urn: map[string]any{"costGroup": group}})
		}
		o.Create(belongs("north"))
		want := belongs("south")
		for i := range 2 {
			have := o.Find(want)
			if differs := connectors.Difference(have.Fields, want.Fields); len(differs) > 0 != (i == 0) {
				t.Fatalf("%s, run %d: differs in %v", update, i, differs)
			}
			if _, err := o.Connector.Update(t.Context(), have, want); err != nil {
				t.Fatal(err)
			}
		}
		state := o.State()
		native, _ := state.Accounts[0].Native.(map[string]any)
		if extension, _ := native[urn].(map[string]any); extension["costGroup"] != "south" {
			t.Errorf("%s: the server has %v", update, native[urn])
		}
	}
}
