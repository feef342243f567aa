package connectors_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

const plain = `
key: value(user.emails, "work") ?? user.userName
fields:
  first: user.name.givenName
  full: join(" ", user.name.givenName, user.name.familyName)
  phone: 'nationalNumber(value(user.phoneNumbers, "work"))'
  prefix: callingCode(value(user.phoneNumbers, "work"))
  boss: reference(user.manager)
  level: defaults.level ?? 1
  lang: 'language(user.preferredLanguage, {"en": "EN", "en-US": "US", "es": "ES"})'
  sales: user.department == "Sales"
on_create:
  nick: user.nickName ?? localPart(user.userName)
  ext: '"gw:" + user.id'
types: {first: string, full: string, phone: string, prefix: string, boss: integer, level: integer,
  lang: string, sales: boolean, nick: string, ext: string, extra: string}
defaults: {level: integer}
`

func person(t *testing.T, text string) scim.Document {
	t.Helper()
	var doc scim.Document
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

const ana = `{"userName":"ana.ruiz@acme.test","active":true,"preferredLanguage":"en-US","title":"Buyer",
	"name":{"givenName":"Ana","familyName":"Ruiz","middleName":"M"},
	"emails":[{"type":"home","value":"ana@home.test"},{"type":"work","primary":true,"value":"a.ruiz@acme.test"}],
	"phoneNumbers":[{"type":"work","value":"+34 600 100 200"}],
	"addresses":[{"type":"work","locality":"Bilbao"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","costCenter":"7","manager":{"value":"u-2","displayName":"Eva"}}}`

// rules are expressions of a target's own, all at one place.
func rules(at configs.Position, expressions map[string]string) map[string]tenants.Rule {
	own := make(map[string]tenants.Rule, len(expressions))
	for name, text := range expressions {
		own[name] = tenants.Rule{Expression: configs.Text{Value: text, Position: at}}
	}
	return own
}

func mustCompile(t *testing.T, overrides map[string]string, defaults map[string]any) *connectors.Mapping {
	t.Helper()
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(plain), Rules: rules(configs.Position{}, overrides), Defaults: defaults})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRecordMapsAPerson(t *testing.T) {
	m := mustCompile(t, nil, map[string]any{"level": 3})
	got, err := m.Record("7f0c", person(t, ana))
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Record{Type: scim.TypeUser, Resource: "7f0c", Key: "a.ruiz@acme.test", Active: true,
		Fields: map[string]any{"first": "Ana", "full": "Ana Ruiz", "phone": "600100200", "prefix": "+34",
			"level": int64(3), "lang": "US", "sales": true},
		OnCreate:   map[string]any{"nick": "ana.ruiz", "ext": "gw:7f0c"},
		References: map[string]string{"boss": "u-2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestRecordGivesNilForWhatAPersonLacks(t *testing.T) {
	m := mustCompile(t, nil, nil)
	got, err := m.Record("1", person(t, `{"userName":"x@y.test","active":false}`))
	if err != nil {
		t.Fatal(err)
	}
	want := connectors.Record{Type: scim.TypeUser, Resource: "1", Key: "x@y.test",
		Fields: map[string]any{"first": nil, "full": nil, "phone": nil, "prefix": nil, "boss": nil,
			"level": int64(1), "lang": nil, "sales": false},
		OnCreate: map[string]any{"nick": "x", "ext": "gw:1"}, References: map[string]string{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestOverrides(t *testing.T) {
	m := mustCompile(t, map[string]string{"full": "upper(user.displayName)", "nick": `"n-" + user.userName`,
		"extra": "user.title", "first": ""}, nil)
	got, err := m.Record("1", person(t, `{"userName":"x@y.test","displayName":"Xena","title":"Dr"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, there := got.Fields["first"]; there {
		t.Error("a field with an empty override is still forwarded")
	}
	if got.Fields["full"] != "XENA" || got.Fields["extra"] != "Dr" || got.OnCreate["nick"] != "n-x@y.test" {
		t.Errorf("overrides do not show: %v %v", got.Fields, got.OnCreate)
	}
}

const withGroups = plain + `
group:
  key: group.displayName
  fields:
    title: group.displayName
    label: lower(group.externalId)
  on_create:
    ext: '"gw:" + group.id'
  types: {title: string, label: string, ext: string}
`

func TestAGroupHasAMappingOfItsOwn(t *testing.T) {
	t.Parallel()
	overrides := map[string]string{"group.label": `"x-" + group.displayName`, "nick": `"n-" + user.userName`}
	m, faults := connectors.CompileMapping(connectors.Source{Product: []byte(withGroups), Rules: rules(configs.Position{}, overrides)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	doc := person(t, `{"displayName":"Staff","externalId":"E1","urn:acme:Group":{"cost":"7"}}`)
	got, err := m.For(scim.TypeGroup).Record("g1", doc)
	want := connectors.Record{Type: scim.TypeGroup, Resource: "g1", Key: "Staff", Active: true, References: map[string]string{},
		Fields: map[string]any{"title": "Staff", "label": "x-Staff"}, OnCreate: map[string]any{"ext": "gw:g1"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	if left := m.For(scim.TypeGroup).NotForwarded(doc); fmt.Sprint(left) != "[externalId urn:acme:Group:cost]" {
		t.Errorf("not forwarded %v", left)
	}
	if _, err := m.For(scim.TypeGroup).Record("g1", scim.Document{}); !connectors.Is(err, connectors.Invalid) {
		t.Errorf("a group without a name: %v", err)
	}
	if one, err := m.For(scim.TypeUser).Record("1", person(t, `{"userName":"x"}`)); err != nil || one.OnCreate["nick"] != "n-x" {
		t.Errorf("a person beside groups: %+v, %v", one, err)
	}
	if mustCompile(t, nil, nil).For(scim.TypeGroup) != nil {
		t.Error("a file without groups has a mapping for them")
	}
}

func TestAPersonIsNoGroup(t *testing.T) {
	t.Parallel()
	at := configs.Position{File: "acme.yaml", Line: 9, Column: 20}
	for name, c := range map[string]struct{ field, text, want string }{
		"a user in a group's field": {"group.title", "user.userName", "acme.yaml:9:20: title: unknown name user"},
		"a group in a user's field": {"full", "group.displayName", "unknown name group"},
		"no attribute of a group":   {"group.title", "group.userName", "unknown field userName"},
		"the whole group":           {"group.title", "group == nil ? nil : nil", "name an attribute"},
		"no field of a group":       {"group.boss", "group.displayName", `no field "boss"`},
	} {
		_, faults := connectors.CompileMapping(connectors.Source{Product: []byte(withGroups), Rules: rules(at, map[string]string{c.field: c.text})})
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, faults, c.want)
		}
	}
}

func TestNotForwarded(t *testing.T) {
	m := mustCompile(t, nil, nil)
	const enterprise = scim.SchemaEnterprise
	want := []string{"addresses", `emails[type eq "home"]`, "name.middleName", "title",
		enterprise + ":costCenter", enterprise + ":manager.displayName"}
	if diff := cmp.Diff(want, m.NotForwarded(person(t, ana))); diff != "" {
		t.Fatal(diff)
	}
}

func TestMistakesAreFoundWhenTheFileIsRead(t *testing.T) {
	at := configs.Position{File: "acme.yaml", Line: 9, Column: 20}
	for name, c := range map[string]struct{ field, text, want string }{
		"unknown attribute":     {"full", "upper(user.nickNam)", "acme.yaml:9:31: full: unknown field nickNam"},
		"unknown sub-attribute": {"full", "user.name.given", "unknown field given"},
		"unknown function":      {"full", "shout(user.title)", "shout"},
		"unknown default":       {"level", "defaults.rank", "unknown field rank"},
		"unknown vendor field":  {"fulll", "user.title", `no field "fulll"`},
		"wrong type":            {"level", "user.title", "level: the field is of type integer, the expression gives string"},
		"wrong argument":        {"full", "upper(user.emails)", "full: cannot use"},
		"syntax":                {"full", "user.title +", "full: unexpected token"},
		"second line":           {"full", "upper(\n  user.nickNam)", "acme.yaml:10:8: full"},
		"reduce":                {"full", `reduce([1,2], #acc + "x", "x")`, "reduce"},
		"range":                 {"full", `string(len(1..3))`, "ranges are not available"},
		"let":                   {"full", `let x = user.title; x`, "let and ;"},
		"nested conditions":     {"sales", `all(user.emails, any(user.emails, true))`, "inside a condition"},
		"growing builtin":       {"full", `replace(user.title, "", user.title)`, "replace"},
		"the whole user":        {"sales", `user == nil`, "name an attribute"},
		"reference on create":   {"nick", `reference(user.manager)`, "reference() stands only"},
		"too large":             {"sales", strings.Repeat("true and ", 300) + "true", "exceeds maximum allowed nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := connectors.CompileMapping(connectors.Source{Product: []byte(plain), Rules: rules(at, map[string]string{c.field: c.text})})
			if len(faults) != 1 || !strings.Contains(faults[0].Error(), c.want) {
				t.Fatalf("got %v, want one fault with %q", faults, c.want)
			}
			if !strings.HasPrefix(faults[0].Error(), "acme.yaml:") {
				t.Errorf("the fault is not placed: %v", faults)
			}
		})
	}
}

func TestFaultsOfTheProductsFile(t *testing.T) {
	const bad = "key: user.userNam\nfields:\n  a: 'upper(user.title)'\n  b: user.title\ntypes: {a: string, b: text}\nx: 1\n"
	_, faults := connectors.CompileMapping(connectors.Source{Product: []byte(bad)})
	if !strings.Contains(faults.Error(), "mapping.yaml:6:1") {
		t.Fatalf("unknown key is not reported: %v", faults)
	}
	_, faults = connectors.CompileMapping(connectors.Source{Product: []byte(strings.TrimSuffix(bad, "x: 1\n"))})
	for _, want := range []string{"mapping.yaml:1:11: key:", "mapping.yaml:4:6: mapping: the product", "mapping.yaml:5:23: no type"} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("want %q in:\n%v", want, faults)
		}
	}
}

func TestRecordErrorsNameTheFieldAndNeverTheValue(t *testing.T) {
	for name, c := range map[string]struct{ overrides, doc string }{
		"too long":        {"user.title + user.title", `{"userName":"a@b","title":"` + strings.Repeat("canary", 1000) + `"}`},
		"not computable":  {"string(int(user.title))", `{"userName":"a@b","title":"canary"}`},
		"not of the type": {"user.emails[0].value", `{"userName":"a@b","emails":[{"value":{"canary":1}}]}`},
		"out of range":    {"user.emails[3].value", `{"userName":"a@b"}`},
	} {
		t.Run(name, func(t *testing.T) {
			m := mustCompile(t, map[string]string{"full": c.overrides}, nil)
			_, err := m.Record("1", person(t, c.doc))
			if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "full") {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
	_, err := mustCompile(t, nil, nil).Record("1", scim.Document{})
	if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "userName") {
		t.Errorf("a person without key: %v", err)
	}
}

func TestScope(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, `user.department == "Sales"`: true, `user.title == "Chef"`: false,
		`user.locale == "x"`: false, `hasPrefix(user.userName, "ana")`: true,
		`any(user.emails, .type == "home")`: true, `user.department in ["Sales", "Legal"]`: true,
	} {
		scope, faults := connectors.CompileScope(configs.Text{Value: text})
		if faults != nil {
			t.Fatal(faults)
		}
		if in, err := scope.In(person(t, ana)); err != nil || in != want {
			t.Errorf("%q: got %v, %v", text, in, err)
		}
	}
	for _, text := range []string{"user.title", "user.departement == 'x'", "1"} {
		if _, faults := connectors.CompileScope(configs.Text{Value: text, Position: configs.Position{File: "f", Line: 1, Column: 1}}); len(faults) != 1 {
			t.Errorf("%q: want one fault, got %v", text, faults)
		}
	}
}

func TestDifference(t *testing.T) {
	have := map[string]any{"a": json.Number("7"), "b": "x", "d": "", "f": []any{int64(1)}, "g": true, "h": int64(2)}
	want := map[string]any{"a": 7.0, "b": "y", "c": nil, "d": nil, "e": "", "f": []any{1}, "g": false, "h": nil}
	if diff := cmp.Diff(map[string]any{"b": "y", "g": false, "h": nil}, connectors.Difference(have, want)); diff != "" {
		t.Fatal(diff)
	}
	if len(connectors.Difference(want, want)) != 0 {
		t.Error("a record differs from itself")
	}
}

func TestPhoneFunctions(t *testing.T) {
	for number, want := range map[string][2]any{
		"+34 600 100 200": {"+34", "600100200"}, "+1 (202) 555-0143": {"+1", "2025550143"},
		"+44 (0)20 7946 0958": {"+44", "2079460958"}, "00352 621 123": {"+352", "621123"},
		"tel:+33-1-23-45;ext=9": {"+33", "12345"}, "600 100 200": {nil, "600100200"}, "+": {nil, nil}, "x": {nil, nil},
	} {
		m := mustCompile(t, map[string]string{"prefix": "callingCode(user.title)", "phone": "nationalNumber(user.title)"}, nil)
		record, err := m.Record("1", scim.Document{"userName": "a", "title": number})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]any{record.Fields["prefix"], record.Fields["phone"]}; got != want {
			t.Errorf("%s: got %v, want %v", number, got, want)
		}
	}
}
