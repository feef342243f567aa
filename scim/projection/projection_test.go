package projection_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

const (
	ent  = scim.SchemaEnterprise
	acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
)

// expand writes the short names of the case list out.
func expand(s string) string {
	return strings.NewReplacer("USER", scim.SchemaUser, "ENT", ent, "ACME", acme).Replace(s)
}

// mustThing is a type with every choice of returned, in the core and in an extension.
func mustThing(tb testing.TB) *schema.ResourceType {
	tb.Helper()
	attribute := func(name, returned, subs string) string {
		kind := "string"
		if subs != "" {
			kind = "complex"
		}
		return fmt.Sprintf(`{"name":%q,"type":%q,"multiValued":%v,"mutability":"readWrite","returned":%q,"uniqueness":"none","subAttributes":[%s]}`,
			name, kind, subs != "", returned, subs)
	}
	subs := func() string {
		return attribute("a", "always", "") + "," + attribute("d", "default", "") + "," +
			attribute("r", "request", "") + "," + attribute("n", "never", "")
	}
	all := func() string {
		return attribute("alw", "always", subs()) + "," + attribute("def", "default", subs()) + "," +
			attribute("req", "request", subs()) + "," + attribute("nev", "never", "")
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	set, err := schema.LoadFS(fstest.MapFS{
		"common.json":         file(`{"id":"urn:c","name":"C","attributes":[` + attribute("schemas", "always", "") + `,` + attribute("id", "always", "") + `]}`),
		"thing.json":          file(`{"id":"urn:thing","name":"Thing","attributes":[` + all() + `]}`),
		"badge.json":          file(`{"id":"urn:badge:1.0","name":"Badge","attributes":[` + all() + `]}`),
		"resource_types.json": file(`[{"name":"Thing","endpoint":"/Things","schema":"urn:thing","schemaExtensions":[{"schema":"urn:badge:1.0"}]}]`),
	})
	if err != nil {
		tb.Fatal(err)
	}
	rt, _ := set.Type("Thing")
	return rt
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(body), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

func mustParse(tb testing.TB, rt *schema.ResourceType, attributes, excluded string) projection.Projection {
	tb.Helper()
	p, err := projection.Parse(rt, projection.Split(expand(attributes)), projection.Split(expand(excluded)))
	if err != nil {
		tb.Fatalf("%q %q: %v", attributes, excluded, err)
	}
	return p
}

const ines = `{"schemas":["USER","ENT","ACME"],"id":"u1","externalId":"x1","userName":"ines","active":true,
	"name":{"familyName":"Moreau","givenName":"Ines"},
	"emails":[{"type":"work","value":"i@a.example","primary":true},{"type":"home"}],
	"groups":[{"value":"g1","display":"Finance"}],
	"ENT":{"department":"D","manager":{"value":"u2"}},
	"ACME":{"costGroup":"K9","badge":{"no":7,"color":"red"}},
	"meta":{"resourceType":"User","version":"W/\"1\""}}`

var projected = []struct{ name, attributes, excluded, want string }{
	{"R-44", "userName", "", `{"schemas":["USER"],"id":"u1","userName":"ines"}`},
	{"R-44 meta only if asked", "meta", "", `{"schemas":["USER"],"id":"u1","meta":{"resourceType":"User","version":"W/\"1\""}}`},
	{"R-45", "UsERNAME,name.familyName,ENT:department", "", `{"schemas":["USER","ENT"],"id":"u1","userName":"ines","name":{"familyName":"Moreau"},"ENT":{"department":"D"}}`},
	{"R-45 core URN", "USER:NAME.givenname,urn:IETF:params:scim:schemas:core:2.0:user:active", "", `{"schemas":["USER"],"id":"u1","name":{"givenName":"Ines"},"active":true}`},
	{"R-46", "", "id,groups", `{"schemas":["USER","ENT","ACME"],"id":"u1","externalId":"x1","userName":"ines","active":true,
		"name":{"familyName":"Moreau","givenName":"Ines"},"emails":[{"type":"work","value":"i@a.example","primary":true},{"type":"home"}],
		"ENT":{"department":"D","manager":{"value":"u2"}},"ACME":{"costGroup":"K9","badge":{"no":7,"color":"red"}},"meta":{"resourceType":"User","version":"W/\"1\""}}`},
	{"R-46 schemas stay", "", "schemas,emails,name,meta,externalId,active,groups,ENT,ACME", `{"schemas":["USER"],"id":"u1","userName":"ines"}`},
	{"V-63", `emails[type eq "work"]`, "", `{"schemas":["USER"],"id":"u1","emails":[{"type":"work","value":"i@a.example","primary":true},{"type":"home"}]}`},
	{"V-63 with a sub-attribute", `emails[type eq "a,]" and value co ","].type,userName`, "", `{"schemas":["USER"],"id":"u1","emails":[{"type":"work"},{"type":"home"}],"userName":"ines"}`},
	{"V-63 never closed", `emails[type eq "work",userName`, "", `{"schemas":["USER"],"id":"u1"}`},
	{"E-15", "id", "", `{"schemas":["USER"],"id":"u1"}`},
	{"E-15 manager without its URN", "manager", "", `{"schemas":["USER","ENT"],"id":"u1","ENT":{"manager":{"value":"u2"}}}`},
	{"spaces and empty items", " ,, userName , ,", "", `{"schemas":["USER"],"id":"u1","userName":"ines"}`},
	{"a sub-attribute no element has", "emails.display", "", `{"schemas":["USER"],"id":"u1"}`},
	{"a sub-attribute some elements have", "emails.value", "", `{"schemas":["USER"],"id":"u1","emails":[{"value":"i@a.example"}]}`},
	{"both an attribute and its part", "name.familyName,name", "", `{"schemas":["USER"],"id":"u1","name":{"familyName":"Moreau","givenName":"Ines"}}`},
	{"a sub-attribute of a reference", "manager.displayName", "", `{"schemas":["USER"],"id":"u1"}`},
	{"an extension", "ENT", "", `{"schemas":["USER","ENT"],"id":"u1","ENT":{"department":"D","manager":{"value":"u2"}}}`},
	{"an extension without schema", "URN:ietf:params:scim:schemas:extension:Acme:2.0:uSer", "", `{"schemas":["USER","ACME"],"id":"u1","ACME":{"costGroup":"K9","badge":{"no":7,"color":"red"}}}`},
	{"its attribute", "ACME:COSTGROUP", "", `{"schemas":["USER","ACME"],"id":"u1","ACME":{"costGroup":"K9"}}`},
	{"its sub-attribute", "ACME:badge.NO", "", `{"schemas":["USER","ACME"],"id":"u1","ACME":{"badge":{"no":7}}}`},
	{"a part of its simple attribute", "ACME:costGroup.x", "", `{"schemas":["USER"],"id":"u1"}`},
	{"unknown", "nosuch,name.nosuch,password", "", `{"schemas":["USER"],"id":"u1"}`},
	{"excluded sub-attributes", "", "name.familyName,name.givenName,emails.value,emails.primary,ENT:manager.value,ACME:badge.color,groups,meta.version,externalId,userName",
		`{"schemas":["USER","ENT","ACME"],"id":"u1","active":true,"emails":[{"type":"work"},{"type":"home"}],"ENT":{"department":"D"},"ACME":{"costGroup":"K9","badge":{"no":7}},"meta":{"resourceType":"User"}}`},
	{"excluded sub-attribute that was all an element had", "", "USER,emails.type", `{"schemas":["USER","ENT","ACME"],"id":"u1","ENT":{"department":"D","manager":{"value":"u2"}},"ACME":{"costGroup":"K9","badge":{"no":7,"color":"red"}}}`},
}

func TestApply(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range projected {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := mustDecode(t, expand(ines))
			got := mustParse(t, rt, c.attributes, c.excluded).Apply(doc)
			if diff := cmp.Diff(mustDecode(t, expand(c.want)), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(mustDecode(t, expand(ines)), doc); diff != "" {
				t.Errorf("the resource was changed: %s", diff)
			}
		})
	}
}

func TestTheCoreByItsURN(t *testing.T) {
	t.Parallel()
	doc := mustDecode(t, expand(ines))
	got := mustParse(t, schematest.User(t), "USER", "").Apply(doc)
	delete(doc, ent)
	delete(doc, acme)
	doc["schemas"] = []any{scim.SchemaUser}
	if diff := cmp.Diff(doc, got); diff != "" {
		t.Error(diff)
	}
}

func TestElementsLeftEmptyDisappear(t *testing.T) {
	t.Parallel()
	doc := scim.Document{"id": "u1", "emails": []any{scim.Document{"type": "home"}, scim.Document{"type": "work", "value": "x"}}}
	got := schematest.Encode(t, mustParse(t, schematest.User(t), "", "emails.type").Apply(doc))
	if want := `{"emails":[{"value":"x"}],"id":"u1"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReturned has every characteristic on both levels, in the core and in an extension.
func TestReturned(t *testing.T) {
	t.Parallel()
	rt := mustThing(t)
	subs := `[{"a":"1","d":"1","r":"1","n":"1"}]`
	all := `"alw":` + subs + `,"def":` + subs + `,"req":` + subs + `,"nev":"1"`
	whole := `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1",` + all + `,"urn:badge:1.0":{` + all + `}}`
	for _, c := range []struct{ name, attributes, excluded, want string }{
		{"nothing asked for", "", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}]}}`},
		{"always is always there", "id", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"also when a part is named", "alw.r", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1","r":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"request when named", "req", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"req":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"a part by request when named", "def,def.r", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1","r":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"the part always there beside the named", "def.r", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1","r":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"never, though named", "nev,def.n,urn:badge:1.0:nev", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"the URN is not the name of what is sent by request", "urn:thing,urn:badge:1.0", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}]}}`},
		{"the URN and a name by request", "urn:badge:1.0,urn:badge:1.0:req.d", "", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}],"req":[{"a":"1","d":"1"}]}}`},
		{"always, though excluded", "", "alw,def.a,urn:badge:1.0", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}]}}`},
		{"excluding brings nothing by request", "", "def", `{"schemas":["urn:thing","urn:badge:1.0"],"id":"1","alw":[{"a":"1","d":"1"}],"urn:badge:1.0":{"alw":[{"a":"1","d":"1"}],"def":[{"a":"1","d":"1"}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := mustParse(t, rt, c.attributes, c.excluded).Apply(mustDecode(t, whole))
			if diff := cmp.Diff(mustDecode(t, c.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	user, thing := schematest.User(t), mustThing(t)
	for _, c := range []struct {
		name                            string
		rt                              *schema.ResourceType
		attributes, excluded, attribute string
		want                            bool
	}{
		{"nothing asked for", user, "", "", "groups", true},
		{"E-16", user, "", "groups", "groups", false},
		{"E-16 in any case", user, "", "GROUPS", "Groups", false},
		{"a part excluded", user, "", "groups.display", "groups", true},
		{"another excluded", user, "", "emails", "groups", true},
		{"O-28 not named", user, "userName", "", "groups", false},
		{"named", user, "groups", "", "groups", true},
		{"a part named", user, "groups.value", "", "groups", true},
		{"the core named", user, "USER", "", "groups", true},
		{"the core excluded", user, "", "USER", "groups", false},
		{"always", user, "", "id", "id", true},
		{"never", user, "", "", "password", false},
		{"in an extension", user, "manager", "", "manager", true},
		{"in an extension not named", user, "userName", "", "ENT:manager", false},
		{"in an extension excluded", user, "", "ENT", "manager", false},
		{"by request, not named", thing, "", "", "req", false},
		{"by request, named", thing, "req", "", "req", true},
		{"by request, excluding others", thing, "", "def", "req", false},
		{"always in an extension excluded", thing, "", "urn:badge:1.0", "urn:badge:1.0:alw", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := mustParse(t, c.rt, c.attributes, c.excluded).Wants(expand(c.attribute)); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestNothingAskedFor(t *testing.T) {
	t.Parallel()
	for _, attributes := range []string{"", " ", ",,"} {
		if p := mustParse(t, schematest.User(t), attributes, attributes); !p.All() {
			t.Errorf("%q asks for something", attributes)
		}
	}
	if mustParse(t, schematest.User(t), "nosuch", "").All() {
		t.Error("an unknown attribute asks for everything")
	}
	doc := mustDecode(t, expand(ines))
	if diff := cmp.Diff(doc, mustParse(t, schematest.User(t), "", "").Apply(doc)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(doc, projection.Projection{}.Apply(doc)); diff != "" || !(projection.Projection{}).Wants("groups") {
		t.Error("the zero value restricts: " + diff)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	p := mustParse(t, schematest.User(t), "userName,nosuch,name.nosuch,a b,ENT:nosuch,"+strings.Repeat("n", 300), "")
	want := []string{"nosuch", "name.nosuch", "a b", scim.ClipName(ent + ":nosuch"), strings.Repeat("n", 64) + "…"}
	if diff := cmp.Diff(want, p.Unknown()); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range []struct {
		name                 string
		attributes, excluded []string
		scimType             string
	}{
		{"R-47", []string{"userName"}, []string{"emails"}, scim.TypeInvalidSyntax},
		{"too many", slices.Repeat([]string{"userName"}, 201), nil, scim.TypeInvalidValue},
		{"too many in one text", nil, []string{strings.Repeat("id,", 201)}, scim.TypeInvalidValue},
		{"too long", []string{strings.Repeat("n", 513)}, nil, scim.TypeInvalidValue},
		{"too long a text", []string{strings.Repeat(",", 200_000)}, nil, scim.TypeInvalidValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := projection.Parse(rt, c.attributes, c.excluded)
			if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != c.scimType || e.Detail == "" {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := projection.Parse(rt, slices.Repeat([]string{"userName"}, 200), []string{" "}); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"a,b":                        {"a", "b"},
		"a":                          {"a"},
		"a,":                         {"a", ""},
		`e[v eq "a,b"],c`:            {`e[v eq "a,b"]`, "c"},
		`e[v eq "]\"]," or v pr].d,`: {`e[v eq "]\"]," or v pr].d`, ""},
		`e[v eq "a,b`:                {`e[v eq "a,b`},
	} {
		if diff := cmp.Diff(want, projection.Split(text)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func FuzzApply(f *testing.F) {
	for _, c := range projected {
		f.Add(expand(c.attributes), expand(c.excluded))
	}
	f.Add(`emails[value eq "a,b"],urn:x:y.z:a`, "")
	rt := schematest.User(f)
	doc := mustDecode(f, expand(ines))
	whole := schematest.Encode(f, doc)
	f.Fuzz(func(t *testing.T, attributes, excluded string) {
		p, err := projection.Parse(rt, projection.Split(attributes), projection.Split(excluded))
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidSyntax && e.Type != scim.TypeInvalidValue {
				t.Fatalf("%#v", e)
			}
			return
		}
		got := p.Apply(doc)
		if got["id"] != "u1" || schematest.Encode(t, doc) != whole {
			t.Fatal("the id is gone or the resource changed")
		}
		for _, urn := range got["schemas"].([]any) {
			if _, there := got[urn.(string)]; !there && urn != scim.SchemaUser {
				t.Fatalf("schemas names %s, of which nothing is sent", urn)
			}
		}
		for key := range maps.Keys(got) {
			if !p.Wants(key) {
				t.Fatalf("%s is sent but not wanted", key)
			}
		}
		if again := p.Apply(got); schematest.Encode(t, again) != schematest.Encode(t, got) {
			t.Fatal("applying twice differs")
		}
	})
}

// The measure beside it is what follows every projection: the document is written as JSON.
func BenchmarkApply(b *testing.B) {
	rt := schematest.User(b)
	doc := mustDecode(b, expand(ines))
	b.Run("baseline-encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, c := range []struct{ name, attributes, excluded string }{
		{"all", "", ""}, {"id", "id", ""}, {"few", "userName,name.familyName,emails.value,ENT:department", ""}, {"without", "", "groups"},
	} {
		p := mustParse(b, rt, c.attributes, c.excluded)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Apply(doc)
			}
		})
	}
}
