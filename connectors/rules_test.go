package connectors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// acme is a tenant with extensions and a target whose own mapping is the text, indented by four.
func acme(t *testing.T, mapping string) tenants.Target {
	t.Helper()
	tenant, faults := tenants.Parse("acme.yaml", []byte(`id: acme
extensions:
- urn: urn:acme:2.0:User
  resource: User
  attributes:
  - {name: costGroup}
  - {name: level, type: integer}
  - {name: share, type: decimal}
  - {name: external, type: boolean}
  - {name: sites, multi_valued: true}
  - {name: badge, type: complex, sub_attributes: [{name: code}, {name: floor, type: integer}]}
- urn: urn:acme:2.0:Group
  resource: Group
  attributes: [{name: cost}]
targets:
- id: a
  product: p
  defaults: {level: 2}
  mapping:
`+mapping))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return tenant.Targets[0]
}

func compileFor(product string, target tenants.Target) (*connectors.Mapping, configs.Faults) {
	return connectors.Product{Mapping: []byte(product)}.MappingOf(target)
}

func mustMap(t *testing.T, product, mapping, doc string) connectors.Record {
	t.Helper()
	m, faults := compileFor(product, acme(t, mapping))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	record, err := m.Record("1", person(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestARuleSaysWhenItAppliesAndWhatElse(t *testing.T) {
	t.Parallel()
	const mapping = `    first: {expression: user.name.givenName, apply: on_create}
    full: {expression: user.displayName, default: Nobody}
    nick: {expression: user.nickName, apply: always, default: none}
    level: {expression: defaults.level, apply: on_create, default: 7}
    boss: {expression: reference(user.manager), default: 5}
    ext: {expression: user.externalId}
    phone: IgnoreFlowIfNullOrEmpty(value(user.phoneNumbers, "work"))
    prefix: {expression: IgnoreFlowIfNullOrEmpty(user.timezone), default: "+1"}
    lang: ""
    sales: ""
`
	want := connectors.Record{Type: scim.TypeUser, Resource: "1", Key: "x", Active: true, References: map[string]string{},
		Fields:   map[string]any{"full": "Nobody", "nick": "none", "boss": int64(5), "prefix": "+1"},
		OnCreate: map[string]any{"level": int64(2)}}
	if diff := cmp.Diff(want, mustMap(t, plain, mapping, `{"userName":"x"}`)); diff != "" {
		t.Error(diff)
	}
	want.Fields = map[string]any{"full": "D", "nick": "n", "phone": "1", "prefix": "z"}
	want.OnCreate, want.References = map[string]any{"level": int64(2), "first": "G", "ext": "E"}, map[string]string{"boss": "u-9"}
	if diff := cmp.Diff(want, mustMap(t, plain, mapping, `{"userName":"x","displayName":"D","nickName":"n","timezone":"z","externalId":"E","name":{"givenName":"G"},
		"phoneNumbers":[{"type":"work","value":"1"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"u-9"}}}`)); diff != "" {
		t.Error(diff)
	}
}

func TestAProductsFileUsesTheSameObjects(t *testing.T) {
	t.Parallel()
	const product = `
key: user.userName
fields:
  a: {expression: user.title, default: none}
  b: {expression: user.title, apply: on_create}
  c:
    expression: >-
      user.title
      ?? user.userName
on_create:
  d: {expression: user.nickName, default: 3}
group:
  key: group.displayName
  fields: {e: {expression: 'group["urn:acme:2.0:Group"].cost', default: free}}
`
	record := mustMap(t, product, "    c: {expression: user.displayName, apply: on_create, default: C}\n    group.e: {expression: group.externalId, default: F}\n", `{"userName":"x"}`)
	if diff := cmp.Diff(map[string]any{"a": "none"}, record.Fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"c": "C", "d": int64(3)}, record.OnCreate); diff != "" {
		t.Error(diff)
	}
	for rules, want := range map[string]string{"    a: user.title\n": "7", "    group.e: {expression: group.externalId, default: F}\n": "F"} {
		m, faults := compileFor(product, acme(t, rules))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		group, err := m.For(scim.TypeGroup).Record("g", person(t, `{"displayName":"G","urn:acme:2.0:Group":{"cost":"7"}}`))
		if err != nil || group.Fields["e"] != want {
			t.Errorf("%v, %v, want %s", group.Fields, err, want)
		}
	}
}

func TestFaultsOfRulesArePlaced(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`level: {expression: defaults.level, default: high}`: "acme.yaml:20:50: level: the field is of type integer, the default is not",
		`full: {expression: 'upper(user.nam)'}`:              "acme.yaml:20:36: full: unknown field nam",
		`full: 'upper(user.nam)'`:                            "acme.yaml:20:23: full: unknown field nam",
		"full: >-\n      upper(\n      user.nam)":            "acme.yaml:22:12: full: unknown field nam",
		"full: |\n      upper(\n        user.nam)":           "acme.yaml:22:14: full: unknown field nam",
		`key: {expression: user.userName, apply: always}`:    "acme.yaml:20:23: key: it has an expression and nothing else",
		`key: {expression: user.userName, default: x}`:       "key: it has an expression and nothing else",
		`key: ""`: "key: without it nobody would be found",
		`key: IgnoreFlowIfNullOrEmpty(user.userName)`:                   "key: IgnoreFlowIfNullOrEmpty stands only in fields",
		`full: {expression: "", default: x}`:                            "full: a field that is taken out has neither apply nor default",
		`boss: {expression: reference(user.manager), apply: on_create}`: "reference() stands only in fields that are kept up to date",
		`fulll: ""`: `no field "fulll"`,
		`full: 'user["urn:acme:2.0:User"].costGrp'`:                                       "full: unknown field costGrp",
		`full: 'user["urn:acme:2.0:user"].costGroup'`:                                     "declares no extension of this URN",
		`full: 'user["urn:acme:2.0:Group"].cost'`:                                         "declares no extension of this URN",
		`full: 'user["urn:acme:2.0:User"].level'`:                                         "the field is of type string, the expression gives int",
		`full: 'user["urn:acme:2.0:User"].badge.cod'`:                                     "unknown field cod",
		`full: 'user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].dept'`: "unknown field dept",
		`full: 'upper(user["urn:acme:2.0:User"].sites)'`:                                  "full: cannot use",
	} {
		_, faults := compileFor(plain, acme(t, "    "+rule+"\n"))
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), want) {
			t.Errorf("%s: %v, want %s", rule, faults, want)
		}
	}
	for file, want := range map[string]string{
		"key: user.userName\nfields: {a: {expression: user.title, apply: on_create}}\non_create: {a: user.title}\n": "mapping.yaml:2:13: a: it stands under on_create already",
		"key: user.userName\nfields: {b: user.title}\non_create: {a: {expression: user.title, apply: always}}\n":    "a: what is applied always stands under fields",
		"key: user.userName\nfields: {a: {expression: ''}}\n":                                                       "a: the expression is empty",
		"key: user.userName\nfields: {a: {apply: always}}\n":                                                        "fields.a: expression is required",
		"key: ''\nfields: {}\n": "key: the expression is empty",
	} {
		_, faults := connectors.CompileMapping(connectors.Source{Product: []byte(file)})
		if !strings.Contains(fmt.Sprint(faults), want) {
			t.Errorf("%s: %v, want %s", file, faults, want)
		}
	}
}

func TestANameThatEndsInAStarStandsForManyFields(t *testing.T) {
	t.Parallel()
	const product = `
key: user.userName
fields: {name: user.userName, custom.size: user.title}
types: {name: string, "custom.*": string, "custom.n_*": integer, "urn:*": any}
`
	record := mustMap(t, product, "    custom.shoe: user.nickName\n    custom.n_level: defaults.level\n    \"urn:x:y\": user.emails\n", `{"userName":"x","nickName":"n","emails":[]}`)
	want := map[string]any{"name": "x", "custom.size": nil, "custom.shoe": "n", "custom.n_level": int64(2), "urn:x:y": []any{}}
	if diff := cmp.Diff(want, record.Fields); diff != "" {
		t.Error(diff)
	}
	for rule, want := range map[string]string{"custom.n_a: user.title": "of type integer", "custom.a: defaults.level == 1": "of type string", "customs: user.title": `no field "customs"`} {
		_, faults := compileFor(product, acme(t, "    "+rule+"\n"))
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), want) {
			t.Errorf("%s: %v, want %s", rule, faults, want)
		}
	}
}

const withExtension = `{"userName":"x","urn:acme:2.0:User":{"costGroup":"K9","level":3,"share":0.5,"external":true,"sites":["a","b"],"badge":{"code":"c","floor":4}},
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","costCenter":"7","manager":{"value":"u-2","displayName":"Eva"}},"urn:other:User":{"z":1}}`

func TestExtensionsAreReadByTheirURN(t *testing.T) {
	t.Parallel()
	const product = "key: user.userName\nfields: {a: user.userName}\n"
	const mapping = `    a: 'user["urn:acme:2.0:User"].costGroup'
    b: 'user["urn:acme:2.0:User"].level + 1'
    c: 'user["urn:acme:2.0:User"].share > 0.4 and user["urn:acme:2.0:User"].external'
    d: 'Join("+", user["urn:acme:2.0:User"].sites)'
    e: 'user["urn:acme:2.0:User"].badge.floor'
    f: 'user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].department'
    g: 'user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].manager.displayName'
`
	want := map[string]any{"a": "K9", "b": int64(4), "c": true, "d": "a+b", "e": int64(4), "f": "Sales", "g": "Eva"}
	if diff := cmp.Diff(want, mustMap(t, product, mapping, withExtension).Fields); diff != "" {
		t.Error(diff)
	}
	older := strings.Replace(withExtension, "urn:acme:2.0:User", "URN:Acme:2.0:User", 1)
	if got := mustMap(t, product, mapping, older).Fields["a"]; got != "K9" {
		t.Errorf("a resource from before the declaration gives %v", got)
	}
	want = map[string]any{"a": nil, "d": nil, "e": nil, "f": nil, "g": nil}
	lacking := strings.Replace(strings.Replace(mapping, "    b:", "    #", 1), "    c:", "    #", 1)
	if diff := cmp.Diff(want, mustMap(t, product, lacking, `{"userName":"x"}`).Fields); diff != "" {
		t.Error(diff)
	}
}

func TestExtensionAttributesThatAreReadAreForwarded(t *testing.T) {
	t.Parallel()
	const enterprise = scim.SchemaEnterprise
	for mapping, want := range map[string]string{
		`    extra: 'user["urn:acme:2.0:User"].costGroup'`:            "[badge external level share sites] [costCenter manager.displayName]",
		`    extra: 'user["urn:acme:2.0:User"].badge.code'`:           "[costGroup external level share sites] [costCenter manager.displayName]",
		`    extra: 'string(user["urn:acme:2.0:User"])'`:              "[] [costCenter manager.displayName]",
		`    extra: 'user["` + enterprise + `"].costCenter'`:          "[badge costGroup external level share sites] [manager.displayName]",
		`    extra: 'user["` + enterprise + `"].manager.displayName'`: "[badge costGroup external level share sites] [costCenter]",
	} {
		m, faults := compileFor(plain, acme(t, mapping+"\n"))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		var own, ent []string
		for _, path := range m.NotForwarded(person(t, withExtension)) {
			if name, ok := strings.CutPrefix(path, "urn:acme:2.0:User:"); ok {
				own = append(own, name)
			} else if name, ok := strings.CutPrefix(path, enterprise+":"); ok {
				ent = append(ent, name)
			} else if path != "urn:other:User:z" {
				t.Errorf("%s: %s is not forwarded", mapping, path)
			}
		}
		if got := fmt.Sprint(own, ent); got != want {
			t.Errorf("%s: %s, want %s", mapping, got, want)
		}
	}
}

func TestScopesReadExtensions(t *testing.T) {
	t.Parallel()
	target := acme(t, "    extra: user.title\n")
	scope, faults := connectors.CompileScope(configs.Text{Value: `user["urn:acme:2.0:User"].level >= 3`}, target.Extensions...)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if in, err := scope.In(person(t, withExtension)); err != nil || !in {
		t.Errorf("%v, %v", in, err)
	}
	for _, text := range []string{`user["urn:acme:2.0:Group"].cost == "1"`, `IgnoreFlowIfNullOrEmpty(user.active)`} {
		if _, faults := connectors.CompileScope(configs.Text{Value: text}, target.Extensions...); len(faults) != 1 {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	const mapping = `    full: {expression: user.displayName, default: Nobody}
    first: Redact(user.name.givenName)
    phone: IgnoreFlowIfNullOrEmpty(value(user.phoneNumbers, "work"))
    prefix: string(int(user.title))
    lang: 'user["urn:acme:2.0:User"].costGroup'
    extra: {expression: 'Join("", user.nickName, user["urn:acme:2.0:User"].badge.code)', apply: on_create}
    sales: ""
`
	m, faults := compileFor(plain, acme(t, mapping))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	doc := person(t, `{"userName":"ana","title":"Buyer","name":{"givenName":"Ana"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"u-2"}}}`)
	var got []string
	for _, e := range m.Explain("u-1", doc) {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%v", e.Field, e.Part, e.Value, e.Nothing, strings.Join(e.Reads, "+"), e.Own))
	}
	want := []string{
		"key|key|ana||emails+userName|false",
		"boss|always|the account of u-2||manager|false",
		"first|always|[Redact]||name.givenName|true",
		"full|always|Nobody|the rule's default: there is no displayName|displayName|true",
		"lang|always||there is no urn:acme:2.0:User:costGroup|urn:acme:2.0:User:costGroup|true",
		"level|always|2|||false",
		"phone|always||there is no phoneNumbers; the vendor's value is left alone|phoneNumbers|true",
		"prefix|always||field prefix (from title): it cannot be computed for this person|title|true",
		"ext|on_create|gw:u-1||id|false",
		"extra|on_create||there is no nickName, no urn:acme:2.0:User:badge.code|nickName+urn:acme:2.0:User:badge.code|true",
		"nick|on_create|ana||nickName+userName|false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
