package patch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// team is a group with a person A, a person B and a group G in it.
func team(tb testing.TB, rt *schema.ResourceType) (patch.Current, *int) {
	tb.Helper()
	calls := new(int)
	return patch.Current{
		ID:       "G1",
		Document: mustNormalize(tb, rt, `{"schemas":["`+scim.SchemaGroup+`"],"displayName":"Finance"}`),
		Members: func() ([]scim.Member, error) {
			*calls++
			return []scim.Member{{Value: "A", Type: scim.TypeUser}, {Value: "B"}, {Value: "G", Type: scim.TypeGroup}}, nil
		},
	}, calls
}

// mustDecodeCompact decodes a body as the server does for groups.
func mustDecodeCompact(tb testing.TB, body string) scim.Document {
	tb.Helper()
	limits := scim.DefaultLimits()
	limits.Members = true
	doc, err := scim.Decode([]byte(expand(body)), limits)
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

type edit = scim.MemberEdit

func adds(ids ...string) edit    { return edit{Add: ids} }
func removes(ids ...string) edit { return edit{Remove: ids} }
func exactly(ids ...string) edit { return edit{Clear: true, Add: ids} }

// memberOps are operations on the team, what they do to its members, and its name afterwards
// where it changes. Reads tells that the present members have to be known for it.
var memberOps = []struct {
	name, ops string
	want      edit
	renamed   string
	reads     bool
}{
	{"E-50", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"U1"},{"$ref":null,"value":"U2"}]}`, adds("U1", "U2"), "", false},
	{"E-51", `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"A"}]}`, removes("A"), "", false},
	{"E-52", `{"op":"remove","path":"members[value eq \"A\"]"}`, removes("A"), "", false},
	{"E-53", `{"op":"Add","path":"members","value":[{"value":"A"}]}`, adds("A"), "", false},
	{"E-55", `{"op":"Replace","path":"displayName","value":"Finance EMEA"}`, edit{}, "Finance EMEA", false},
	{"O-22", `{"op":"replace","value":{"id":"G1","displayName":"Support"}}`, edit{}, "Support", false},
	{"O-22 the same name", `{"op":"replace","value":{"id":"G1","displayName":"Finance"}}`, edit{}, "", false},
	{"O-22 with members", `{"op":"replace","value":{"id":"G1","displayName":"Support","members":[{"value":"U1"}]}}`, exactly("U1"), "Support", false},
	{"O-23", `{"op":"remove","path":"members[value eq \"A\"]"},{"op":"add","path":"members","value":[{"value":"U2","display":"lena@acme.example"}]}`, edit{Add: []string{"U2"}, Remove: []string{"A"}}, "", false},
	{"O-24", `{"op":"replace","path":"members","value":[{"value":"U1"},{"value":"U2"}]}`, exactly("U1", "U2"), "", false},
	{"O-25", `{"op":"replace","path":"members","value":[]}`, exactly(), "", false},
	{"C-05 add", `{"op":"add","path":"members","value":[{"value":"U1"}]}`, adds("U1"), "", false},
	{"C-05 remove", `{"op":"remove","path":"members","value":[{"value":"U1"}]}`, removes("U1"), "", false},
	{"V-25", `{"op":"add","path":"members","value":[{"value":"U1"}]},{"op":"remove","path":"members","value":[{"value":"U2"}]}`, edit{Add: []string{"U1"}, Remove: []string{"U2"}}, "", false},
	{"V-32", `{"op":"add","path":"members","value":[{"value":"U1"}]},{"op":"remove","path":"members","value":[{"value":"U1"}]}`, removes("U1"), "", false},
	{"V-32 turned", `{"op":"remove","path":"members[value eq \"A\"]"},{"op":"add","path":"members","value":[{"value":"A"}]}`, adds("A"), "", false},
	{"V-67", `{"op":"add","name":"addMember","path":"members","value":[{"displayName":"x","value":"U1"}]}`, adds("U1"), "", false},
	{"V-67 some string", `{"op":"add","path":"members","value":[{"value":"some string"}]}`, adds("some string"), "", false},
	{"R-39", `{"op":"remove","path":"members[value eq\"A\"]"}`, removes("A"), "", false},
	{"R-69b", `{"op":"remove","path":"members[value eq \"not-a-member\"]"}`, removes("not-a-member"), "", false},
	{"R-69d", `{"op":"remove","path":"members"}`, exactly(), "", false},
	{"R-69d null value", `{"op":"remove","path":"members","value":null}`, exactly(), "", false},
	{"R-70m", `{"op":"replace","path":"members","value":null}`, exactly(), "", false},
	{"R-70m without path", `{"op":"replace","value":{"members":null}}`, exactly(), "", false},
	{"B-07 several listed", `{"op":"Remove","path":"members","value":[{"value":"A"},{"value":"B"}]}`, removes("A", "B"), "", false},
	{"B-07 none listed", `{"op":"remove","path":"members","value":[]}`, edit{}, "", false},
	{"B-08", `{"op":"remove","path":"members[value eq \"A\"]"},{"op":"remove","path":"members[value eq \"B\"]"}`, removes("A", "B"), "", false},
	{"B-08 in one filter", `{"op":"remove","path":"members[value eq \"A\" or (value eq \"B\" or value eq \"Z\")]"}`, removes("A", "B", "Z"), "", false},
	{"B-10", `{"op":"add","path":"members","value":[{"value":"U1","type":null}]}`, adds("U1"), "", false},
	{"with a type", `{"op":"add","path":"members","value":[{"value":"U1","type":"User","$ref":"https://x/Users/U1"},{"value":"G2","type":"group"}]}`, adds("U1", "G2"), "", false},
	{"any case", `{"OP":"ADD","PATH":"Members","VALUE":[{"Value":"U1"}]}`, adds("U1"), "", false},
	{"with the URN", `{"op":"add","path":"` + scim.SchemaGroup + `:members","value":[{"value":"U1"}]}`, adds("U1"), "", false},
	{"under the core schema", `{"op":"add","path":"` + scim.SchemaGroup + `","value":{"members":[{"value":"U1"}]}}`, adds("U1"), "", false},
	{"without path", `{"op":"add","value":{"members":[{"value":"U1"}]}}`, adds("U1"), "", false},
	{"without path, one string", `{"op":"add","value":{"members":"U1"}}`, adds("U1"), "", false},
	{"an object", `{"op":"add","path":"members","value":{"value":"U1"}}`, adds("U1"), "", false},
	{"a string", `{"op":"add","path":"members","value":"U1"}`, adds("U1"), "", false},
	{"strings", `{"op":"add","path":"members","value":["U1","U2","U1"]}`, adds("U1", "U2"), "", false},
	{"add nobody", `{"op":"add","path":"members","value":[]},{"op":"add","path":"members","value":null},{"op":"add","path":"members","value":{}}`, edit{}, "", false},
	{"replaced twice", `{"op":"replace","path":"members","value":[{"value":"U1"}]},{"op":"replace","path":"members","value":[{"value":"U2"}]}`, exactly("U2"), "", false},
	{"replaced and fewer", `{"op":"replace","path":"members","value":[{"value":"U1"},{"value":"A"}]},{"op":"remove","path":"members[value eq \"A\"]"}`, exactly("U1"), "", false},
	{"add by a filter", `{"op":"add","path":"members[value eq \"U1\"]","value":{"display":"x"}}`, adds("U1"), "", false},
	{"by value and type", `{"op":"remove","path":"members[value eq \"A\" and type eq \"User\"]"}`, removes("A"), "", true},
	{"by value and another type", `{"op":"remove","path":"members[type eq \"Group\" and value eq \"A\"]"}`, edit{}, "", true},
	{"by value and type, no member", `{"op":"remove","path":"members[value eq \"Z\" and type eq \"User\"]"}`, edit{}, "", true},
	{"by two values at once", `{"op":"remove","path":"members[value eq \"A\" and value eq \"B\"]"}`, edit{}, "", true},
	{"by type", `{"op":"remove","path":"members[type eq \"Group\"]"}`, removes("G"), "", true},
	{"by type, who has none is a user", `{"op":"remove","path":"members[type eq \"user\"]"}`, removes("A", "B"), "", true},
	{"by not", `{"op":"remove","path":"members[not (value eq \"A\")]"}`, removes("B", "G"), "", true},
	{"by ne", `{"op":"remove","path":"members[value ne \"A\"]"}`, removes("B", "G"), "", true},
	{"by sw, after other operations", `{"op":"add","path":"members","value":["G2"]},{"op":"remove","path":"members","value":["G"]},{"op":"remove","path":"members[value sw \"G\"]"}`, removes("G2", "G"), "", true},
	{"by type, after all are gone", `{"op":"remove","path":"members"},{"op":"remove","path":"members[type eq \"User\"]"}`, exactly(), "", true},
	{"by value and type, just added", `{"op":"add","path":"members","value":["U1"]},{"op":"remove","path":"members[value eq \"U1\" and type eq \"User\"]"}`, removes("U1"), "", true},
	{"one replaced", `{"op":"replace","path":"members[value eq \"A\"]","value":{"value":"U1"}}`, edit{Add: []string{"U1"}, Remove: []string{"A"}}, "", true},
	{"one replaced by nothing", `{"op":"replace","path":"members[value eq \"A\"]","value":null}`, removes("A"), "", false},
}

func TestMembers(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	for _, c := range memberOps {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			current, calls := team(t, rt)
			for _, body := range []scim.Document{mustDecode(t, message(c.ops)), mustDecodeCompact(t, message(c.ops))} {
				got, err := patch.Apply(rt, current, body, patch.Rules{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, got.Members, cmp.Transformer("none", func(ids []string) []string { return append([]string{}, ids...) })); diff != "" {
					t.Error(diff)
				}
				if got.Changed != (c.renamed != "") || got.Changed && got.Document["displayName"] != c.renamed {
					t.Errorf("Changed = %v, %v", got.Changed, got.Document)
				}
				if _, ok := got.Document["members"]; ok {
					t.Error("the Document has members")
				}
				checkNormal(t, rt, got.Document)
			}
			if (*calls > 0) != c.reads {
				t.Errorf("the members were read %d times", *calls)
			}
		})
	}
}

func TestMembersRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	const value, path, mutability = scim.TypeInvalidValue, scim.TypeInvalidPath, scim.TypeMutability
	for _, c := range []struct{ name, ops, scimType, detail string }{
		{"O-22 another id", `{"op":"replace","value":{"id":"G2","displayName":"Support"}}`, mutability, "id is readOnly"},
		{"O-22 an id of another type", `{"op":"replace","value":{"id":5}}`, mutability, "id is readOnly"},
		{"O-22 id by path", `{"op":"replace","path":"id","value":"G1"}`, mutability, "id is readOnly"},
		{"R-70k", `{"op":"add","path":"members","value":[null]}`, value, "each needs a value"},
		{"R-70k among others", `{"op":"replace","path":"members","value":[{"value":"A"},null]}`, value, "each needs a value"},
		{"a number", `{"op":"add","path":"members","value":[5]}`, value, "each needs a value"},
		{"a number alone", `{"op":"add","path":"members","value":5}`, value, "each needs a value"},
		{"no value", `{"op":"add","path":"members","value":[{"display":"x"}]}`, value, "each needs a value"},
		{"empty value", `{"op":"add","path":"members","value":[{"value":""}]}`, value, "each needs a value"},
		{"empty string", `{"op":"remove","path":"members","value":""}`, value, "each needs a value"},
		{"value a number", `{"op":"add","path":"members","value":[{"value":5}]}`, value, "members.value must be a string"},
		{"type a number", `{"op":"add","path":"members","value":[{"value":"A","type":5}]}`, value, "members.type must be a string"},
		{"array in an array", `{"op":"add","path":"members","value":[[{"value":"A"}]]}`, value, "each needs a value"},
		{"add without value", `{"op":"add","path":"members"}`, value, "add needs a value"},
		{"E-55 no name", `{"op":"replace","path":"displayName","value":""}`, value, "displayName is required"},
		{"E-55 name removed", `{"op":"remove","path":"displayName"}`, mutability, "displayName is required"},
		{"immutable value", `{"op":"replace","path":"members[value eq \"A\"].value","value":"B"}`, mutability, "members.value is immutable"},
		{"immutable value, removed", `{"op":"remove","path":"members.value"}`, mutability, "members.value is immutable"},
		{"immutable type", `{"op":"add","path":"members.type","value":"Group"}`, mutability, "members.type is immutable"},
		{"add by a filter, another value", `{"op":"add","path":"members[value eq \"U1\"]","value":{"value":"U2"}}`, mutability, "members.value is immutable"},
		{"add by a filter that names nobody", `{"op":"add","path":"members[type eq \"User\"]","value":{"value":"U2"}}`, scim.TypeNoTarget, "add names one member"},
		{"add by a filter, no object", `{"op":"add","path":"members[value eq \"U1\"]","value":5}`, value, "must be an object"},
		{"replace nobody", `{"op":"replace","path":"members[value eq \"Z\"]","value":{"value":"U1"}}`, scim.TypeNoTarget, "no value of members"},
		{"R-70f", `{"op":"remove","path":"members["}`, path, "path: "},
		{"R-70f behind the brackets", `{"op":"remove","path":"members[value eq \"A\"]x"}`, path, "unexpected"},
		{"R-70f no such part", `{"op":"remove","path":"members[nosuch eq \"A\"]"}`, path, "no attribute"},
		{"asking about everybody too often", strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"members[type eq \"Group\"]"},`, 21), ","), scim.TypeTooMany, "operation 21: more than 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			current, _ := team(t, rt)
			for _, body := range []scim.Document{mustDecode(t, message(c.ops)), mustDecodeCompact(t, message(c.ops))} {
				got, err := patch.Apply(rt, current, body, patch.Rules{})
				e := scim.AsError(err)
				if err == nil || e.Status != 400 || e.Type != c.scimType || !strings.Contains(e.Detail, c.detail) {
					t.Errorf("%+v, %v", got.Members, err)
				}
				if got.Document != nil || !got.Members.Empty() {
					t.Error("R-62: something changed")
				}
			}
		})
	}
}

// A store that cannot tell who is in the group is the store's error, not the client's.
func TestMembersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	current, _ := team(t, rt)
	down := errors.New("store down")
	current.Members = func() ([]scim.Member, error) { return nil, down }
	_, err := patch.Apply(rt, current, mustDecode(t, message(`{"op":"remove","path":"members[type eq \"Group\"]"}`)), patch.Rules{})
	if !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

// A user has no members, whatever is decoded as such.
func TestAUserHasNoMembers(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	user := patch.Current{Document: mustNormalize(t, rt, start)}
	got, err := patch.Apply(rt, user, mustDecodeCompact(t, message(`{"op":"add","value":{"members":[{"value":"A"}],"title":"N"}}`)), patch.Rules{})
	if err != nil || !got.Members.Empty() || !slices.Contains(got.Leniencies, "unknown-attribute:members") || got.Document["title"] != "N" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = patch.Apply(rt, user, mustDecodeCompact(t, message(`{"op":"add","path":"members","value":[{"value":"A"}]}`)), patch.Rules{})
	if e := scim.AsError(err); e.Type != scim.TypeInvalidPath {
		t.Errorf("got %v", err)
	}
	mails, err := patch.Apply(rt, user, mustDecodeCompact(t, message(`{"op":"replace","value":[{"value":"a@b","type":"work","display":"A"}],"path":"emails"}`)), patch.Rules{})
	if err != nil || mails.Document["emails"].([]any)[0].(scim.Document)["display"] != "A" {
		t.Errorf("%v, %v", mails.Document, err)
	}
}

// E-57: as many members as a body can hold.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	rt := schematest.Group(t)
	var list []string
	for i := range 100_000 {
		list = append(list, fmt.Sprintf(`{"value":"U%d"}`, i))
	}
	current, calls := team(t, rt)
	for _, op := range []string{"add", "replace", "remove"} {
		begin := time.Now()
		got, err := patch.Apply(rt, current, mustDecodeCompact(t, message(`{"op":"`+op+`","path":"members","value":[`+strings.Join(list, ",")+`]}`)), patch.Rules{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.Members.Add) + len(got.Members.Remove); n != len(list) || *calls > 0 {
			t.Errorf("%s: %d members, %d reads", op, n, *calls)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", op, took)
		}
	}
}
