package schema_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/scim/schema/schematest"
)

// expand writes the short names of the case list out.
func expand(s string) string {
	return strings.NewReplacer(`"USER"`, `"`+scim.SchemaUser+`"`, `"GROUP"`, `"`+scim.SchemaGroup+`"`, `"ENT"`, `"`+ent+`"`, `"ENT:`, `"`+ent+`:`, `"ACME"`, `"`+acme+`"`).Replace(s)
}

// normalized are bodies and what they become. A body without braces is put into a minimal
// user; of the answer schemas and userName are left out then.
var normalized = []struct{ name, body, want, leniencies string }{
	{"E-21", `{"schemas":["USER","ENT"],"externalId":"imoreau","userName":"ines.moreau@acme.example","active":true,
		"emails":[{"primary":true,"type":"work","value":"ines.moreau@acme.example"}],"meta":{"resourceType":"User"},
		"name":{"formatted":"Ines Moreau","familyName":"Moreau","givenName":"Ines"},"roles":[]}`,
		`{"active":true,"emails":[{"primary":true,"type":"work","value":"ines.moreau@acme.example"}],"externalId":"imoreau",
		"name":{"familyName":"Moreau","formatted":"Ines Moreau","givenName":"Ines"},"schemas":["USER"],"userName":"ines.moreau@acme.example"}`, ""},
	{"E-22 nulls", `"addresses":null,"title":null,"displayName":null`, ``, ""},
	{"E-22 malformed URN", `"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"D"}`,
		`"ENT":{"department":"D"}`, "odd-urn:urn:ietf:params:scim:schemas:extension:enterprise:2.0User undeclared-schema:" + ent},
	{"E-22 malformed URN beside the right one", `"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"D","division":"V"},"ENT":{"department":"E"}`,
		`"ENT":{"department":"E","division":"V"}`, "odd-urn:urn:ietf:params:scim:schemas:extension:enterprise:2.0User undeclared-schema:" + ent},
	{"E-22 malformed URN, empty", `"urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{}`, ``, "odd-urn:urn:ietf:params:scim:schemas:extension:enterprise:2.0User"},
	{"E-23", `{"schemas":["USER","ENT"],"userName":"pavel.k@acme.example","active":true,"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{"costGroup":"K9","x":null,"deep":{"l":[1,null,{}],"n":{}}}}`,
		`{"active":true,"schemas":["USER","urn:ietf:params:scim:schemas:extension:acme:2.0:User"],"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{"costGroup":"K9","deep":{"l":[1]}},"userName":"pavel.k@acme.example"}`, "foreign-extension:urn:ietf:params:scim:schemas:extension:acme:2.0:User"},
	{"E-23 two, in order", `{"schemas":["USER"],"userName":"p","urn:z:User":{"a":1},"urn:y:User":{"a":1},"urn:x:User":{"a":1},"urn:c:User":{"a":1},"urn:b:User":{"a":"1"},"ENT":{"department":"D"},"urn:e:User":{"a":null}}`,
		`{"schemas":["USER","ENT","urn:b:User","urn:c:User","urn:x:User","urn:y:User","urn:z:User"],"ENT":{"department":"D"},"urn:b:User":{"a":"1"},"urn:z:User":{"a":1},"urn:y:User":{"a":1},"urn:x:User":{"a":1},"urn:c:User":{"a":1},"userName":"p"}`, "foreign-extension:urn:b:User foreign-extension:urn:c:User foreign-extension:urn:x:User foreign-extension:urn:y:User foreign-extension:urn:z:User undeclared-schema:" + ent},
	{"E-23 flat", `{"userName":"p","schemas":["USER"],"urn:acme:2.0:User:costGroup":"K9","urn:acme:2.0:User:badge.no":7}`,
		`{"schemas":["USER","urn:acme:2.0:User"],"urn:acme:2.0:User":{"costGroup":"K9","badge":{"no":7}},"userName":"p"}`, "qualified-key:badge foreign-extension:urn:acme:2.0:User qualified-key:costGroup"},
	{"E-24", `"active":"True"`, `"active":true`, "string-boolean:active"},
	{"E-24 false", `"active":"fALSE"`, `"active":false`, "string-boolean:active"},
	{"E-24 primary", `"roles":[{"primary":"True","display":"DDDD","value":"EEEE","type":"FFFF"}]`, `"roles":[{"primary":true,"display":"DDDD","value":"EEEE","type":"FFFF"}]`, "string-boolean:roles.primary"},
	{"E-27", `"phoneNumbers":[{"type":"work","value":"+33 1-55 55 (0)12"}],"addresses":[{"postalCode":"zl48 3xh","country":"Belize"}],"timezone":"random","profileUrl":"not a url","locale":" x "`,
		`"phoneNumbers":[{"type":"work","value":"+33 1-55 55 (0)12"}],"addresses":[{"postalCode":"zl48 3xh","country":"Belize"}],"timezone":"random","profileUrl":"not a url","locale":" x "`, ""},
	{"E-27 empty text", `"title":""`, `"title":""`, ""},
	{"E-37", `"roles":[{"value":"{\"id\":\"25\",\"value\":\"25\",\"displayName\":\"Role25\"}"}]`, `"roles":[{"value":"{\"id\":\"25\",\"value\":\"25\",\"displayName\":\"Role25\"}"}]`, ""},
	{"E-43", `"displayName":[{"$ref":null,"value":"Ines X"}]`, `"displayName":"Ines X"`, "array-for-single:displayName"},
	{"E-43 boolean", `"active":[false]`, `"active":false`, "array-for-single:active"},
	{"E-43 object", `"name":[{"givenName":"G"}]`, `"name":{"givenName":"G"}`, "array-for-single:name"},
	{"E-43 null", `"displayName":[{"value":null}],"nickName":[null]`, ``, "array-for-single:displayName array-for-single:nickName"},
	{"INV-8 object", `"ENT":{"manager":{"value":"U2"}}`, `"ENT":{"manager":{"value":"U2"}}`, "undeclared-schema:" + ent},
	{"INV-8 string", `"ENT":{"manager":"U2"}`, `"ENT":{"manager":{"value":"U2"}}`, "bare-reference:manager undeclared-schema:" + ent},
	{"INV-8 array", `"ENT":{"manager":[{"$ref":"http://x.example/scim/Users/U2","value":"U2"}]}`, `"ENT":{"manager":{"value":"U2"}}`, "array-for-single:manager undeclared-schema:" + ent},
	{"INV-8 array of strings", `"ENT":{"manager":["U2"]}`, `"ENT":{"manager":{"value":"U2"}}`, "array-for-single:manager bare-reference:manager undeclared-schema:" + ent},
	{"INV-8 server's own parts", `"ENT":{"manager":{"value":"U2","displayName":"B","$ref":"../Users/U2"}}`, `"ENT":{"manager":{"value":"U2"}}`, "undeclared-schema:" + ent},
	{"E-38 empty string", `"ENT":{"manager":""}`, ``, "empty-reference:manager"},
	{"E-38 empty value", `"ENT":{"manager":{"value":""},"department":"D"}`, `"ENT":{"department":"D"}`, "empty-reference:manager undeclared-schema:" + ent},
	{"E-40", `"ENT":{"manager":{"value":"GZFDHGRKQLCG"}}`, `"ENT":{"manager":{"value":"GZFDHGRKQLCG"}}`, "undeclared-schema:" + ent},
	{"R-01", `{"USERNAME":"a","Name":{"GivenName":"G"},"Schemas":["URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER"],"EMAILS":[{"VALUE":"x@y","Primary":true}],"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user":{"DEPARTMENT":"D"}}`,
		`{"userName":"a","name":{"givenName":"G"},"schemas":["USER","ENT"],"emails":[{"value":"x@y","primary":true}],"ENT":{"department":"D"}}`, "undeclared-schema:" + ent},
	{"R-07", `"id":"x","meta":{"created":5},"groups":[{"value":"g"}]`, ``, ""},
	{"R-07 in another case", `"ID":"x","Meta":null,"GROUPS":"nonsense"`, ``, ""},
	{"R-09", `"emails":[],"name":{},"phoneNumbers":null,"addresses":[{}],"ims":[{"value":null}],"roles":[null]`, ``, ""},
	{"R-10 missing", `{"userName":"a"}`, `{"schemas":["USER"],"userName":"a"}`, "missing-schemas:schemas"},
	{"R-10 null", `{"userName":"a","schemas":null}`, `{"schemas":["USER"],"userName":"a"}`, "missing-schemas:schemas"},
	{"R-10 unknown beside", `{"userName":"a","schemas":["USER","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"]}`, `{"schemas":["USER"],"userName":"a"}`,
		"unknown-schema:http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2…"},
	{"R-10 a string", `{"userName":"a","schemas":"USER"}`, `{"schemas":["USER"],"userName":"a"}`, "single-for-array:schemas"},
	{"R-11", `{"schemas":["USER"],"userName":"a","ENT":{"department":"D"}}`, `{"schemas":["USER","ENT"],"userName":"a","ENT":{"department":"D"}}`, "undeclared-schema:" + ent},
	{"C-02", `{"schemas":["USER","ENT"],"userName":"tom@acme.example"}`, `{"schemas":["USER"],"userName":"tom@acme.example"}`, ""},
	{"C-03", `{"schemas":["ENT","USER"],"userName":"tom","id":"x","emails":null,"addresses":[],"ENT":{}}`, `{"schemas":["USER"],"userName":"tom"}`, ""},
	{"C-12", `{"schemas":["urn:scim:schemas:core:2.0","urn:scim:schemas:extension:enterprise:2.0"],"userName":"a"}`, `{"schemas":["USER"],"userName":"a"}`,
		"odd-urn:urn:scim:schemas:core:2.0 odd-urn:urn:scim:schemas:extension:enterprise:2.0"},
	{"C-12 1.0", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"department":"D"}}`, `{"schemas":["USER","ENT"],"userName":"a","ENT":{"department":"D"}}`,
		"odd-urn:urn:scim:schemas:core:1.0 odd-urn:urn:scim:schemas:extension:enterprise:1.0 undeclared-schema:" + ent},
	{"C-13", `"emails":{"value":"ana@acme.example"}`, `"emails":[{"value":"ana@acme.example"}]`, "single-for-array:emails"},
	{"V-64", `"emails":[{"value":"x","Primary":true}],"Department":"D","Manager":{"Value":"x"}`, `"emails":[{"value":"x","primary":true}],"ENT":{"department":"D","manager":{"value":"x"}}`, "bare-extension:department bare-extension:manager undeclared-schema:" + ent},
	{"V-64 loses to the extension", `"department":"core","ENT":{"department":"D"}`, `"ENT":{"department":"D"}`, "bare-extension:department undeclared-schema:" + ent},
	{"V-66", `"dispalyName":"x","emails":[{"value":"a@b","vlaue":"x"}],"ENT":{"nosuch":1}`, `"emails":[{"value":"a@b"}]`, "unknown-attribute:dispalyName unknown-attribute:emails.vlaue unknown-attribute:nosuch"},
	{"V-66 in a known URN", `"ENT:nosuch":"x","ENT:nosuch2":{"a":1}`, ``, "unknown-attribute:" + ent + ":nosuc…"},
	{"V-68", `"emails":[{"value":"a","type":"work"},{"value":"b","type":"work"}]`, `"emails":[{"value":"a","type":"work"},{"value":"b","type":"work"}]`, ""},
	{"qualified key", `"ENT:department":"D","ENT:manager.value":"U2"`, `"ENT":{"department":"D","manager":{"value":"U2"}}`, "qualified-key:department qualified-key:manager undeclared-schema:" + ent},
	{"core attributes under their URN", `"USER":{"displayName":"X","id":"1"}`, `"displayName":"X"`, ""},
	{"O-06 password", `"password":"r4nd0m-Secret"`, ``, "password-dropped:password"},
	{"R-12 binary", `"x509Certificates":[{"value":"MIID-_=="}]`, `"x509Certificates":[{"value":"MIID-_=="}]`, ""},
}

func testBody(body string) string {
	body = expand(body)
	if strings.HasPrefix(body, "{") {
		return body
	}
	return strings.Replace(`{"schemas":["`+scim.SchemaUser+`"],"userName":"u",`+body+`}`, ",}", "}", 1)
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	for _, c := range normalized {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := mustDecode(t, testBody(c.body))
			before := schematest.Encode(t, doc)
			got, err := rt.Normalize(doc, schema.Rules{})
			if err != nil {
				t.Fatal(err)
			}
			if after := schematest.Encode(t, doc); after != before {
				t.Errorf("Normalize changed its input to %s", after)
			}
			want := mustDecode(t, testBody(c.want))
			if !strings.HasPrefix(c.want, "{") {
				delete(want, "schemas")
				want["schemas"] = got.Document["schemas"]
			}
			if diff := cmp.Diff(want, got.Document); diff != "" {
				t.Error(diff)
			}
			if c.leniencies != strings.Join(got.Leniencies, " ") && !sameNotes(c.leniencies, got.Leniencies) {
				t.Errorf("leniencies %q, want %q", got.Leniencies, c.leniencies)
			}
			if got.Password != strings.Contains(c.name, "password") {
				t.Errorf("Password = %v", got.Password)
			}
			checkStable(t, rt, got.Document)
		})
	}
}

func sameNotes(want string, got []string) bool {
	return slices.Equal(slices.Compact(strings.Split(want, " ")), got)
}

// checkStable asserts what holds of every normalised Document: it normalises to itself
// without any leniency, and the schemas it lists are those it has.
func checkStable(t *testing.T, rt *schema.ResourceType, doc scim.Document) {
	t.Helper()
	again, err := rt.Normalize(doc, schema.Rules{})
	if err != nil {
		t.Fatalf("second Normalize: %v", err)
	}
	if diff := cmp.Diff(doc, again.Document); diff != "" {
		t.Fatalf("second Normalize differs: %s", diff)
	}
	odd := func(note string) bool { return !strings.HasPrefix(note, schema.RuleForeignExtension) }
	if slices.ContainsFunc(again.Leniencies, odd) || again.Password {
		t.Fatalf("second Normalize was lenient: %q", again.Leniencies)
	}
	var urns []any
	for key := range doc {
		if strings.HasPrefix(strings.ToLower(key), "urn:") {
			urns = append(urns, key)
		}
	}
	if listed := doc["schemas"].([]any); len(listed) != len(urns)+1 || listed[0] != rt.Core.URN {
		t.Fatalf("INV-4: schemas %v, extensions %v", listed, urns)
	}
	if out := schematest.Encode(t, doc); strings.Contains(out, ":null") || strings.Contains(out, "[]") || strings.Contains(out, "{}") {
		// Only text may look like that.
		for _, bad := range []string{`:null`, `[]`, `{}`} {
			if strings.Contains(stripTexts(out), bad) {
				t.Fatalf("R-09: %s holds %s", out, bad)
			}
		}
	}
}

// stripTexts leaves the structure of a JSON text.
func stripTexts(s string) string {
	var b strings.Builder
	for in, i := false, 0; i < len(s); i++ {
		switch {
		case in && s[i] == '\\':
			i++
		case s[i] == '"':
			in = !in
			b.WriteByte('"')
		case !in:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestNormalizeRefuses(t *testing.T) {
	t.Parallel()
	rt := schematest.User(t)
	const value, syntax = scim.TypeInvalidValue, scim.TypeInvalidSyntax
	for _, c := range []struct{ name, body, scimType, detail string }{
		{"V-65", `{"schemas":["USER"]}`, value, "userName is required"},
		{"V-65 junk", `{"junk":1}`, value, "userName is required"},
		{"blank userName", `{"schemas":["USER"],"userName":" \t"}`, value, "userName is required"},
		{"null userName", `{"schemas":["USER"],"userName":null}`, value, "userName is required"},
		{"number for a string", `"title":5`, value, "title must be a string"},
		{"boolean for a string", `"title":true`, value, "title must be a string"},
		{"object for a string", `"title":{"value":"x"}`, value, "title must be a string"},
		{"array of other things for a string", `"title":[{"foo":"x"}]`, value, "title must be a string"},
		{"number as externalId", `"externalId":12345`, value, "externalId must be a string"},
		{"numbers for userName", `{"schemas":["USER"],"userName":5}`, value, "userName must be a string"},
		{"two for one", `"title":["a","b"]`, value, "title takes one value"},
		{"nested arrays", `"title":[["a"]]`, value, "title must be a string"},
		{"R-70h name", `"name":5`, value, "name must be an object"},
		{"R-70h active", `"active":"maybe"`, value, "active must be a boolean"},
		{"active number", `"active":1`, value, "active must be a boolean"},
		{"emails as strings", `"emails":["a@b"]`, value, "emails must be an object"},
		{"emails as a string", `"emails":"a@b"`, value, "emails must be an object"},
		{"sub-attribute", `"emails":[{"value":5}]`, value, "emails.value must be a string"},
		{"manager number", `"ENT":{"manager":5}`, value, "manager must be an object"},
		{"manager value number", `"ENT":{"manager":{"value":5}}`, value, "manager.value must be a string"},
		{"enterprise not an object", `"ENT":"x"`, value, ent + " must be an object"},
		{"password not a string", `"password":1234567`, value, "password must be a string"},
		{"R-08", `"emails":[{"value":"a","primary":true},{"value":"b","primary":"TRUE"}]`, value, "emails: only one"},
		{"R-12 not base64", `"x509Certificates":[{"value":"not base64!"}]`, value, "x509Certificates.value must be base64"},
		{"R-10 empty", `{"schemas":[],"userName":"a"}`, syntax, "schemas must contain"},
		{"R-10 unknown only", `{"schemas":["urn:nope"],"userName":"a"}`, syntax, "schemas must contain"},
		{"R-10 another type", `{"schemas":["GROUP"],"userName":"a"}`, syntax, "schemas must contain"},
		{"R-10 duplicated", `{"schemas":["USER","USER"],"userName":"a"}`, syntax, "twice"},
		{"R-10 not a text", `{"schemas":[5],"userName":"a"}`, syntax, "array of URNs"},
		{"R-10 number", `{"schemas":5,"userName":"a"}`, syntax, "array of URNs"},
		{"too many values", `"emails":[` + strings.TrimSuffix(strings.Repeat(`{"value":"a"},`, 1001), ",") + `]`, value, "emails has more than 1000"},
		{"too many foreign values", `"urn:x:y:User":{"l":[` + strings.TrimSuffix(strings.Repeat(`1,`, 1001), ",") + `]}`, value, "more than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rt.Normalize(mustDecode(t, testBody(c.body)), schema.Rules{})
			if err == nil {
				t.Fatalf("accepted as %s", schematest.Encode(t, got.Document))
			}
			e := scim.AsError(err)
			if e.Status != 400 || e.Type != c.scimType || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("got %d %s %q", e.Status, e.Type, e.Detail)
			}
			if strings.Contains(e.Error(), "1234567") {
				t.Error("the detail repeats a password")
			}
		})
	}
}

func TestLeniencyNamesAreShort(t *testing.T) {
	t.Parallel()
	body := `"` + strings.Repeat("x", 4000) + `":1,"a\r\nb":2`
	for i := range 150 {
		body += fmt.Sprintf(`,"unknown%d":1`, i)
	}
	got, err := schematest.User(t).Normalize(mustDecode(t, testBody(body)), schema.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Leniencies) > 64 || !slices.Contains(got.Leniencies, "unknown-attribute:a??b") {
		t.Errorf("%d leniencies: %q", len(got.Leniencies), got.Leniencies)
	}
	for _, note := range got.Leniencies {
		if len(note) > 100 {
			t.Errorf("leniency of %d bytes", len(note))
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"2026-03-01T10:00:00Z", "2026-03-01T10:00:00.1234567+02:00", "2026-03-01T10:00:00", "2025-10-10T14:38:21.8617979-07:00"} {
		if _, parsed := schema.ParseTime(ok); !parsed {
			t.Errorf("R-13: %s refused", ok)
		}
	}
	for _, bad := range []string{"2026-01-01", "", "yesterday", "2026-13-01T10:00:00Z", "1767225600"} {
		if _, parsed := schema.ParseTime(bad); parsed {
			t.Errorf("R-12: %s accepted", bad)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, c := range normalized {
		f.Add([]byte(testBody(c.body)))
	}
	f.Add([]byte(base64.StdEncoding.EncodeToString([]byte("x"))))
	rt := schematest.User(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := scim.Decode(body, scim.DefaultLimits())
		if err != nil {
			return
		}
		got, err := rt.Normalize(doc, schema.Rules{})
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidValue && e.Type != scim.TypeInvalidSyntax {
				t.Fatalf("%#v", e)
			}
			return
		}
		checkStable(t, rt, got.Document)
		for _, key := range []string{"id", "meta", "password", "groups"} {
			if _, ok := got.Document[key]; ok {
				t.Fatalf("%s was kept", key)
			}
		}
	})
}

const entraUser = `{"schemas":["USER","ENT"],"externalId":"9b1c7c52-0f0c-4a8e-9d2b-6a1f6a0f0d11","userName":"ines.moreau@acme.example","active":true,
"displayName":"Ines Moreau","title":"Head of Purchasing","preferredLanguage":"fr-FR","emails":[{"type":"work","value":"ines.moreau@acme.example","primary":true}],
"meta":{"resourceType":"User"},"name":{"formatted":"Ines Moreau","familyName":"Moreau","givenName":"Ines"},
"addresses":[{"type":"work","formatted":"12 Quai Neuf, 44000 Nantes","streetAddress":"12 Quai Neuf","locality":"Nantes","region":"Loire","postalCode":"44000","country":"France"}],
"phoneNumbers":[{"type":"work","value":"+33 1-55 55 (0)12"},{"type":"mobile","value":"+33 600000000"},{"type":"fax","value":"+33 155550013"}],
"ENT":{"employeeNumber":"E-4711","department":"Purchasing","costCenter":"C-100","organization":"Acme","division":"West","manager":{"value":"0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa01"}},
"roles":[],"userType":"Employee","nickName":"Ines","locale":"fr-FR","timezone":"Europe/Paris"}`

func BenchmarkNormalize(b *testing.B) {
	rt := schematest.User(b)
	doc := mustDecode(b, expand(entraUser))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rt.Normalize(doc, schema.Rules{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPost is what every POST pays: decode, normalise, encode.
func BenchmarkPost(b *testing.B) {
	rt := schematest.User(b)
	body := []byte(expand(entraUser))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := scim.Decode(body, scim.DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		n, err := rt.Normalize(doc, schema.Rules{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := scim.Encode(n.Document); err != nil {
			b.Fatal(err)
		}
	}
}
