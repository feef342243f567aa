package tenants_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimrelay/configs"
	"scimrelay/tenants"
)

func TestClientAndExtensionsAreRead(t *testing.T) {
	t.Parallel()
	tenant, faults := tenants.Parse("t.yaml", []byte(`id: t
client: {profile: entra, unique_external_id: true, restore: same_external_id, put: off}
extensions:
  - urn: urn:ietf:params:scim:schemas:extension:acme:2.0:User
    resource: User
    name: Acme User
    required: true
    attributes:
      - {name: costGroup, required: true, case_exact: true, canonical_values: [K1, K9], description: Who pays}
      - name: sites
        type: complex
        multi_valued: true
        sub_attributes:
          - {name: code, mutability: immutable, returned: request}
          - {name: floor, type: integer}
  - {urn: "urn:acme:group", resource: Group, attributes: [{name: kind}]}
`))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	text := func(name string) tenants.Attribute {
		return tenants.Attribute{Name: name, Type: "string", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
	}
	cost, sites, code, floor := text("costGroup"), text("sites"), text("code"), text("floor")
	cost.Required, cost.CaseExact, cost.CanonicalValues, cost.Description = true, true, []string{"K1", "K9"}, "Who pays"
	code.Mutability, code.Returned, floor.Type = "immutable", "request", "integer"
	sites.Type, sites.MultiValued, sites.SubAttributes = "complex", true, []tenants.Attribute{code, floor}
	want := []tenants.Extension{
		{URN: "urn:ietf:params:scim:schemas:extension:acme:2.0:User", Resource: "User", Name: "Acme User", Required: true, Attributes: []tenants.Attribute{cost, sites}},
		{URN: "urn:acme:group", Resource: "Group", Name: "urn:acme:group", Attributes: []tenants.Attribute{text("kind")}},
	}
	positions := cmpopts.IgnoreTypes(configs.Position{})
	if diff := cmp.Diff(want, tenant.Extensions, positions, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	client := tenants.Client{Profile: "entra", Switches: []tenants.Switch{
		{Name: "unique_external_id", Value: "true"}, {Name: "restore", Value: "same_external_id"}, {Name: "put", Value: "off"}}}
	if diff := cmp.Diff(client, tenant.Client, positions); diff != "" {
		t.Error(diff)
	}
	at := []string{tenant.Client.Switches[1].Position.String(), tenant.Extensions[0].Position.String(),
		tenant.Extensions[0].Attributes[1].SubAttributes[1].Position.String()}
	if diff := cmp.Diff([]string{"t.yaml:2:61", "t.yaml:4:10", "t.yaml:15:20"}, at); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFaultOfAnExtensionIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	_, faults := tenants.Parse("t.yaml", []byte(`id: t
client: {restore: [off], put: 3, profile: [x]}
extensions:
- {urn: "acme", resource: Device, attributes: []}
- urn: urn:acme:user
  resource: user
  kind: x
  attributes:
  - {type: text, mutability: writeOnly, returned: never, uniqueness: server}
  - {name: "a b", multi_valued: many}
  - {name: 1st}
  - {name: same}
  - {name: SAME, type: complex}
  - {name: c, type: complex, sub_attributes: [{name: d, type: complex}, {name: d, sub_attributes: [{name: e}]}]}
- {urn: "urn:ACME:user", resource: User}
- text
`))
	want := []string{
		`2:19: client.restore: want a word, or true or false`,
		`2:31: client.put: want a word, or true or false`,
		`2:43: client.profile: want text, found a list`,
		`4:9: extensions[0].urn: want a URN, as in urn:ietf:params:scim:schemas:extension:acme:2.0:User`,
		`4:27: extensions[0].resource: want User or Group`,
		`6:13: extensions[1].resource: want User or Group`,
		`7:3: unknown key "kind": known here are urn, resource, name, required, attributes`,
		`9:5: extensions[1].attributes[0]: name is required`,
		`9:12: extensions[1].attributes[0].type: want one of string, boolean, decimal, integer, dateTime, binary, reference, complex`,
		`9:30: extensions[1].attributes[0].mutability: want one of readWrite, readOnly, immutable`,
		`9:51: extensions[1].attributes[0].returned: want one of default, always, request`,
		`9:70: extensions[1].attributes[0].uniqueness: want one of none`,
		`10:12: extensions[1].attributes[1].name: want letters, digits, - and _, a letter first`,
		`10:33: extensions[1].attributes[1].multi_valued: want true or false, found text`,
		`11:12: extensions[1].attributes[2].name: want letters, digits, - and _, a letter first`,
		`13:5: extensions[1].attributes[4].sub_attributes: a complex attribute needs some`,
		`13:12: extensions[1].attributes[4].name: "SAME" is there already`,
		`14:63: extensions[1].attributes[5].sub_attributes[0].type: want one of string, boolean, decimal, integer, dateTime, binary, reference`,
		`14:80: extensions[1].attributes[5].sub_attributes[1].name: "d" is there already`,
		`14:99: extensions[1].attributes[5].sub_attributes[1].sub_attributes: only a complex attribute has some`,
		`15:3: extensions[2]: attributes is required`,
		`15:9: extensions[2].urn: the tenant has an extension of this URN already`,
		`16:3: extensions[3]: want keys and values, found text`,
	}
	got := strings.Split(strings.ReplaceAll(faults.Sorted().Error(), "t.yaml:", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}
