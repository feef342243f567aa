package order_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/order"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// mustThing is a type with one attribute of each data type a User does not have.
func mustThing(tb testing.TB) *schema.ResourceType {
	tb.Helper()
	attribute := func(name, kind string, exact bool) string {
		return fmt.Sprintf(`{"name":%q,"type":%q,"caseExact":%v,"mutability":"readWrite","returned":"default","uniqueness":"none"}`, name, kind, exact)
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	set, err := schema.LoadFS(fstest.MapFS{
		"common.json": file(`{"id":"urn:c","name":"C","attributes":[]}`),
		"thing.json": file(`{"id":"urn:thing","name":"Thing","attributes":[` + attribute("count", "integer", false) + `,` + attribute("ratio", "decimal", false) + `,` +
			attribute("seen", "dateTime", false) + `,` + attribute("blob", "binary", false) + `,` + attribute("code", "string", true) + `]}`),
		"resource_types.json": file(`[{"name":"Thing","endpoint":"/Things","schema":"urn:thing"}]`),
	})
	if err != nil {
		tb.Fatal(err)
	}
	rt, _ := set.Type("Thing")
	return rt
}

func mustParse(tb testing.TB, rt *schema.ResourceType, sortBy, sortOrder string) order.Order {
	tb.Helper()
	o, err := order.Parse(rt, sortBy, sortOrder)
	if err != nil {
		tb.Fatalf("%s %s: %v", sortBy, sortOrder, err)
	}
	return o
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(body), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

// sorted are the ids of the bodies in order. The first body is "a", the next "b".
func sorted(tb testing.TB, o order.Order, bodies ...string) string {
	tb.Helper()
	var places []order.Place
	for i, body := range bodies {
		id := string(rune('a' + i))
		s := filter.Subject{ID: id, Type: scim.TypeUser, Created: time.Date(2026, 1, 31-i, 0, 0, 0, 0, time.UTC), Document: mustDecode(tb, body)}
		places = append(places, o.Place(s))
	}
	slices.SortFunc(places, o.Compare)
	ids := ""
	for _, p := range places {
		ids += p.ID
	}
	return ids
}

func TestOrder(t *testing.T) {
	t.Parallel()
	user, thing := schematest.User(t), mustThing(t)
	for _, c := range []struct {
		name              string
		rt                *schema.ResourceType
		sortBy, sortOrder string
		bodies            []string
		want              string
	}{
		{"nothing asked for", user, "", "", []string{`{"userName":"z"}`, `{"userName":"y"}`}, "ab"},
		{"a sortOrder alone", user, "", "descending", []string{`{"userName":"z"}`, `{"userName":"y"}`}, "ab"},
		{"R-49", user, "name.familyName", "descending", []string{`{"name":{"familyName":"A"}}`, `{"name":{"familyName":"b"}}`, `{}`, `{"name":{"familyName":"C"}}`, `{"name":{"givenName":"x"}}`}, "cedba"},
		{"R-49 ascending by default, absent last", user, "NAME.FAMILYNAME", "", []string{`{}`, `{"name":{"familyName":"b"}}`, `{"name":{"familyName":"A"}}`, `{"name":{"familyName":""}}`}, "cbad"},
		{"R-49 primary, else first", user, "emails", "Ascending", []string{
			`{"emails":[{"value":"a@x"},{"value":"d@x","primary":true}]}`, `{"emails":[{"value":"C@x"},{"value":"a@x"}]}`, `{"emails":[{"value":"b@x"},{"value":"a@x","primary":false}]}`}, "cba"},
		{"R-49 a sub-attribute of the primary", user, "emails.type", "", []string{
			`{"emails":[{"type":"a"},{"type":"z","primary":true}]}`, `{"emails":[{"type":"m"}]}`, `{"emails":[{"type":"a"},{"value":"x","primary":true}]}`}, "bac"},
		{"caseExact", user, "externalId", "", []string{`{"externalId":"a"}`, `{"externalId":"B"}`, `{"externalId":"A"}`}, "cba"},
		{"in any case", user, "userName", "", []string{`{"userName":"b"}`, `{"userName":"A"}`, `{"userName":"a"}`, `{"userName":"ﬀ"}`, `{"userName":"fe"}`}, "bcaed"},
		{"equal by id in both directions", user, "title", "descending", []string{`{"title":"x"}`, `{"title":"X"}`, `{"title":"y"}`, `{"title":"x"}`}, "cabd"},
		{"booleans", user, "active", "", []string{`{"active":true}`, `{}`, `{"active":false}`}, "cab"},
		{"id", user, "id", "descending", []string{`{}`, `{}`, `{}`}, "cba"},
		{"meta", user, "meta.created", "", []string{`{}`, `{}`, `{}`}, "cba"},
		{"meta of the document", user, "meta.lastModified", "", []string{`{"meta":{"lastModified":"2026-01-02T00:00:00Z"}}`, `{"meta":{"lastModified":"2026-01-02T00:30:00+01:00"}}`}, "ba"},
		{"meta that all share", user, "meta.resourceType", "descending", []string{`{}`, `{}`}, "ab"},
		{"an extension by its URN", user, scim.SchemaEnterprise + ":department", "", []string{`{"` + scim.SchemaEnterprise + `":{"department":"b"}}`, `{"` + scim.SchemaEnterprise + `":{"department":"A"}}`}, "ba"},
		{"a reference by its value", user, "manager", "", []string{`{"` + scim.SchemaEnterprise + `":{"manager":{"value":"u2"}}}`, `{"` + scim.SchemaEnterprise + `":{"manager":{"value":"u1"}}}`}, "ba"},
		{"an extension without schema", user, "urn:acme:2.0:User:RANK", "", []string{`{"urn:acme:2.0:User":{"rank":"b"}}`, `{"urn:acme:2.0:User":{"rank":10}}`, `{"urn:acme:2.0:User":{"rank":9}}`, `{"urn:acme:2.0:User":{"rank":true}}`,
			`{"urn:acme:2.0:User":{"rank":[{"value":"A"}]}}`, `{"urn:acme:2.0:User":{"rank":{"x":[]}}}`}, "dcbeaf"},
		{"its sub-attribute", user, "urn:acme:2.0:User:badge.no", "", []string{`{"urn:acme:2.0:User":{"badge":{"no":2}}}`, `{"urn:acme:2.0:User":{"badge":{"no":1}}}`, `{"urn:acme:2.0:User":{"badge":0}}`}, "bac"},
		{"unknown", user, "nosuch", "descending", []string{`{"nosuch":"a"}`, `{"nosuch":"b"}`}, "ab"},
		{"integers", thing, "count", "", []string{`{"count":10}`, `{"count":9}`, `{"count":-1}`, `{"count":9007199254740993}`, `{"count":9007199254740992}`, `{"count":-12}`, `{"count":99999999999999999999}`, `{"count":9223372036854775807}`}, "fcbaedhg"},
		{"decimals", thing, "ratio", "", []string{`{"ratio":1e3}`, `{"ratio":-0.5}`, `{"ratio":1e-3}`, `{"ratio":-1e999}`, `{"ratio":1e999}`, `{"ratio":-0}`, `{"ratio":0}`}, "dbfgcae"},
		{"instants", thing, "seen", "", []string{`{"seen":"2026-03-01T10:00:00Z"}`, `{"seen":"2026-03-01T10:30:00+01:00"}`, `{"seen":"1600-01-01T00:00:00Z"}`, `{"seen":"2026-03-01T10:00:00.000000001Z"}`, `{"seen":"nonsense"}`}, "cbade"},
		{"binary", thing, "blob", "", []string{`{"blob":"b"}`, `{"blob":"a"}`, `{"blob":"B"}`}, "cba"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := sorted(t, mustParse(t, c.rt, c.sortBy, c.sortOrder), c.bodies...); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sortBy, sortOrder, detail string }{
		{"another sortOrder", "userName", "up", "sortOrder"},
		{"another sortOrder alone", "", "desc", "sortOrder"},
		{"never returned", "password", "", "password"},
		{"complex", "name", "", "sub-attributes"},
		{"complex, several", "addresses", "", "sub-attributes"},
		{"meta", "meta", "", "sub-attributes"},
		{"a schema", scim.SchemaEnterprise, "", "schema"},
		{"too long", strings.Repeat("a", 513), "", "longer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := order.Parse(schematest.User(t), c.sortBy, c.sortOrder)
			if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != scim.TypeInvalidValue || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for sortBy, want := range map[string]string{"nosuch": "nosuch", "name.nosuch": "name.nosuch", "a b": "a b", "userName": "", "": ""} {
		o := mustParse(t, rt, sortBy, "")
		if o.Unknown() != want {
			t.Errorf("%q: unknown %q", sortBy, o.Unknown())
		}
	}
}

// TestTypesTogether: a query of all resources sorts by an attribute that some types lack.
func TestTypesTogether(t *testing.T) {
	t.Parallel()
	for _, direction := range []string{"ascending", "descending"} {
		users, things := mustParse(t, schematest.User(t), "userName", direction), mustParse(t, mustThing(t), "userName", direction)
		a := users.Place(filter.Subject{ID: "2", Document: scim.Document{"userName": "z"}})
		b := things.Place(filter.Subject{ID: "1", Document: scim.Document{"userName": "a"}})
		if first := users.Compare(a, b) < 0; first != (direction == "ascending") || users.Compare(a, b) != things.Compare(a, b) {
			t.Errorf("%s: the thing without a userName stands wrong", direction)
		}
	}
}

func TestKeysSurviveCursors(t *testing.T) {
	t.Parallel()
	o := mustParse(t, schematest.User(t), "userName", "")
	for _, name := range []string{"", "ana", strings.Repeat("é", 400), strings.Repeat("x", 5000)} {
		k := o.Key(filter.Subject{Document: scim.Document{"userName": name}})
		got, err := order.ParseKey(k.Append(nil))
		if err != nil || got != k || len(k) > 513 {
			t.Errorf("%d bytes became %q: %v", len(k), got, err)
		}
	}
	none := o.Key(filter.Subject{})
	if got, err := order.ParseKey(nil); err != nil || got != none {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"x", "\x00", "\x40" + strings.Repeat("x", 513)} {
		if k, err := order.ParseKey([]byte(bad)); err == nil {
			t.Errorf("%q is a key", k)
		}
	}
}

// FuzzKey: keys stand to each other as their texts do.
func FuzzKey(f *testing.F) {
	f.Add("userName", "Ana", "ana")
	f.Add("externalId", "Ana", "ana")
	f.Add("meta.created", strings.Repeat("é", 300), "2026-01-01T00:00:00Z")
	f.Add("urn:acme:2.0:User:a.b", "", "ﬀ")
	rt := schematest.User(f)
	f.Fuzz(func(t *testing.T, sortBy, a, b string) {
		o, err := order.Parse(rt, sortBy, "")
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidValue {
				t.Fatalf("%#v", e)
			}
			return
		}
		key := func(text string) order.Key {
			k := o.Key(filter.Subject{Document: scim.Document{"userName": text, "externalId": text, "title": text,
				"emails": []any{scim.Document{"value": text}}, "meta": scim.Document{"created": text}}})
			if again, err := order.ParseKey(k.Append(nil)); err != nil || again != k {
				t.Fatalf("%q became %q: %v", k, again, err)
			}
			return k
		}
		ka, kb := key(a), key(b)
		same := schema.Fold(a) == schema.Fold(b)
		if path, ok := rt.Resolve(sortBy); ok && path.Name == "userName" && same != (ka == kb) && len(schema.Fold(a)) <= 512 && len(schema.Fold(b)) <= 512 {
			t.Fatalf("%q and %q: %q and %q", a, b, ka, kb)
		}
	})
}
