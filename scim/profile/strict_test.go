package profile_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/patch"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
)

const (
	ent  = scim.SchemaEnterprise
	acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
)

func expand(s string) string {
	return strings.NewReplacer(`"USER"`, `"`+scim.SchemaUser+`"`, `"ENT"`, `"`+ent+`"`, "ENT:", ent+":", "ENT.", ent+".",
		`"PATCHOP"`, `"`+scim.MessagePatch+`"`, "ACME", acme).Replace(s)
}

func mustType(tb testing.TB, name string) *schema.ResourceType {
	tb.Helper()
	set, err := schema.Load()
	if err != nil {
		tb.Fatal(err)
	}
	rt, ok := set.Type(name)
	if !ok {
		tb.Fatalf("no type %s", name)
	}
	return rt
}

func mustProfile(tb testing.TB, name string) profile.Profile {
	tb.Helper()
	p, ok := profile.Named(name)
	if !ok {
		tb.Fatalf("no profile %s", name)
	}
	return p
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(expand(body)), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

// check asserts what a profile made of something: a refusal of the type, or none at all.
func check(t *testing.T, who string, err error, scimType string) {
	t.Helper()
	e := scim.AsError(err)
	if (err == nil) != (scimType == "") || err != nil && (e.Status != 400 || e.Type != scimType) {
		t.Errorf("%s: %v, want %q", who, err, scimType)
	}
}

// Bodies that the default profile accepts and the strict one refuses, or accepts too.
func TestStrictBodies(t *testing.T) {
	t.Parallel()
	rt := mustType(t, scim.TypeUser)
	const syntax, value = scim.TypeInvalidSyntax, scim.TypeInvalidValue
	for _, c := range []struct{ name, body, strict string }{
		{"R-10 missing schemas", `{"userName":"a"}`, syntax},
		{"R-11", `{"schemas":["USER"],"userName":"a","ENT":{"department":"D"}}`, syntax},
		{"R-11 declared", `{"schemas":["USER","ENT"],"userName":"a","ENT":{"department":"D"}}`, ""},
		{"E-23", `{"schemas":["USER"],"userName":"a","ACME":{"costGroup":"K9"}}`, syntax},
		{"E-23 declared and unknown all the same", `{"schemas":["USER","ACME"],"userName":"a","ACME":{"costGroup":"K9"}}`, syntax},
		{"V-66", `{"schemas":["USER"],"userName":"a","dispalyName":"x"}`, syntax},
		{"V-66 in an element", `{"schemas":["USER"],"userName":"a","emails":[{"value":"a@b","vlaue":"x"}]}`, syntax},
		{"V-64", `{"schemas":["USER"],"userName":"a","Department":"D"}`, syntax},
		{"E-24", `{"schemas":["USER"],"userName":"a","active":"True"}`, value},
		{"E-22 odd URN", `{"schemas":["USER"],"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"D"}}`, syntax},
		{"E-26 unknown schema", `{"schemas":["USER","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"],"userName":"a"}`, syntax},
		{"C-12", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a"}`, syntax},
		{"C-13", `{"schemas":["USER"],"userName":"a","emails":{"value":"a@b"}}`, value},
		{"E-43", `{"schemas":["USER"],"userName":"a","title":["x"]}`, value},
		{"E-38 bare reference", `{"schemas":["USER","ENT"],"userName":"a","ENT":{"manager":"m"}}`, value},
		{"qualified key", `{"schemas":["USER","ENT"],"userName":"a","ENT:department":"D"}`, syntax},
		{"R-01 any case is the RFC's", `{"SCHEMAS":["urn:IETF:params:scim:schemas:core:2.0:user"],"USERNAME":"a"}`, ""},
		{"R-07 readOnly is ignored", `{"schemas":["USER"],"userName":"a","id":"x","meta":{"version":"1"},"groups":[]}`, ""},
		{"R-09", `{"schemas":["USER"],"userName":"a","emails":[],"name":null}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rt.Normalize(mustDecode(t, c.body), mustProfile(t, "default").Schema())
			check(t, "default", err, "")
			_, err = rt.Normalize(mustDecode(t, c.body), mustProfile(t, "strict").Schema())
			check(t, "strict", err, c.strict)
		})
	}
}

func TestStrictFilters(t *testing.T) {
	t.Parallel()
	rt := mustType(t, scim.TypeUser)
	ana := filter.Subject{ID: "u1", Document: scim.Document{"userName": "ana", "externalId": "123", "active": true,
		"emails": []any{scim.Document{"type": "work", "value": "a@b"}}}}
	const refused = scim.TypeInvalidFilter
	for _, c := range []struct {
		name, filter string
		lenient      bool // matches under the default profile
		strict       string
		matches      bool // matches under the strict profile
	}{
		{"R-20", `USERNAME EQ "Ana"`, true, "", true},
		{"R-32 unknown attribute", `nosuch eq "a"`, false, refused, false},
		{"R-32 unknown sub-attribute", `emails.nosuch eq "a"`, false, refused, false},
		{"R-32 unknown in brackets", `emails[nosuch eq "a"]`, false, refused, false},
		{"R-15 foreign extension", acme + `:costGroup eq "K9"`, false, refused, false},
		{"E-13 unquoted", `userName eq ana`, true, refused, false},
		{"V-62 unquoted date", `meta.created gt 2020-01-01T00:00:00Z`, false, refused, false},
		{"R-35", `active eq "True"`, true, refused, false},
		{"R-35 a boolean", `active eq true`, true, "", true},
		{"R-36", `externalId eq 123`, true, "", false},
		{"R-36 ne", `externalId ne 123`, false, refused, false},
		{"E-15 bare extension", `manager eq "m"`, false, refused, false},
		{"E-38 dot", ent + `.manager eq "m"`, false, refused, false},
		{"operators", `userName sw "a"`, true, refused, false},
		{"operators, pr", `userName pr`, true, refused, false},
		{"operators, or", `userName eq "ana" or userName eq "b"`, true, refused, false},
		{"operators, not", `not (userName eq "b")`, true, refused, false},
		{"operators, in brackets", `emails[value co "a"]`, true, refused, false},
		{"eq and and", `userName eq "ana" and active eq true and emails[type eq "work"].value eq "a@b"`, true, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Compile(rt, c.filter, mustProfile(t, "default").Filter())
			check(t, "default", err, "")
			if f.Match(ana) != c.lenient {
				t.Errorf("default: matches %v", !c.lenient)
			}
			f, err = filter.Compile(rt, c.filter, mustProfile(t, "strict").Filter())
			check(t, "strict", err, c.strict)
			if err == nil && f.Match(ana) != c.matches {
				t.Errorf("strict: matches %v", !c.matches)
			}
		})
	}
}

const starting = `{"schemas":["USER"],"userName":"u","active":true,"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"}],
	"name":{"givenName":"G","familyName":"F"},"title":"T"}`

func TestStrictPatch(t *testing.T) {
	t.Parallel()
	rt := mustType(t, scim.TypeUser)
	user, err := rt.Normalize(mustDecode(t, starting), schema.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	const syntax, value, path, none = scim.TypeInvalidSyntax, scim.TypeInvalidValue, scim.TypeInvalidPath, scim.TypeNoTarget
	for _, c := range []struct{ name, ops, strict string }{
		{"E-30 op in capitals", `{"op":"Replace","path":"active","value":false}`, syntax},
		{"E-30 string boolean", `{"op":"replace","path":"active","value":"False"}`, value},
		{"E-31", `{"op":"replace","path":"active","value":false}`, ""},
		{"O-10 path-less", `{"op":"replace","value":{"active":false}}`, syntax},
		{"O-10 empty path", `{"op":"replace","path":"","value":{"active":false}}`, syntax},
		{"core schema as path", `{"op":"replace","path":"USER:","value":{"active":false}}`, path},
		{"E-35 add makes an element", `{"op":"add","path":"addresses[type eq \"work\"].locality","value":"Nantes"}`, none},
		{"0.3 replace makes an element", `{"op":"replace","path":"phoneNumbers[type eq \"work\"].value","value":"1"}`, none},
		{"R-70e whole element", `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@x"}}`, path},
		{"R-70g several match", `{"op":"replace","path":"emails[value ew \"@x\"].display","value":"W"}`, none},
		{"one matches", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@x"}`, ""},
		{"R-69 remove an element", `{"op":"remove","path":"emails[type eq \"work\"]"}`, ""},
		{"remove with values", `{"op":"remove","path":"emails","value":[{"value":"w@x"}]}`, value},
		{"remove all", `{"op":"remove","path":"emails"}`, ""},
		{"E-38 bare reference", `{"op":"add","path":"ENT:manager","value":"m"}`, value},
		{"E-38 bare extension", `{"op":"add","path":"manager","value":{"value":"m"}}`, path},
		{"E-38 dot", `{"op":"add","path":"ENT.manager","value":{"value":"m"}}`, path},
		{"E-38 in full", `{"op":"add","path":"ENT:manager","value":{"value":"m"}}`, ""},
		{"E-43", `{"op":"replace","path":"title","value":["x"]}`, value},
		{"E-23 foreign path", `{"op":"add","path":"ACME:costGroup","value":"K9"}`, path},
		{"V-66 unknown part", `{"op":"replace","path":"name","value":{"givenNmae":"x"}}`, syntax},
		{"unquoted in a path", `{"op":"replace","path":"emails[type eq work].value","value":"n@x"}`, scim.TypeInvalidFilter},
		{"E-36 string boolean in a path", `{"op":"replace","path":"emails[primary eq \"True\"].value","value":"n@x"}`, scim.TypeInvalidFilter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ops := strings.ReplaceAll(c.ops, `"USER:"`, `"urn:scim:schemas:core:2.0"`)
			body := mustDecode(t, `{"schemas":["PATCHOP"],"Operations":[`+ops+`]}`)
			_, err := patch.Apply(rt, patch.Current{Document: user.Document}, body, mustProfile(t, "default").Patch())
			check(t, "default", err, "")
			_, err = patch.Apply(rt, patch.Current{Document: user.Document}, body, mustProfile(t, "strict").Patch())
			check(t, "strict", err, c.strict)
		})
	}
	t.Run("R-60 missing schemas", func(t *testing.T) {
		t.Parallel()
		body := mustDecode(t, `{"Operations":[{"op":"remove","path":"title"}]}`)
		_, err := patch.Apply(rt, patch.Current{Document: user.Document}, body, mustProfile(t, "strict").Patch())
		check(t, "strict", err, syntax)
	})
	t.Run("0.3 full replacement of complex values", func(t *testing.T) {
		t.Parallel()
		body := mustDecode(t, `{"schemas":["PATCHOP"],"Operations":[{"op":"replace","path":"name","value":{"givenName":"N"}}]}`)
		for name, kept := range map[string]bool{"default": true, "strict": false} {
			got, err := patch.Apply(rt, patch.Current{Document: user.Document}, body, mustProfile(t, name).Patch())
			if err != nil {
				t.Fatal(err)
			}
			parts, _ := got.Document["name"].(scim.Document)
			if _, ok := parts["familyName"]; ok != kept || parts["givenName"] != "N" {
				t.Errorf("%s: %v", name, parts)
			}
		}
	})
}

// B-07: with a list of values nobody else ever leaves, whatever the profile.
func TestRemoveMembersWithValues(t *testing.T) {
	t.Parallel()
	rt := mustType(t, scim.TypeGroup)
	group := patch.Current{ID: "g", Document: scim.Document{"schemas": []any{scim.SchemaGroup}, "displayName": "G"}}
	body := mustDecode(t, `{"schemas":["PATCHOP"],"Operations":[{"op":"remove","path":"members","value":[{"value":"A"}]}]}`)
	for _, name := range profile.Names() {
		p := mustProfile(t, name)
		got, err := patch.Apply(rt, group, body, p.Patch())
		if p.ListedRemove {
			if err != nil || got.Members.Clear || !slices.Equal(got.Members.Remove, []string{"A"}) {
				t.Errorf("%s: %+v, %v", name, got.Members, err)
			}
		} else {
			check(t, name, err, scim.TypeInvalidValue)
		}
	}
}
