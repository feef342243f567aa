package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

const acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"

// mustSchema is a schema in the representation of RFC 7643 section 8.7; what an attribute does
// not say is an optional string.
func mustSchema(tb testing.TB, urn string, attributes ...string) *schema.Schema {
	tb.Helper()
	s := &schema.Schema{URN: urn, Name: "Acme User"}
	for _, text := range attributes {
		a := &schema.Attribute{Type: schema.String, Mutability: schema.ReadWrite, Returned: schema.Default, Uniqueness: "none"}
		if err := json.Unmarshal([]byte(text), a); err != nil {
			tb.Fatal(err)
		}
		for _, sub := range a.SubAttributes {
			sub.Type, sub.Mutability, sub.Returned, sub.Uniqueness = schema.String, schema.ReadWrite, schema.Default, "none"
		}
		s.Attributes = append(s.Attributes, a)
	}
	return s
}

// acmeUser is a user with an extension of the tenant's own.
func acmeUser(tb testing.TB, required bool) (*schema.Set, *schema.ResourceType) {
	tb.Helper()
	set, err := mustLoad(tb).With(schema.Addition{Type: scim.TypeUser, Required: required, Schema: mustSchema(tb, acme,
		`{"name":"costGroup","required":true}`, `{"name":"level","type":"integer"}`, `{"name":"vip","type":"boolean"}`,
		`{"name":"badge","mutability":"immutable"}`, `{"name":"since","type":"dateTime"}`,
		`{"name":"sites","type":"complex","multiValued":true,"subAttributes":[{"name":"code","required":true},{"name":"note"}]}`)})
	if err != nil {
		tb.Fatal(err)
	}
	rt, _ := set.Type(scim.TypeUser)
	return set, rt
}

func TestWithAnExtension(t *testing.T) {
	t.Parallel()
	_, rt := acmeUser(t, false)
	for _, c := range []struct{ name, body, want, leniencies string }{
		{"E-23 typed", `{"schemas":["USER","ACME"],"userName":"a","ACME":{"COSTGROUP":"K9","vip":"True","level":3}}`,
			`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","vip":true,"level":3}}`, "string-boolean:vip"},
		{"E-23 undeclared", `{"schemas":["USER"],"userName":"a","ACME":{"costGroup":"K9"}}`, `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`,
			"undeclared-schema:" + acme},
		{"any case of the URN", `{"schemas":["USER","ACME"],"userName":"a","urn:IETF:params:scim:schemas:extension:ACME:2.0:user":{"costGroup":"K9"}}`,
			`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`, ""},
		{"bare", `{"schemas":["USER","ACME"],"userName":"a","costGroup":"K9"}`, `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`, "bare-extension:costGroup"},
		{"unknown inside", `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","nosuch":1}}`, `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`, "unknown-attribute:nosuch"},
		{"complex", `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","sites":[{"Code":"N1","note":"x"}]}}`,
			`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","sites":[{"code":"N1","note":"x"}]}}`, ""},
		{"none", `{"schemas":["USER"],"userName":"a"}`, `{"schemas":["USER"],"userName":"a"}`, ""},
	} {
		got, err := rt.Normalize(mustDecode(t, expand(c.body)), schema.Rules{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(mustDecode(t, expand(c.want)), got.Document); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if notes := strings.Join(got.Leniencies, " "); notes != c.leniencies {
			t.Errorf("%s: %q", c.name, notes)
		}
		checkStable(t, rt, got.Document)
	}
	for name, body := range map[string]string{
		"costGroup is required":   `{"schemas":["USER"],"userName":"a","ACME":{"level":1}}`,
		"level must be an integ":  `{"schemas":["USER"],"userName":"a","ACME":{"costGroup":"K","level":"x"}}`,
		"since must be a dateTi":  `{"schemas":["USER"],"userName":"a","ACME":{"costGroup":"K","since":"2026-01-01"}}`,
		"sites.code is required":  `{"schemas":["USER"],"userName":"a","ACME":{"costGroup":"K","sites":[{"code":"a"},{"note":"x"}]}}`,
		acme + " must be an obje": `{"schemas":["USER"],"userName":"a","ACME":"x"}`,
	} {
		_, err := rt.Normalize(mustDecode(t, expand(body)), schema.Rules{})
		if e := scim.AsError(err); err == nil || e.Type != scim.TypeInvalidValue || !strings.Contains(e.Detail, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// a required extension is required of what is new.
func TestWithARequiredExtension(t *testing.T) {
	t.Parallel()
	set, rt := acmeUser(t, true)
	before := mustDecode(t, expand(`{"schemas":["USER"],"userName":"a","active":true}`))
	if _, err := rt.Normalize(before, schema.Rules{}); err == nil || !strings.Contains(err.Error(), "the extension "+acme+" is required") {
		t.Errorf("got %v", err)
	}
	// Who was there before the extension can still be deactivated.
	after := mustDecode(t, expand(`{"schemas":["USER"],"userName":"a","active":false}`))
	if _, err := rt.NormalizeChange(before, after); err != nil {
		t.Errorf("a leaver stays: %v", err)
	}
	full := mustDecode(t, expand(`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`))
	if _, err := rt.NormalizeChange(full, after); err == nil {
		t.Error("what is required was taken away")
	}
	doc, _ := schema.Discovery{Set: set}.ResourceType(scim.TypeUser)
	if !strings.Contains(schematest.Encode(t, doc), `{"required":true,"schema":"`+acme+`"}`) {
		t.Errorf("%s", schematest.Encode(t, doc))
	}
}

// What was stored before the extension had a schema is no reason to refuse a change.
func TestWithWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	_, rt := acmeUser(t, false)
	before := mustDecode(t, expand(`{"schemas":["USER","ACME"],"userName":"a","active":true,"urn:ietf:params:scim:schemas:extension:ACME:2.0:User":{"costgroup":"K9","level":"three"}}`))
	if rt.Canonical(before) {
		t.Error("another spelling is canonical")
	}
	n, err := rt.NormalizeChange(before, before)
	if err != nil {
		t.Fatal(err)
	}
	want := mustDecode(t, expand(`{"schemas":["USER","ACME"],"userName":"a","active":true,"ACME":{"costGroup":"K9","level":"three"}}`))
	if diff := cmp.Diff(want, n.Document); diff != "" || !rt.Canonical(n.Document) {
		t.Error(diff)
	}
	if notes := strings.Join(n.Leniencies, " "); !strings.Contains(notes, "unfit-kept:level") {
		t.Errorf("leniencies %q", notes)
	}
	changed := mustDecode(t, expand(`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","level":"four"}}`))
	if _, err := rt.NormalizeChange(before, changed); err == nil {
		t.Error("a new value that does not fit was accepted")
	}
	if p, ok := rt.Resolve(acme + ":costGroup"); ok {
		if v, _ := p.Value(before); v != "K9" {
			t.Errorf("the old spelling is not found: %v", v)
		}
	}
}

func TestWithLeavesTheBaseAlone(t *testing.T) {
	t.Parallel()
	base := mustLoad(t)
	users, _ := base.Type(scim.TypeUser)
	groups, _ := base.Type(scim.TypeGroup)
	set, err := base.With(schema.Addition{Type: scim.TypeUser, Schema: mustSchema(t, acme, `{"name":"costGroup"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if users.Knows(acme) || base.Taken(acme) || len(schema.Discovery{Set: base}.Schemas()) != 4 {
		t.Error("the base has the extension")
	}
	own, _ := set.Type(scim.TypeUser)
	if !own.Knows(acme) || own.Core != users.Core || !set.Taken(strings.ToUpper(acme)) {
		t.Error("the extension is missing, or the core was copied")
	}
	if same, _ := set.Type(scim.TypeGroup); same != groups {
		t.Error("a type without additions was copied")
	}
	if doc, ok := (schema.Discovery{Set: set}).Schema(acme); !ok || !strings.Contains(schematest.Encode(t, doc), `"name":"costGroup"`) {
		t.Error("the extension is not discovered")
	}
	if same, err := base.With(); err != nil || same != base {
		t.Error("nothing added is another Set")
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	base := mustLoad(t)
	add := func(kind, urn string, attributes ...string) schema.Addition {
		return schema.Addition{Type: kind, Schema: mustSchema(t, urn, attributes...)}
	}
	for name, c := range map[string]struct {
		want string
		add  []schema.Addition
	}{
		"another type":         {`no resource type "Device"`, []schema.Addition{add("Device", acme)}},
		"no URN":               {"no URN", []schema.Addition{add("User", "acme")}},
		"a known URN":          {"another schema's", []schema.Addition{add("User", "urn:"+strings.ToUpper(ent[4:]))}},
		"the core's":           {"another schema's", []schema.Addition{add("Group", scim.SchemaUser)}},
		"a known odd URN":      {"another schema's", []schema.Addition{add("User", "urn:scim:schemas:core:1.0")}},
		"twice":                {"another schema's", []schema.Addition{add("User", acme), add("Group", acme)}},
		"an attribute twice":   {`"A" is defined twice`, []schema.Addition{add("User", acme, `{"name":"a"}`, `{"name":"A"}`)}},
		"no name":              {"no name", []schema.Addition{add("User", acme, `{"name":""}`)}},
		"a name with a dot":    {"no name", []schema.Addition{add("User", acme, `{"name":"a.b"}`)}},
		"unknown type":         {"unknown type", []schema.Addition{add("User", acme, `{"name":"a","type":"text"}`)}},
		"complex without subs": {"do not agree", []schema.Addition{add("User", acme, `{"name":"a","type":"complex"}`)}},
	} {
		if _, err := base.With(c.add...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// a PUT changes nothing that is immutable.
func TestReplace(t *testing.T) {
	t.Parallel()
	_, rt := acmeUser(t, false)
	current := mustDecode(t, expand(`{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9","badge":"B1"}}`))
	for _, c := range []struct{ name, next, want string }{
		{"the same", `{"schemas":["USER","ACME"],"userName":"b","ACME":{"costGroup":"K1","badge":"b1"}}`, `{"schemas":["USER","ACME"],"userName":"b","ACME":{"costGroup":"K1","badge":"b1"}}`},
		{"left out", `{"schemas":["USER","ACME"],"userName":"b","ACME":{"costGroup":"K1"}}`, `{"schemas":["USER","ACME"],"userName":"b","ACME":{"costGroup":"K1","badge":"B1"}}`},
		{"with its extension left out", `{"schemas":["USER"],"userName":"b"}`, ``},
		{"another", `{"schemas":["USER","ACME"],"userName":"b","ACME":{"costGroup":"K1","badge":"B2"}}`, ``},
	} {
		next := mustDecode(t, expand(c.next))
		got, err := rt.Replace(current, next)
		switch {
		case c.name == "another":
			if e := scim.AsError(err); err == nil || e.Type != scim.TypeMutability {
				t.Errorf("%s: %v", c.name, err)
			}
		case c.want == "":
			if e := scim.AsError(err); err == nil || e.Type != scim.TypeInvalidValue {
				t.Errorf("%s: %v", c.name, err)
			}
		default:
			if diff := cmp.Diff(mustDecode(t, expand(c.want)), got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", c.name, err, diff)
			}
		}
		if diff := cmp.Diff(mustDecode(t, expand(c.next)), next); diff != "" {
			t.Errorf("%s: the input changed: %s", c.name, diff)
		}
	}
}
