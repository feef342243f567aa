package filter_test

import (
	"encoding/json"
	"strings"
	"testing"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// relations are what a store knows of a resource, and how it was asked.
type relations struct {
	elements map[string][]any
	asked    []string
}

func (r *relations) related(attribute, id string) (found []any) {
	r.asked = append(r.asked, attribute+":"+id)
	for _, v := range r.elements[attribute] {
		if id == "" || v.(scim.Document)["value"] == id {
			found = append(found, v)
		}
	}
	return found
}

// R-37 and E-15: what no Document holds is asked for, one id where one will do, and never
// without need.
func TestRelated(t *testing.T) {
	t.Parallel()
	user, group := schematest.User(t), schematest.Group(t)
	element := func(id, kind string) any {
		return scim.Document{"value": id, "type": kind, "display": "D" + id}
	}
	for _, c := range []struct {
		name, filter string
		rt           *schema.ResourceType
		want         bool
		asked        string
	}{
		{"E-15", `id eq "g1" and members eq "u1"`, group, true, "members:u1"},
		{"E-15 another id", `id eq "g2" and members eq "u1"`, group, false, ""},
		{"R-37 members", `members.value eq "u1"`, group, true, "members:u1"},
		{"R-37 nobody", `members.value eq "u9"`, group, false, "members:u9"},
		{"R-37 exact", `members.value eq "U1"`, group, false, "members:U1"},
		{"R-37 ne", `members.value ne "u1"`, group, false, "members:u1"},
		{"R-37 not", `not (members eq "u9")`, group, true, "members:u9"},
		{"R-37 in brackets", `members[value eq "u1"]`, group, true, "members:u1"},
		{"R-37 with a type", `members[type eq "Group" and value eq "u1"]`, group, false, "members:u1"},
		{"R-37 either", `members[value eq "u9" or value eq "u2"]`, group, true, "members:u9 members:u2"},
		{"R-37 by type", `members[type eq "group"]`, group, true, "members:"},
		{"R-37 any", `members pr`, group, true, "members:"},
		{"R-37 null", `members eq null`, group, false, "members:"},
		{"R-37 co", `members.value co "u"`, group, true, "members:"},
		{"R-37 groups", `groups.value eq "g1"`, user, true, "groups:g1"},
		{"R-37 groups, bare", `groups eq "g1"`, user, true, "groups:g1"},
		{"R-37 groups by name", `groups.display sw "Dg"`, user, true, "groups:"},
		{"R-37 groups, direct", `groups[value eq "g2" and type eq "direct"]`, user, false, "groups:g2"},
		{"not needed", `userName eq "a" or displayName eq "F"`, user, true, ""},
		{"not needed any more", `displayName eq "X" and groups eq "g1"`, user, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Compile(c.rt, c.filter, filter.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			r := &relations{elements: map[string][]any{
				"members": {element("u1", "User"), element("u2", "User"), element("g7", "Group")},
				"groups":  {element("g1", "direct"), element("g2", "indirect")},
			}}
			s := filter.Subject{ID: "g1", Document: scim.Document{"userName": "a", "displayName": "F"}, Related: r.related}
			if got := f.Match(s); got != c.want {
				t.Errorf("%s: %v", c.filter, got)
			}
			if asked := strings.Join(r.asked, " "); asked != c.asked {
				t.Errorf("asked %q, want %q", asked, c.asked)
			}
			for _, name := range []string{"members", "groups"} {
				if needs := strings.Contains(c.filter, name); f.Needs(name) != needs {
					t.Errorf("Needs(%s) = %v", name, !needs)
				}
			}
		})
	}
}

func TestEqualitiesOfGroups(t *testing.T) {
	t.Parallel()
	user, group := schematest.User(t), schematest.Group(t)
	for _, c := range []struct {
		rt           *schema.ResourceType
		filter, want string
	}{
		{group, `displayName eq "Finance EU"`, "displayName=finance eu"},
		{group, `id eq "g1" and members eq "u1"`, "id=g1 members.value=u1"},
		{group, `members.value eq "u1"`, "members.value=u1"},
		{group, `members[value eq "u1"]`, "members.value=u1"},
		{group, `members[type eq "User" and value eq "u1"]`, "members.value=u1"},
		{group, `members[value eq "u1" or value eq "u2"]`, ""},
		{group, `members.type eq "User"`, ""},
		{group, `members.value ne "u1"`, ""},
		{group, `not (members eq "u1")`, ""},
		{user, `groups.value eq "g1" and active eq true`, "groups.value=g1"},
		{user, `groups[value eq "g1"]`, "groups.value=g1"},
		{user, `groups.display eq "Finance"`, ""},
	} {
		f, err := filter.Compile(c.rt, c.filter, filter.Rules{})
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		var got []string
		for _, e := range f.Equalities() {
			got = append(got, e.Attribute+"="+e.Value)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.filter, got, c.want)
		}
	}
}

// over several types, an attribute only another type has is one without a value.
func TestCompileAll(t *testing.T) {
	t.Parallel()
	types := []*schema.ResourceType{schematest.User(t), schematest.Group(t)}
	subjects := []filter.Subject{
		{ID: "u1", Type: "User", Document: scim.Document{"userName": "ana", "displayName": "Ana"}},
		{ID: "g1", Type: "Group", Document: scim.Document{"displayName": "Finance"}},
	}
	for _, c := range []struct{ filter, want, unknown string }{
		{`displayName pr`, "u1 g1", ""},
		{`userName eq "ana"`, "u1", ""},
		{`userName eq "ana" or displayName eq "Finance"`, "u1 g1", ""},
		{`userName pr`, "u1", ""},
		{`userName eq null`, "g1", ""},
		{`userName ne "ana"`, "g1", ""},
		{`not (userName eq "ana")`, "g1", ""},
		{`emails[type eq "work"]`, "", ""},
		{`not (emails[type eq "work"])`, "u1 g1", ""},
		{`meta.resourceType eq "Group"`, "g1", ""},
		{`members eq "u1"`, "", ""},
		{`manager eq "u2" or id eq "g1"`, "g1", ""},
		{`nosuch eq "a"`, "", "nosuch nosuch"},
		{`not (nosuch eq "a")`, "", "nosuch nosuch"},
		{`emails.nosuch ne "a"`, "", "emails.nosuch emails.nosuch"},
	} {
		filters, err := filter.CompileAll(types, c.filter, filter.Rules{})
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		var got, unknown []string
		for i, f := range filters {
			unknown = append(unknown, f.Unknown()...)
			if f.Match(subjects[i]) {
				got = append(got, subjects[i].ID)
			}
		}
		if strings.Join(got, " ") != c.want || strings.Join(unknown, " ") != c.unknown {
			t.Errorf("%s: %q, unknown %q", c.filter, got, unknown)
		}
	}
	for _, text := range []string{`userName xx "a"`, `active gt true`} {
		if _, err := filter.CompileAll(types, text, filter.Rules{}); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

func TestLeniencies(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for text, want := range map[string]string{
		`userName eq "a"`:                   "",
		`externalId eq jyoung2`:             "bare-literal:externalId", // E-13
		`active eq "True"`:                  "string-boolean:active",
		`externalId eq 123`:                 "number-for-string:externalId",
		`manager eq "u2"`:                   "bare-extension:manager", // E-15
		ent + `.manager eq "u2"`:            "odd-urn:" + scim.ClipName(ent+".manager"),
		`urn:acme:2.0:User:cost eq "K"`:     "foreign-extension:urn:acme:2.0:User",
		`nosuch eq "a"`:                     "unknown-filter-attribute:nosuch",
		`emails[type eq work and value pr]`: "bare-literal:type",
		`meta.created gt "2026-01-01T00:00:00Z" and active eq TRUE and title eq null`: "",
	} {
		f, err := filter.Compile(rt, text, filter.Rules{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := strings.Join(f.Leniencies(), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Values compare by their type, also in an extension of the tenant's own.
func TestTypedComparison(t *testing.T) {
	t.Parallel()
	const acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
	base, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	attribute := func(name string, kind schema.Type, exact bool) *schema.Attribute {
		return &schema.Attribute{Name: name, Type: kind, CaseExact: exact, Mutability: schema.ReadWrite, Returned: schema.Default, Uniqueness: "none"}
	}
	set, err := base.With(schema.Addition{Type: scim.TypeUser, Schema: &schema.Schema{URN: acme, Name: "Acme", Attributes: []*schema.Attribute{
		attribute("count", schema.Integer, false), attribute("rate", schema.Decimal, false), attribute("since", schema.DateTime, false),
		attribute("vip", schema.Boolean, false), attribute("code", schema.String, true), attribute("label", schema.String, false),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	rt, _ := set.Type(scim.TypeUser)
	s := mustSubject(t, rt, "u1", "2026-05-13T04:42:34Z", `{"userName":"a","`+acme+`":{"count":9007199254740993,"rate":2.50,"since":"2026-03-01T10:00:00.1234567+02:00","vip":true,"code":"Ab","label":"Straße"}}`)
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{`count eq 9007199254740993`, true}, {`count eq 9007199254740992`, false}, {`count gt 9007199254740992`, true}, {`count lt 10`, false},
		{`count eq "9007199254740993"`, true}, {`rate eq 2.5`, true}, {`rate eq 25e-1`, true}, {`rate ge 2`, true}, {`rate lt 2.5`, false},
		{`since eq "2026-03-01T08:00:00.1234567Z"`, true}, {`since gt "2026-03-01T09:00:00Z"`, false}, {`since lt "2026-03-01T09:00:00Z"`, true},
		{`since sw "2026-03"`, true}, {`vip eq True`, true}, {`vip ne true`, false}, {`code eq "Ab"`, true}, {`code eq "ab"`, false},
		{`label eq "STRASSE"`, true}, {`label co "ＡSSE"`, true}, {`label ew "e"`, true},
	} {
		f, err := filter.Compile(rt, acme+":"+c.filter, filter.Rules{})
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
		} else if f.Match(s) != c.want {
			t.Errorf("%s: %v", c.filter, !c.want)
		}
	}
	for _, text := range []string{`count eq "many"`, `count eq "nan"`, `count eq "0x10"`, `count eq "inf"`, `count co 1`, `vip gt true`, `since eq "2026-03-01"`} {
		if _, err := filter.Compile(rt, acme+":"+text, filter.Rules{}); err == nil {
			t.Errorf("R-31: %s: accepted", text)
		}
	}
	if f, err := filter.Compile(rt, `urn:other:User:x eq "nan"`, filter.Rules{}); err != nil || f.Match(filter.Subject{Document: scim.Document{"urn:other:User": scim.Document{"x": json.Number("5")}}}) {
		t.Errorf("not a number equals one: %v", err)
	}
}

// Every operator of RFC 7644 table 3 and every form of its grammar is there.
func TestTheWholeGrammarOnGroups(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	s := filter.Subject{ID: "g1", Document: scim.Document{"displayName": "Finance EU", "externalId": "Ab1"}}
	ops := []string{`displayName eq "FINANCE eu"`, `displayName ne "x"`, `displayName co "ance"`, `displayName sw "fin"`, `displayName ew "EU"`,
		`displayName gt "a"`, `displayName ge "finance eu"`, `displayName lt "g"`, `displayName le "finance eu"`, `displayName pr`}
	for _, op := range ops {
		for _, text := range []string{op, `(` + op + `)`, `not (not (` + op + `))`, op + ` and externalId eq "Ab1"`, `externalId eq "ab1" or ` + op} {
			f, err := filter.Compile(rt, text, filter.Rules{})
			if err != nil || !f.Match(s) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}
