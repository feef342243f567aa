package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for text, want := range map[string]string{
		`displayName`:                                      "displayName",
		`NAME.givenname`:                                   "name.givenName",
		`emails`:                                           "emails",
		`emails.value`:                                     "emails.value",
		`emails[type eq "work"]`:                           "emails[type=work]",
		`emails[type eq "work"].value`:                     "emails.value[type=work]",
		`emails[type eq "other"].Value`:                    "emails.value[type=other]",        // E-42
		`addresses[type eq "other"].Formatted`:             "addresses.formatted[type=other]", // E-42
		`emails[value eq"a@b"]`:                            "emails[value=a@b]",
		`emails[ type EQ work ].value`:                     "emails.value[type=work]",
		`roles[primary eq "True"].display`:                 "roles.display[primary=true]", // E-36
		`emails[type eq "work" and primary eq true]`:       "emails[type=work primary=true]",
		`emails[type eq "work" and value ew "@x"].display`: "emails.display[…]", // R-70g
		`emails[type eq "a" or type eq "b"]`:               "emails[…]",
		`emails[not (type eq "a")]`:                        "emails[…]",
		`urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value`: "emails.value[type=work]",
		ent + `:employeeNumber`:       ent + ":employeeNumber", // E-33
		ent + `:manager`:              ent + ":manager",
		ent + `.manager`:              ent + ":manager", // E-38
		`manager`:                     ent + ":manager",
		ent:                           ent,
		`urn:acme:2.0:User:costGroup`: "urn:acme:2.0:User:costGroup",
		`meta.created`:                "meta.created",
		`schemas`:                     "schemas",
	} {
		got, err := filter.ParseTarget(rt, text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if s := describe(got); s != want {
			t.Errorf("%s: %s, want %s", text, s, want)
		}
	}
}

func describe(target filter.Target) string {
	s := target.Path.String()
	if target.Where == nil {
		return s
	}
	terms, ok := target.Where.Terms()
	if !ok {
		return s + "[…]"
	}
	var parts []string
	for _, term := range terms {
		parts = append(parts, fmt.Sprintf("%s=%v", term.Attr.Name, term.Value))
	}
	return s + "[" + strings.Join(parts, " ") + "]"
}

func TestParseTargetRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range []struct{ text, scimType, detail string }{
		{`nosuch`, scim.TypeInvalidPath, `no attribute "nosuch"`}, // R-70f and the next four
		{`emails[`, scim.TypeInvalidPath, "position 8"},
		{`name.`, scim.TypeInvalidPath, "position 1"},
		{`a.b.c`, scim.TypeInvalidPath, "position 1"},
		{`emails[type eq "work"]x`, scim.TypeInvalidPath, "unexpected 'x' at position 23"},
		{``, scim.TypeInvalidPath, "missing"},
		{`emails[]`, scim.TypeInvalidPath, "unexpected"},
		{`emails[type eq "work"`, scim.TypeInvalidPath, "never closed"},
		{`emails[type eq "work"].`, scim.TypeInvalidPath, "missing"},
		{`emails[type eq "work"].nosuch`, scim.TypeInvalidPath, "emails.nosuch"},
		{`emails[type eq "work"].value.x`, scim.TypeInvalidPath, "emails.value.x"},
		{`emails[type eq "work"].value eq "x"`, scim.TypeInvalidPath, "unexpected ' '"},
		{`emails[nosuch eq "x"].value`, scim.TypeInvalidPath, "emails.nosuch"},
		{`emails[type xx "work"].value`, scim.TypeInvalidPath, "unknown operator"},
		{`emails[type[value eq "x"] pr]`, scim.TypeInvalidPath, "value path"},
		{`displayName[value eq "x"]`, scim.TypeInvalidPath, "takes no filter"},
		{`name[givenName eq "x"]`, scim.TypeInvalidPath, "takes no filter"},
		{`emails.value[type eq "x"]`, scim.TypeInvalidPath, "takes no filter"},
		{`urn:acme:2.0:User:list[value eq "x"]`, scim.TypeInvalidPath, "takes no filter"},
		{`displayName eq "x"`, scim.TypeInvalidPath, "unexpected"},
		{`/displayName`, scim.TypeInvalidPath, "unexpected '/'"},
		{ent + `:nosuch`, scim.TypeInvalidPath, "no attribute"},
		{ent + `:`, scim.TypeInvalidPath, "no attribute path"},
		{`emails[primary gt true]`, scim.TypeInvalidFilter, "does not compare"},
		{"emails\xff", scim.TypeInvalidPath, "UTF-8"},
		{`emails[` + strings.Repeat("(", 500), scim.TypeInvalidPath, "deeper"},
		{strings.Repeat("a", 3000), scim.TypeInvalidPath, "longer"},
		{`emails[` + strings.Repeat(`type pr or `, 51) + `type pr]`, scim.TypeTooMany, "comparisons"},
	} {
		got, err := filter.ParseTarget(rt, c.text, nil)
		if err == nil {
			t.Errorf("%s: accepted as %s", scim.ClipName(c.text), describe(got))
			continue
		}
		if e := scim.AsError(err); e.Status != 400 || e.Type != c.scimType || !strings.Contains(e.Detail, c.detail) {
			t.Errorf("%s: %d %s %q", scim.ClipName(c.text), e.Status, e.Type, e.Detail)
		}
	}
}

func TestSelectorMatchesElements(t *testing.T) {
	t.Parallel()
	target, err := filter.ParseTarget(schematest.User(t), `emails[type eq "WORK" and (value ew "@X" or primary eq "true")].display`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]bool{
		`{"type":"work","value":"a@x"}`:                true,
		`{"type":"work","value":"a@y"}`:                false,
		`{"type":"work","value":"a@y","primary":true}`: true,
		`{"type":"home","value":"a@x"}`:                false,
		`{}`:                                           false,
	} {
		element, err := scim.Decode([]byte(body), scim.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Where.Match(element); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{`emails[type eq "work"].value`, ent + ".manager", `roles[primary eq "True"].display`, `a.b.c`, `urn:x:y:z.a`, `emails[not(type eq null)]`} {
		f.Add(seed)
	}
	f.Add(`members[value eq "a" or value eq "b"]`)
	user, group := schematest.User(f), schematest.Group(f)
	f.Fuzz(func(t *testing.T, text string) {
		checkPath(t, user, text)
		checkPath(t, group, text)
	})
}

func checkPath(t *testing.T, rt *schema.ResourceType, text string) {
	t.Helper()
	target, err := filter.ParseTarget(rt, text, nil)
	if err != nil {
		e := scim.AsError(err)
		if e.Status != 400 || e.Type != scim.TypeInvalidPath && e.Type != scim.TypeInvalidFilter && e.Type != scim.TypeTooMany {
			t.Fatalf("%#v", e)
		}
		return
	}
	if again, ok := rt.Resolve(target.Path.String()); !target.Path.Whole() && (!ok || again.String() != target.Path.String()) {
		t.Fatalf("%q is %q, which is %q", text, target.Path, again)
	}
	if target.Where == nil {
		return
	}
	// What the terms of a chain of eq say is an element that the chain selects.
	terms, ok := target.Where.Terms()
	element := scim.Document{}
	for _, term := range terms {
		if _, twice := element[term.Attr.Name]; twice {
			return
		}
		element[term.Attr.Name] = term.Value
		switch term.Value.(type) {
		case string, bool, json.Number:
		default:
			t.Fatalf("term %T", term.Value)
		}
	}
	if ok && !target.Where.Match(element) {
		t.Fatalf("%q does not select %v", text, element)
	}
	// One of the values a selector names is the value of whatever it selects.
	values, exact, ok := target.Where.Values()
	for _, value := range values {
		if exact && !target.Where.Match(scim.Document{"value": value}) {
			t.Fatalf("%q does not select %q", text, value)
		}
	}
	if ok && target.Where.Match(scim.Document{"value": "\x01", "type": "work", "primary": true}) {
		t.Fatalf("%q selects another value than %q", text, values)
	}
}

func BenchmarkParseTarget(b *testing.B) {
	rt := schematest.User(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := filter.ParseTarget(rt, `emails[type eq "work"].value`, nil); err != nil {
			b.Fatal(err)
		}
	}
}
