package filter_test

import (
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

const ent = scim.SchemaEnterprise

func mustSubject(tb testing.TB, rt *schema.ResourceType, id, modified, body string) filter.Subject {
	tb.Helper()
	doc, err := scim.Decode([]byte(strings.ReplaceAll(body, "ENT", ent)), scim.DefaultLimits())
	if err != nil {
		tb.Fatal(err)
	}
	n, err := rt.Normalize(doc, schema.Rules{})
	if err != nil {
		tb.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, modified)
	if err != nil {
		tb.Fatal(err)
	}
	s := filter.SubjectOf(scim.Resource{ID: id, Type: rt.Name, Created: at, Modified: at}, n.Document)
	s.Location = "https://gw.example/Users/" + id
	return s
}

// people are the users of section 5.2 with what the cases of section 1.3 need beside.
func people(tb testing.TB, rt *schema.ResourceType) []filter.Subject {
	return []filter.Subject{
		mustSubject(tb, rt, "u1", "2026-05-13T04:42:34Z", `{"userName":"ana@a.example","name":{"familyName":"O'Malley"},"active":true,"title":"Dir","externalId":"jyoung2",
			"emails":[{"type":"work","value":"ana@a.example"},{"type":"home","value":"ana@b.example"}],"ENT":{"manager":"u2","employeeNumber":"701984"},
			"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{"costGroup":"K9","level":3,"vip":true,"tags":["x","Y"]}}`),
		mustSubject(tb, rt, "u2", "2026-05-13T04:42:34.5Z", `{"userName":"bob@a.example","active":false,"externalId":"123","emails":[{"type":"work","value":"bob@b.example","primary":true}],"title":"a\"b\\c"}`),
		mustSubject(tb, rt, "u3", "2026-05-14T00:00:00+02:00", `{"userName":"carl@c.example","active":true,"externalId":"Ab1","displayName":"o'brien+qa é"}`),
	}
}

// Every filter and who matches it. Titles of u2 exist here, so name it.
var matches = []struct{ name, filter, want string }{
	{"E-12", `userName eq "Ana@A.example"`, "u1"},
	{"E-13", `externalId eq "jyoung2"`, "u1"},
	{"E-13 unquoted", `externalId eq jyoung2`, "u1"},
	{"E-13 exact", `externalId eq "JYOUNG2"`, ""},
	{"E-14", `emails[type eq "work"].value eq "ana@a.example"`, "u1"},
	{"E-14 in one", `emails[type eq "work" and value eq "ana@a.example"]`, "u1"},
	{"E-14 in one, turned", `emails[value eq "ANA@a.example" and type eq "Work"]`, "u1"},
	{"E-14 element-wise", `emails[type eq "work"].value eq "ana@b.example"`, ""},
	{"E-14 element-wise in one", `emails[type eq "work" and value eq "ana@b.example"]`, ""},
	{"E-15", `id eq "u1" and manager eq "u2"`, "u1"},
	{"E-15 not his manager", `id eq "u1" and manager eq "u3"`, ""},
	{"E-15 with URN", ent + `:manager.value eq "u2"`, "u1"},
	{"E-15 old dot", ent + `.manager eq "u2"`, "u1"},
	{"E-20 apostrophe and plus", `displayName eq "o'brien+qa é"`, "u3"},
	{"R-04 composed", `displayName co "e` + "\u0301" + `"`, "u3"},
	{"R-04 full width", `userName eq "ａna＠a.example"`, "u1"},
	{"R-15", `urn:ietf:params:scim:schemas:extension:acme:2.0:User:costGroup eq "K9"`, "u1"},
	{"R-15 any case", `URN:ietf:params:scim:schemas:EXTENSION:acme:2.0:User:COSTGROUP eq "k9"`, "u1"},
	{"R-15 number", `urn:ietf:params:scim:schemas:extension:acme:2.0:User:level gt 2.5`, "u1"},
	{"R-15 boolean", `urn:ietf:params:scim:schemas:extension:acme:2.0:User:vip eq "True"`, "u1"},
	{"R-15 array", `urn:ietf:params:scim:schemas:extension:acme:2.0:User:tags eq "y"`, "u1"},
	{"R-15 absent", `urn:ietf:params:scim:schemas:extension:acme:2.0:User:nosuch pr`, ""},
	{"R-15 another extension", `urn:other:2.0:User:costGroup eq "K9"`, ""},
	{"R-20", `userName EQ "ANA@A.EXAMPLE"`, "u1"},
	{"R-20 attribute", `USERNAME eq "ana@a.example"`, "u1"},
	{"R-20 URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ana@a.example"`, "u1"},
	{"R-21", `title pr`, "u1 u2"},
	{"R-21 not", `not (title pr)`, "u3"},
	{"R-21 NOT", `NOT(title pr)`, "u3"},
	{"R-22", `title sw "D" and active eq true or userName sw "bob"`, "u1 u2"},
	{"R-22 or first", `userName sw "bob" or title sw "D" and active eq false`, "u2"},
	{"R-23", `active eq true and (userName sw "bob" or userName sw "carl")`, "u3"},
	{"R-24", `not (active eq true) and userName co "a.example"`, "u2"},
	{"R-25", `emails.type eq "work" and emails.value co "b.example"`, "u1 u2"},
	{"R-26", `emails[type eq "work" and value co "b.example"]`, "u2"},
	{"R-27", `emails co "b.example"`, "u1 u2"},
	{"R-28", `emails[not (type eq "work")]`, "u1"},
	{"R-29", `userType eq "Employee" and emails[type eq "work" and value co "@a.example"]`, ""},
	{"R-29 or", `title eq "Dir" and emails[type eq "work" and value co "@a.example"]`, "u1"},
	{"R-30 gt", `meta.lastModified gt "2026-05-13T04:42:34Z"`, "u2 u3"},
	{"R-30 ge", `meta.lastModified ge "2026-05-13T04:42:34.000Z"`, "u1 u2 u3"},
	{"R-30 lt", `meta.lastModified lt "2026-05-13T04:42:34.5Z"`, "u1"},
	{"R-30 le", `meta.lastModified le "2026-05-13T06:42:34.500+02:00"`, "u1 u2"},
	{"R-30 eq, another zone", `meta.created eq "2026-05-13T22:00:00Z"`, "u3"},
	{"R-30 offset", `meta.lastModified gt "2026-05-13T23:30:00+02:00"`, "u3"},
	{"R-33", `name.familyName eq "O\u0027Malley"`, "u1"},
	{"R-33 escapes", `title eq "a\"b\\c"`, "u2"},
	{"R-34", `title eq null`, "u3"},
	{"R-34 ne", `title ne "Dir"`, "u2 u3"},
	{"R-34 ne null", `title ne null`, "u1 u2"},
	{"R-34 complex", `name eq null`, "u2 u3"},
	{"R-34 emails", `emails eq null`, "u3"},
	{"R-35", `active eq "true"`, "u1 u3"},
	{"R-35 capital", `active eq "True"`, "u1 u3"},
	{"R-35 literal", `active eq true`, "u1 u3"},
	{"R-35 literal, capital", `active eq FALSE`, "u2"},
	{"R-35 in an element", `emails[primary eq "True"]`, "u2"},
	{"R-35 ne", `active ne true`, "u2"},
	{"R-36", `externalId eq 123`, "u2"},
	{"R-36 leading zeros", `externalId eq 0123`, ""},
	{"R-37", `groups.value eq "g1"`, ""},
	{"R-39", `emails[value eq"bob@b.example"]`, "u2"},
	{"V-60", `DisplayName eq "o'brien+qa é"`, "u3"},
	{"V-61", `userName sw B`, "u2"},
	{"V-61 nested", `name.FamilyName eq O'Malley and (emails.Value co a.example or emails.Value co c.example)`, "u1"},
	{"V-62", `meta.Created gt 2026-05-13T04:42:34.8617979-07:00`, "u3"},
	{"V-70", `active eq true and (meta.lastModified ge "2026-01-01T00:00:00Z" and meta.lastModified le "2026-05-13T05:00:00Z")`, "u1"},
	{"V-72", `(ActiVe eq true) and meta.lastmodified ge "2026-05-13T10:00:00Z"`, "u3"},
	{"C-31", `userName eq carl@c.example`, "u3"},
	{"id", `id eq "u2"`, "u2"},
	{"id, exact", `id eq "U2"`, ""},
	{"id present", `id pr`, "u1 u2 u3"},
	{"meta", `meta.resourceType eq "User" and meta.location ew "/u1"`, "u1"},
	{"meta absent", `meta.version pr`, ""},
	{"meta present", `meta pr`, "u1 u2 u3"},
	{"ew", `userName ew "A.example"`, "u1 u2"},
	{"gt on text", `userName gt "b"`, "u2 u3"},
	{"le on text", `userName le "BOB@a.example"`, "u1 u2"},
	{"empty co", `title co ""`, "u1 u2"},
	{"bare employeeNumber", `employeeNumber eq 701984`, "u1"},
	{"ne over a list holds for any other value", `emails.type ne "work"`, "u1 u3"},
	{"ne in an element", `emails[type ne "work"]`, "u1"},
	{"path after brackets, pr", `emails[type eq "work"].primary pr`, "u2"},
	{"path after brackets, ne", `emails[type eq "work"].value ne "ana@a.example"`, "u2"},
	{"brackets around a single complex", `manager[value eq "u2"]`, "u1"},
	{"pr on complex", `name pr`, "u1"},
	{"pr on a list", `emails pr`, "u1 u2"},
	{"schemas", `schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"`, "u1"},
	{"spaces", "  userName \t eq   \"bob@a.example\"  ", "u2"},
	{"unknown", `nosuch eq "a"`, ""},
	{"unknown under not", `not (nosuch eq "a")`, ""},
	{"unknown in or", `userName pr or nosuch eq "a"`, ""},
	{"unknown, ne", `nosuch ne "a"`, ""},
	{"unknown sub-attribute", `not (emails.nosuch eq "a")`, ""},
	{"unknown in brackets", `emails[not (nosuch eq "a")]`, ""},
	{"unknown brackets", `not (nosuch[a eq "b"])`, ""},
	{"unknown members", `members eq "u1"`, ""},
	{"a whole extension", `not (` + ent + ` pr)`, ""},
}

func TestMatch(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	all := people(t, rt)
	for _, c := range matches {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Compile(rt, c.filter, filter.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range all {
				if f.Match(s) {
					got = append(got, s.ID)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %q, want %q", c.filter, got, c.want)
			}
			if unknown := strings.HasPrefix(c.name, "unknown") || c.name == "a whole extension"; unknown != (len(f.Unknown()) > 0) {
				t.Errorf("Unknown = %q", f.Unknown())
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	filters := board.Begin(t, "I62").Sum("filters refused", 50)
	rt := schematest.User(t)
	for _, c := range []struct{ name, filter, detail string }{
		{"R-31", `active gt true`, "active, a boolean, does not compare this way at position 1"},
		{"R-31 binary", `x509Certificates.value lt "AA"`, "does not compare"},
		{"R-31 co", `active co true`, "does not compare"},
		{"R-31 in brackets", `emails[primary gt true]`, "position 8"},
		{"R-31 null", `title gt null`, "null compares"},
		{"R-32 operator", `userName xx "a"`, `unknown operator "xx" at position 10`},
		{"R-32 no value", `userName eq`, "a value is missing at position 12"},
		{"R-32 no value, bracket", `(userName eq)`, "a value is missing at position 13"},
		{"R-32 no term", `userName eq "a" and`, "an attribute is missing at position 20"},
		{"R-32 no term, or", `userName eq "a" or `, "an attribute is missing"},
		{"R-32 keyword as value", `userName eq and`, "a value is missing"},
		{"R-32 open", `(userName eq "a"`, `'(' never closed at position 1`},
		{"R-32 close", `userName eq "a")`, `unexpected ')' at position 16`},
		{"R-32 empty", ``, "an attribute is missing at position 1"},
		{"R-32 blank", `   `, "an attribute is missing"},
		{"R-32 two terms", `userName eq "a" title pr`, "unexpected 't' at position 17"},
		{"no operator", `userName`, "an operator is missing"},
		{"pr with a value", `title pr "x"`, "unexpected"},
		{"not without brackets", `not title pr`, "unknown operator"},
		{"open string", `userName eq "a`, "string never closed at position 13"},
		{"open string, escaped", `userName eq "a\"`, "string never closed"},
		{"bad escape", `userName eq "\x"`, "malformed string"},
		{"half a surrogate", `userName eq "\ud800"`, "malformed string"},
		{"quote within a bare token", `userName eq a"b`, `unexpected '"'`},
		{"bracket within a bare token", `userName eq a[b]`, `unexpected '['`},
		{"open brackets", `emails[type eq "work"`, `'[' never closed at position 7`},
		{"empty brackets", `emails[]`, "unexpected ']'"},
		{"brackets in brackets", `emails[type[value eq "a"] pr]`, "value path within"},
		{"brackets alone with a dot", `emails[type eq "work"].`, "an attribute is missing"},
		{"brackets with a comparison", `emails[type eq "work"] eq "x"`, "unexpected 'e'"},
		{"brackets on a simple attribute", `title[value eq "a"]`, "takes no filter"},
		{"brackets on a sub-attribute", `emails.type[value eq "a"]`, "takes no filter"},
		{"brackets on a foreign attribute", `urn:a:b:User:x[value eq "a"]`, "takes no filter"},
		{"too many dots", `a.b.c eq "x"`, `"a.b.c" is no attribute path at position 1`},
		{"dot at the end", `name. eq "x"`, "no attribute path"},
		{"digit first", `1a eq "x"`, "no attribute path"},
		{"strange attribute", `user*Name eq "x"`, "an operator is missing at position 5"},
		{"complex", `name eq "x"`, "has no value to compare"},
		{"addresses", `addresses eq "x"`, "has no value to compare"},
		{"boolean nonsense", `active eq "maybe"`, "does not compare"},
		{"date without time", `meta.lastModified gt "2026-01-01"`, "does not compare"},
		{"R-14", `password eq "x"`, "password cannot be searched"},
		{"R-14 pr", `not (password pr)`, "password cannot be searched"},
		{"invalid UTF-8", "userName eq \"\xff\"", "UTF-8"},
		{"NUL", "userName eq \"\x00\"", "NUL"},
		{"line break", "userName\neq \"x\"", "an operator is missing"},
		{"SQL", `userName eq "a"; drop table users`, "unexpected ';'"},
		{"I62 depth", strings.Repeat("(", 21) + "title pr" + strings.Repeat(")", 21), "nested deeper than 20 levels"},
		{"R-38 parentheses", strings.Repeat("(", 500) + "title pr" + strings.Repeat(")", 500), "nested deeper than 20 levels"},
		{"R-38 not", strings.Repeat("not(", 300) + "title pr" + strings.Repeat(")", 300), "nested deeper than 20 levels"},
		{"R-38 unbalanced", strings.Repeat("(", 2000), "nested deeper than 20 levels"},
		{"R-38 10,000 terms", strings.Repeat("title pr or ", 9_999) + "title pr", "longer than 2048 bytes"},
		{"R-38 100,000 parentheses", strings.Repeat("(", 100_000), "longer than 2048 bytes"},
		{"I62 2 MB", `userName eq "` + strings.Repeat("a", 2<<20) + `"`, "longer than 2048 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := filter.Compile(rt, c.filter, filter.Rules{})
			filters.Add(1)
			if err == nil {
				t.Fatal("accepted")
			}
			e := scim.AsError(err)
			if e.Status != 400 || e.Type != scim.TypeInvalidFilter || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("got %d %s %q", e.Status, e.Type, e.Detail)
			}
			if took := time.Since(start); took > 50*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if len(e.Detail) > 200 {
				t.Errorf("detail of %d bytes", len(e.Detail))
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	board.Begin(t, "I62")
	rt := schematest.User(t)
	fifty := strings.Repeat(`title pr or `, 49) + `title pr`
	if _, err := filter.Compile(rt, fifty, filter.Rules{}); err != nil {
		t.Errorf("50 terms: %v", err)
	}
	_, err := filter.Compile(rt, fifty+" or title pr", filter.Rules{})
	if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeTooMany {
		t.Errorf("R-38: 51 terms: %v", err)
	}
	if _, err := filter.Compile(rt, strings.Repeat("(", 20)+"title pr"+strings.Repeat(")", 20), filter.Rules{}); err != nil {
		t.Errorf("depth 20: %v", err)
	}
	long := `userName eq "` + strings.Repeat("a", 2048-14) + `"`
	if _, err := filter.Compile(rt, long, filter.Rules{}); err != nil {
		t.Errorf("%d bytes: %v", len(long), err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	test := func(attr string, op filter.Op, kind filter.Kind, text string, at int) filter.Comparison {
		return filter.Comparison{Attribute: attr, Op: op, Value: filter.Literal{Kind: kind, Text: text}, Position: at}
	}
	for text, want := range map[string]filter.Expr{
		`a eq 1 and b ne -1.5e3 or not (c eq true)`: filter.Or{Terms: []filter.Expr{
			filter.And{Terms: []filter.Expr{test("a", "eq", filter.Number, "1", 1), test("b", "ne", filter.Number, "-1.5e3", 12)}},
			filter.Not{Term: test("c", "eq", filter.Boolean, "true", 32)},
		}},
		`emails[type eq "work"].value co x`: filter.Elements{Attribute: "emails", Position: 1, Where: filter.And{Terms: []filter.Expr{
			test("type", "eq", filter.Text, "work", 8), test("value", "co", filter.Bare, "x", 24),
		}}},
		`not eq NULL`:     test("not", "eq", filter.Null, "NULL", 1),
		`or eq "or"`:      test("or", "eq", filter.Text, "or", 1),
		`(a pr)and(b pr)`: filter.And{Terms: []filter.Expr{filter.Comparison{Attribute: "a", Op: "pr", Position: 2}, filter.Comparison{Attribute: "b", Op: "pr", Position: 11}}},
	} {
		got, err := filter.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}
