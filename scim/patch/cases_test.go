package patch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// joined is the user that Microsoft's validation service starts with (V-B1).
const joined = `{"schemas":["USER","ENT"],"userName":"odile@kranz.example","active":true,"displayName":"QWHRTZ","title":"PLMNBV",
	"emails":[{"type":"work","value":"odile.k@kranz.example","primary":true}],"preferredLanguage":"cy-GB",
	"name":{"givenName":"Odile","familyName":"Kranz","formatted":"Odi","middleName":"R","honorificPrefix":"Dr","honorificSuffix":"II"},
	"addresses":[{"type":"work","formatted":"AAAA","streetAddress":"9 Rue X","locality":"BBBB","region":"CCCC","postalCode":"zl48 3xh","primary":true,"country":"Belize"}],
	"phoneNumbers":[{"type":"work","value":"56-357-7743","primary":true},{"type":"mobile","value":"56-357-7743"},{"type":"fax","value":"56-357-7743"}],
	"ENT":{"employeeNumber":"N1","department":"D1","costCenter":"C1","organization":"O1","division":"V1","manager":{"value":"NOSUCHUSER"}},
	"roles":[{"primary":true,"display":"DDDD","value":"EEEE","type":"FFFF"}],
	"userType":"T1","nickName":"N","locale":"random","timezone":"random","profileUrl":"random"}`

// dialogues are what the acceptance checks send, and what the members they name become.
var dialogues = []struct{ name, user, ops, want string }{
	{"V-06", joined, `{"op":"replace","value":{"displayName":"D2","name.givenName":"G2","name.familyName":"F2","title":"T2","ENT:department":"D2","ENT:manager":"M2","active":true}}`,
		`{"displayName":"D2","title":"T2","name":{"givenName":"G2","familyName":"F2","formatted":"Odi","middleName":"R","honorificPrefix":"Dr","honorificSuffix":"II"},
		"ENT":{"employeeNumber":"N1","department":"D2","costCenter":"C1","organization":"O1","division":"V1","manager":{"value":"M2"}}}`},
	{"V-07", joined, `{"op":"replace","path":"displayName","value":"D2"},{"op":"replace","path":"name.givenName","value":"G2"},
		{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@kranz.example"},{"op":"replace","path":"emails[type eq \"work\"].primary","value":true},
		{"op":"replace","path":"addresses[type eq \"work\"].country","value":"Chad"},{"op":"replace","path":"phoneNumbers[type eq \"fax\"].value","value":"1"},
		{"op":"replace","path":"roles[primary eq \"True\"].value","value":"R2"},{"op":"replace","path":"ENT:costCenter","value":"C2"}`,
		`{"displayName":"D2","name":{"givenName":"G2","familyName":"Kranz","formatted":"Odi","middleName":"R","honorificPrefix":"Dr","honorificSuffix":"II"},
		"emails":[{"type":"work","value":"new@kranz.example","primary":true}],
		"addresses":[{"type":"work","formatted":"AAAA","streetAddress":"9 Rue X","locality":"BBBB","region":"CCCC","postalCode":"zl48 3xh","primary":true,"country":"Chad"}],
		"phoneNumbers":[{"type":"work","value":"56-357-7743","primary":true},{"type":"mobile","value":"56-357-7743"},{"type":"fax","value":"1"}],
		"roles":[{"primary":true,"display":"DDDD","value":"R2","type":"FFFF"}],
		"ENT":{"employeeNumber":"N1","department":"D1","costCenter":"C2","organization":"O1","division":"V1","manager":{"value":"NOSUCHUSER"}}}`},
	{"V-09", joined, `{"op":"replace","path":"active","value":false}`, `{"active":false}`},
	{"V-10", bare, `{"op":"add","value":{"displayName":"D","name.givenName":"G","name.familyName":"F","ENT:department":"D","emails":[{"type":"work","value":"a@b","primary":"True"}]}}`,
		`{"displayName":"D","name":{"givenName":"G","familyName":"F"},"ENT":{"department":"D"},"emails":[{"type":"work","value":"a@b","primary":true}],"schemas":["USER","ENT"]}`},
	{"V-11 verbose", bare, `{"op":"add","path":"emails[type eq \"work\"].value","value":"a@b"},{"op":"add","path":"emails[type eq \"work\"].primary","value":true},
		{"op":"add","path":"roles[primary eq \"True\"].display","value":"D"},{"op":"add","path":"roles[primary eq \"True\"].value","value":"V"},{"op":"add","path":"roles[primary eq \"True\"].type","value":"T"},
		{"op":"add","path":"addresses[type eq \"work\"].formatted","value":"A"},{"op":"add","path":"addresses[type eq \"work\"].country","value":"C"},
		{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"1"},{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"2"},{"op":"add","path":"phoneNumbers[type eq \"fax\"].value","value":"3"},
		{"op":"add","path":"name.givenName","value":"G"},{"op":"add","path":"ENT:employeeNumber","value":"N"},{"op":"add","path":"ENT:manager","value":"M"},{"op":"add","path":"active","value":true}`,
		`{"emails":[{"type":"work","value":"a@b","primary":true}],"roles":[{"primary":true,"display":"D","value":"V","type":"T"}],"addresses":[{"type":"work","formatted":"A","country":"C"}],
		"phoneNumbers":[{"type":"work","value":"1"},{"type":"mobile","value":"2"},{"type":"fax","value":"3"}],"name":{"givenName":"G"},"ENT":{"employeeNumber":"N","manager":{"value":"M"}},"active":true,"schemas":["USER","ENT"]}`},
	{"V-12", bare, `{"op":"add","path":"ENT:manager","value":"M1"}`, `{"ENT":{"manager":{"value":"M1"}},"schemas":["USER","ENT"]}`},
	{"V-13", `{"userName":"u","ENT":{"manager":{"value":"M1"}}}`, `{"op":"replace","path":"ENT:manager","value":"M2"}`, `{"ENT":{"manager":{"value":"M2"}}}`},
	{"V-14", `{"userName":"u","ENT":{"manager":{"value":"M1"}}}`, `{"op":"replace","path":"ENT:manager","value":""}`, `{"ENT":null,"schemas":["USER"]}`},
	{"V-31", joined, `{"op":"remove","path":"displayName"},{"op":"add","path":"displayName","value":"A"},{"op":"replace","path":"displayName","value":"B"}`, `{"displayName":"B"}`},
	{"V-46", `{"userName":"u"}`, `{"op":"add","path":"ENT:manager","value":"M1"},{"op":"replace","path":"ENT:manager","value":"M2"},{"op":"replace","path":"ENT:manager","value":""}`, `{}`},
	{"C-04", start, `{"op":"replace","path":"name.givenName","value":"G2"},{"op":"replace","path":"name.familyName","value":"F2"},{"op":"replace","path":"active","value":false}`, `{"name":{"givenName":"G2","familyName":"F2"},"active":false}`},
	{"E-37 JSON in a string, kept", bare, `{"op":"Add","path":"roles","value":[{"primary":"False","type":"WindowsAzureActiveDirectoryRole","value":"{\"id\":\"25\",\"value\":\"25\",\"displayName\":\"Role25\"}"}]}`,
		`{"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","value":"{\"id\":\"25\",\"value\":\"25\",\"displayName\":\"Role25\"}"}]}`},
	{"E-37 single", bare, `{"op":"add","value":{"roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"admin"}]}}`, `{"roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"admin"}]}`},
	{"O-10 and back", start, `{"op":"replace","value":{"active":false}},{"op":"replace","value":{"active":true}}`, `{}`},
	{"R-63 over operations", start, `{"op":"add","path":"emails","value":[{"value":"z@x","type":"other","primary":true}]},{"op":"add","path":"emails[type eq \"home\"].primary","value":true}`,
		`{"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x","primary":true},{"value":"z@x","type":"other","primary":false}]}`},
	{"R-63 the old one again", start, `{"op":"add","path":"emails[type eq \"home\"].primary","value":true},{"op":"add","path":"emails","value":[{"type":"work","value":"w@x","primary":true}]}`,
		`{"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x","primary":false}]}`},
	{"R-70e primary moves", start, `{"op":"replace","path":"emails[type eq \"home\"]","value":{"value":"n@x","primary":true}},{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"m@x"}}`,
		`{"emails":[{"type":"work","value":"m@x"},{"type":"home","value":"n@x","primary":true}]}`},
	{"R-70o add", start, `{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}`,
		`{"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"},{"value":"babs@jensen.org","type":"home"}],"nickName":"Babs"}`},
	{"R-70o replace", start, `{"op":"replace","value":{"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}`,
		`{"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"nickName":"Babs"}`},
	{"R-70o replace an address", `{"userName":"u","addresses":[{"type":"work","locality":"L"},{"type":"home","locality":"H"}]}`,
		`{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","primary":true}}`,
		`{"addresses":[{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","primary":true},{"type":"home","locality":"H"}]}`},
	{"R-70o replace a street", `{"userName":"u","addresses":[{"type":"work","streetAddress":"S"}]}`, `{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}`,
		`{"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave"}]}`},
}

func TestAcceptanceChecks(t *testing.T) {
	t.Parallel()
	played := board.Begin(t, "I65").Sum("dialogues of clients", 20)
	rt := schematest.User(t)
	for _, c := range dialogues {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			played.Add(1)
			user := mustNormalize(t, rt, c.user)
			got, err := patch.Apply(rt, patch.Current{Document: user}, mustDecode(t, message(c.ops)), patch.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted(t, user, c.want), got.Document); diff != "" {
				t.Error(diff)
			}
			if got.Changed != (c.want != `{}`) {
				t.Errorf("Changed = %v", got.Changed)
			}
			checkNormal(t, rt, got.Document)
		})
	}
}

// V-43: for every attribute that a mapping may name, "" and then null clear it.
func TestV43(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	user := mustNormalize(t, rt, joined)
	var paths []string
	each := func(prefix string, list []*schema.Attribute) {
		for _, a := range list {
			if a.Required || a.Mutability == schema.ReadOnly {
				continue
			}
			paths = append(paths, prefix+a.Name)
			for _, sub := range a.SubAttributes {
				if sub.Mutability == schema.ReadOnly {
					continue
				}
				if !a.MultiValued {
					paths = append(paths, prefix+a.Name+"."+sub.Name)
					continue
				}
				kind, _ := a.Sub("type")
				for _, value := range kind.CanonicalValues {
					paths = append(paths, fmt.Sprintf("%s%s[type eq %q].%s", prefix, a.Name, value, sub.Name))
				}
			}
		}
	}
	each("", rt.Core.Attributes)
	each(ent+":", rt.Extensions[0].Schema.Attributes)
	if len(paths) < 150 {
		t.Fatalf("only %d paths", len(paths))
	}
	for _, path := range paths {
		quoted, err := json.Marshal(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{`""`, `null`} {
			got, err := patch.Apply(rt, patch.Current{Document: user}, mustDecode(t, message(`{"op":"replace","path":`+string(quoted)+`,"value":`+value+`}`)), patch.Rules{})
			if err != nil {
				t.Errorf("%s to %s: %v", path, value, err)
				continue
			}
			checkNormal(t, rt, got.Document)
			p, _ := rt.Resolve(strings.NewReplacer(`[type eq "work"]`, "").Replace(path))
			if v, ok := p.Value(got.Document); p.Attr != nil && p.SubName == "" && ok {
				t.Errorf("%s to %s leaves %v", path, value, v)
			}
		}
	}
}

// R-70i: whatever of an immutable attribute a change is about, what is set stays.
func TestImmutableOfEveryShape(t *testing.T) {
	t.Parallel()
	text := func(name string, m schema.Mutability) *schema.Attribute {
		return &schema.Attribute{Name: name, Type: schema.String, Mutability: m, Returned: schema.Default, Uniqueness: "none"}
	}
	tags, seat, desk := text("tags", schema.Immutable), text("seat", schema.Immutable), text("desk", schema.ReadWrite)
	tags.MultiValued = true
	seat.Type, seat.SubAttributes = schema.Complex, []*schema.Attribute{text("row", schema.ReadWrite), text("value", schema.ReadWrite)}
	desk.Type, desk.SubAttributes = schema.Complex, []*schema.Attribute{text("number", schema.Immutable), text("note", schema.ReadWrite)}
	const urn = "urn:acme:2.0:User"
	base, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	set, err := base.With(schema.Addition{Type: scim.TypeUser, Schema: &schema.Schema{URN: urn, Name: "Acme", Attributes: []*schema.Attribute{tags, seat, desk}}})
	if err != nil {
		t.Fatal(err)
	}
	rt, _ := set.Type(scim.TypeUser)
	const full = `{"userName":"u","` + urn + `":{"tags":["a","b"],"seat":{"row":"1","value":"7"},"desk":{"number":"9","note":"n"}}}`
	for _, c := range []struct {
		name, user, op string
		refused        bool
	}{
		{"list, unset", bare, `{"op":"add","path":"` + urn + `:tags","value":["x"]}`, false},
		{"list, the same", full, `{"op":"add","path":"` + urn + `:tags","value":["a"]}`, false},
		{"list, one more", full, `{"op":"add","path":"` + urn + `:tags","value":["c"]}`, true},
		{"list, one less", full, `{"op":"remove","path":"` + urn + `:tags","value":["a"]}`, true},
		{"list, replaced", full, `{"op":"replace","path":"` + urn + `:tags","value":["c"]}`, true},
		{"list, removed", full, `{"op":"remove","path":"` + urn + `:tags"}`, true},
		{"object, unset", bare, `{"op":"add","path":"` + urn + `:seat","value":{"row":"2"}}`, false},
		{"object, the same", full, `{"op":"replace","path":"` + urn + `:seat","value":{"row":"1"}}`, false},
		{"object, a part", full, `{"op":"replace","path":"` + urn + `:seat.row","value":"2"}`, true},
		{"object, merged", full, `{"op":"add","path":"` + urn + `:seat","value":{"row":"2"}}`, true},
		{"object, a part removed", full, `{"op":"remove","path":"` + urn + `:seat.row"}`, true},
		{"part, unset", bare, `{"op":"add","path":"` + urn + `:desk.number","value":"1"}`, false},
		{"part, another", full, `{"op":"replace","path":"` + urn + `:desk.number","value":"1"}`, true},
		{"part, merged", full, `{"op":"replace","path":"` + urn + `:desk","value":{"number":"1","note":"m"}}`, true},
		{"part, its neighbour", full, `{"op":"replace","path":"` + urn + `:desk.note","value":"m"}`, false},
		{"part, removed", full, `{"op":"remove","path":"` + urn + `:desk.number"}`, true},
	} {
		_, err := patch.Apply(rt, patch.Current{Document: mustNormalize(t, rt, c.user)}, mustDecode(t, message(c.op)), patch.Rules{})
		if (err != nil) != c.refused || err != nil && scim.AsError(err).Type != scim.TypeMutability {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A leaver is deactivated, whatever a schema declared since asks of the rest.
func TestWhatWasThereBeforeIsNoReasonToRefuse(t *testing.T) {
	t.Parallel()
	const urn = "urn:zenith:2.0:User"
	base, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	user := mustNormalize(t, schematest.User(t), `{"userName":"u","active":true,"urn:ZENITH:2.0:User":{"Level":"three","other":"x"}}`)
	level := &schema.Attribute{Name: "level", Type: schema.Integer, Mutability: schema.ReadWrite, Returned: schema.Default, Uniqueness: "none"}
	code := &schema.Attribute{Name: "code", Type: schema.String, Required: true, Mutability: schema.ReadWrite, Returned: schema.Default, Uniqueness: "none"}
	set, err := base.With(schema.Addition{Type: scim.TypeUser, Required: true, Schema: &schema.Schema{URN: urn, Name: "Acme", Attributes: []*schema.Attribute{level, code}}})
	if err != nil {
		t.Fatal(err)
	}
	rt, _ := set.Type(scim.TypeUser)
	apply := func(op string) (scim.Document, error) {
		got, err := patch.Apply(rt, patch.Current{Document: user}, mustDecode(t, message(op)), patch.Rules{})
		return got.Document, err
	}
	left, err := apply(`{"op":"Replace","path":"active","value":"False"}`)
	if err != nil || left["active"] != false {
		t.Fatalf("%v, %v", left, err)
	}
	if diff := cmp.Diff(scim.Document{"level": "three"}, left[urn]); diff != "" {
		t.Error(diff)
	}
	promoted, err := apply(`{"op":"replace","path":"` + urn + `:level","value":4}`)
	if diff := cmp.Diff(scim.Document{"level": json.Number("4")}, promoted[urn]); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := apply(`{"op":"replace","path":"` + urn + `:level","value":"four"}`); err == nil {
		t.Error("a new value that does not fit was accepted")
	}
}
