package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

func groupBody(members string) string {
	return expand(`{"schemas":["GROUP"],"displayName":"Finance EU"` + members + `}`)
}

func TestNormalizeGroup(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	for _, c := range []struct {
		name, members string
		want          []string
		sent          bool
		leniencies    string
	}{
		{"E-26", `,"externalId":"5a9b6c1e","meta":{"resourceType":"Group"}`, nil, false, ""},
		{"O-21", `,"members":[]`, nil, true, ""},
		{"R-09 null", `,"members":null`, nil, true, ""},
		{"B-23", `,"members":[{"value":"U1"},{"value":"U2","display":"lena","type":"User","$ref":null}]`, []string{"U1", "U2"}, true, ""},
		{"R-01", `,"MEMBERS":[{"VALUE":"U1","$REF":"https://x/U1"}]`, []string{"U1"}, true, ""},
		{"each once", `,"members":[{"value":"U1"},{"value":"U1"}]`, []string{"U1"}, true, ""},
		{"an object", `,"members":{"value":"U1"}`, []string{"U1"}, true, "single-for-array:members"},
		{"a string", `,"members":"U1"`, []string{"U1"}, true, "bare-reference:members single-for-array:members"},
		{"strings", `,"members":["U1","U2"]`, []string{"U1", "U2"}, true, "bare-reference:members"},
		{"V-67 other keys", `,"members":[{"value":"U1","displayName":"x"}]`, []string{"U1"}, true, "unknown-attribute:members.displayName"},
		{"with the URN", `,"urn:ietf:params:scim:schemas:core:2.0:Group:members":[{"value":"U1"}]`, []string{"U1"}, true, "qualified-key:members"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			limits := scim.DefaultLimits()
			for _, limits.Members = range []bool{false, true} {
				doc, err := scim.Decode([]byte(groupBody(c.members)), limits)
				if err != nil {
					t.Fatal(err)
				}
				got, err := rt.Normalize(doc, schema.Rules{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(scim.MemberEdit{Add: c.want}, got.Members); diff != "" {
					t.Error(diff)
				}
				if got.MembersSent != c.sent {
					t.Errorf("MembersSent = %v", got.MembersSent)
				}
				if notes := strings.Join(got.Leniencies, " "); notes != c.leniencies {
					t.Errorf("leniencies %q", notes)
				}
				if _, ok := got.Document["members"]; ok {
					t.Error("the Document has members")
				}
				checkStable(t, rt, got.Document)
			}
		})
	}
}

func TestNormalizeGroupRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	for _, c := range []struct{ name, body, detail string }{
		{"no displayName", `{"schemas":["GROUP"],"members":[]}`, "displayName is required"},
		{"a number for members", groupBody(`,"members":5`), "members: each needs a value"},
		{"numbers", groupBody(`,"members":[5]`), "members: each needs a value"},
		{"null among members", groupBody(`,"members":[null]`), "members: each needs a value"},
		{"no value", groupBody(`,"members":[{"display":"x"}]`), "members: each needs a value"},
		{"empty value", groupBody(`,"members":[{"value":""}]`), "members: each needs a value"},
		{"value a number", groupBody(`,"members":[{"value":7}]`), "members.value must be a string"},
		{"reference a number", groupBody(`,"members":[{"value":"a","$ref":7}]`), "members.$ref must be a string"},
	} {
		_, err := rt.Normalize(mustDecode(t, expand(c.body)), schema.Rules{})
		e := scim.AsError(err)
		if err == nil || e.Status != 400 || e.Type != scim.TypeInvalidValue || !strings.Contains(e.Detail, c.detail) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestGroupCharacteristics(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	if a := mustAttribute(t, rt, "displayName"); !a.Required || a.Uniqueness != "server" || a.CaseExact {
		t.Errorf("displayName: %+v", a)
	}
	members, ok := rt.Members()
	if !ok || !members.MultiValued || members != mustAttribute(t, rt, "members") {
		t.Fatalf("members: %+v", members)
	}
	for _, sub := range members.SubAttributes {
		if sub.Mutability != schema.Immutable {
			t.Errorf("%s is %s", sub, sub.Mutability)
		}
	}
	if kind := mustAttribute(t, rt, "members.type"); strings.Join(kind.CanonicalValues, " ") != "User Group" {
		t.Errorf("members.type: %q", kind.CanonicalValues)
	}
	if _, ok := schematest.User(t).Members(); ok {
		t.Error("a user has members")
	}
}
