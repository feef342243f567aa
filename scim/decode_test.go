package scim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	doc, err := scim.Decode([]byte("\ufeff"+` {"userName":"a\u00e9\n","n":1.50e+2,"big":12345678901234567890,"t":true,"f":false,
		"x":null,"l":[],"o":{},"emails":[{"value":"a@b"},"s"]} `+"\n"), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := scim.Document{
		"userName": "aé\n", "n": json.Number("1.50e+2"), "big": json.Number("12345678901234567890"),
		"t": true, "f": false, "x": nil, "l": []any{}, "o": scim.Document{},
		"emails": []any{scim.Document{"value": "a@b"}, "s"},
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	many := `{"k":0`
	for i := range 300 {
		many += `,"k` + strings.Repeat("x", i+1) + `":0`
	}
	for name, c := range map[string]struct{ body, detail string }{
		"nothing":                      {"", "too early"},
		"only a mark":                  {"\ufeff", "too early"},
		"an array":                     {`[{}]`, "must be a JSON object"},
		"a string":                     {`"x"`, "must be a JSON object"},
		"a bare word":                  {`nope`, "must be a JSON object"},
		"half an object":               {`{"a":1`, "too early"},
		"half a string":                {`{"a":"b`, "too early"},
		"trailing comma":               {`{"a":1,}`, "malformed JSON at byte 6"},
		"number as key":                {`{1:2}`, "malformed JSON at byte 1"},
		"no value":                     {`{"a":}`, "malformed JSON at byte 5"},
		"trailing object":              {`{"a":1}{"b":2}`, "data after the JSON object at byte 7"},
		"trailing garbage":             {`{"a":1} x`, "data after"},
		"leading zero":                 {`{"a":01}`, "malformed"},
		"NaN":                          {`{"a":NaN}`, "malformed"},
		"invalid UTF-8":                {"{\"a\":\"\xff\"}", "invalid UTF-8 at byte 6"},
		"UTF-16":                       {"\xff\xfe{\x00}\x00", "invalid UTF-8 at byte 0"},
		"half a surrogate":             {`{"a":"\ud800"}`, "malformed"},
		"escaped NUL":                  {`{"a":"x\u0000y"}`, "NUL"},
		"escaped NUL in a key":         {`{"a\u0000":1}`, "NUL"},
		"raw NUL":                      {"{\"a\":\"\x00\"}", "malformed"},
		"R-02 duplicate":               {`{"userName":"a","userName":"b"}`, `duplicate key "userName"`},
		"R-02 another case":            {`{"userName":"a","username":"b"}`, `duplicate key "username"`},
		"R-02 escaped":                 {`{"userName":"a","user\u006eame":"b"}`, `duplicate key "username"`},
		"R-02 inside":                  {`{"name":{"givenName":"a","GivenName":"b"}}`, `duplicate key "GivenName"`},
		"R-02 among many":              {`{"k00":0,"k01":0,"k02":0,"k03":0,"k04":0,"k05":0,"k06":0,"k07":0,"k08":0,"k09":0,"k10":0,"k11":0,"k12":0,"k13":0,"k14":0,"k15":0,"k16":0,"k17":0,"k18":0,"k19":0,"k20":0,"k21":0,"k22":0,"k23":0,"k24":0,"k25":0,"k26":0,"k27":0,"k28":0,"k29":0,"k30":0,"k31":0,"k32":0,"k33":0,"k34":0,"k35":0,"k36":0,"k37":0,"k38":0,"k39":0,"K07":0}`, `duplicate key "K07"`},
		"too many keys":                {many + "}", "more than 256 keys"},
		"too deep":                     {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "deeper than 32"},
		"too deep, arrays, unfinished": {`{"a":` + strings.Repeat(`[`, 100_000), "deeper than 32"},
		"long string":                  {`{"a":"` + strings.Repeat("x", 8193) + `"}`, "longer than 8192"},
		"long key":                     {`{"` + strings.Repeat("x", 8193) + `":1}`, "longer than 8192"},
		"long number":                  {`{"a":` + strings.Repeat("1", 8193) + `}`, "longer than 8192"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := scim.Decode([]byte(c.body), scim.DefaultLimits())
			var e *scim.Error
			if !errors.As(err, &e) {
				t.Fatalf("Decode = %v, %v; want an error", doc, err)
			}
			if e.Status != 400 || e.Type != scim.TypeInvalidSyntax {
				t.Errorf("got %d %s", e.Status, e.Type)
			}
			if !strings.Contains(strings.ToLower(e.Detail), strings.ToLower(c.detail)) {
				t.Errorf("detail %q, want %q", e.Detail, c.detail)
			}
			if len(e.Detail) > 200 {
				t.Errorf("detail of %d bytes", len(e.Detail))
			}
		})
	}
}

// E-57: a body of nothing but brackets ends before it costs many times its size.
func TestDecodeOfTooManyValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, detail string }{
		"objects":    {`{"a":[` + strings.Repeat(`{},`, 60_000) + `{}]}`, "more than 40000 values"},
		"members":    {`{"members":[` + strings.Repeat(`{"value":"a"},`, 600_000) + `{"value":"a"}]}`, "more than 500000 members"},
		"odd ones":   {`{"members":[` + strings.Repeat(`{"value":1},`, 60_000) + `{"value":1}]}`, "more than 40000 values"},
		"in a PATCH": {`{"Operations":[{"path":"members","value":[` + strings.Repeat(`"a",`, 60_000) + `"a"]}]}`, "more than 40000 values"},
	} {
		_, err := scim.Decode([]byte(c.body), withMembers())
		if e := scim.AsError(err); err == nil || e.Status != 413 || !strings.Contains(e.Detail, c.detail) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeAtTheLimits(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"depth 32":     strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32),
		"string":       `{"a":"` + strings.Repeat("x", 8192) + `"}`,
		"near names":   `{"ſchemas":1,"schemas":2}`, // no ASCII letters differ only in case
		"same, nested": `{"a":{"b":1},"c":{"b":1,"a":[{"b":1},{"b":2}]}}`,
	} {
		if _, err := scim.Decode([]byte(body), scim.DefaultLimits()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The reader of an error must not learn what the writer of the body typed.
func TestDecodeErrorsHoldNoValue(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"password":"hunter2\q"}`, `{"password":hunter2}`, `{"password":"hunter2` + "\x01" + `"}`} {
		_, err := scim.Decode([]byte(body), scim.DefaultLimits())
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), `\q`) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestDecodeManyKeysFast(t *testing.T) {
	t.Parallel()
	prefix := strings.Repeat("p", 4000)
	body := "{"
	for i := range 250 {
		if i > 0 {
			body += ","
		}
		body += `"` + prefix + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `":0`
	}
	start := time.Now()
	if _, err := scim.Decode([]byte(body+"}"), scim.DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("1 MB of keys with one beginning took %v", took)
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	doc := scim.Document{"b": "<a & 'b'> é \"\\\n\u2028", "a": []any{json.Number("1.0"), true, nil, scim.Document{}, 3}}
	got, err := scim.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":[1.0,true,null,{},3],"b":"<a & 'b'> é \"\\\n` + "\u2028" + `"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, bad := range []any{1.5, "\xff", json.Number("01"), json.Number(`"x"`), json.Number(""), []string{"x"}} {
		if out, err := scim.Encode(scim.Document{"a": bad}); err == nil {
			t.Errorf("Encode(%v) = %s", bad, out)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if !scim.EqualName("userName", "USERNAME") || scim.EqualName("schemas", "ſchemas") || scim.EqualName("kind", "\u212aind") {
		t.Error("EqualName")
	}
	if got := scim.LowerName("URN:É"); got != "urn:É" {
		t.Errorf("LowerName = %q", got)
	}
	if got := scim.ClipName("a\r\nb" + strings.Repeat("é", 60)); strings.ContainsAny(got, "\r\n") || len(got) > 70 || !strings.HasSuffix(got, "é…") {
		t.Errorf("ClipName = %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,"x",null,true,{"b":-1.5e3}]}`, "\ufeff{\"a\":\"\\u0041\"}", `{"a":1,"A":2}`, `[]`, `{"a":"\ud83d\ude00"}`,
		`{"members":[{"value":"a","$ref":null,"type":"user","display":"A"},{"value":"b","x":1},"c"]}`,
		`{"Operations":[{"value":[{"value":"a","display":"A"}],"path":"emails"},{"path":"members","value":[{"value":"a"}]},{"value":{"members":[{"value":"a"}]}}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := scim.Decode(body, scim.DefaultLimits())
		if err != nil {
			if e := scim.AsError(err); e.Status != 400 || e.Type != scim.TypeInvalidSyntax || e.Detail == "" {
				t.Fatalf("%#v", e)
			}
			return
		}
		var std map[string]any
		dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
		dec.UseNumber()
		if err := dec.Decode(&std); err != nil {
			t.Fatalf("encoding/json refuses what Decode accepts: %v", err)
		}
		out, err := scim.Encode(doc)
		if err != nil {
			t.Fatal(err)
		}
		again, err := scim.Decode(out, scim.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if diff := cmp.Diff(doc, again); diff != "" {
			t.Fatal(diff)
		}
		compact, err := scim.Decode(body, withMembers())
		if err != nil {
			t.Fatalf("refused with Members: %v", err)
		}
		sameButMembers(t, doc, compact)
	})
}

// sameButMembers asserts that compact is what plain is, with a Member for an object that may
// be one.
func sameButMembers(t *testing.T, plain, compact any) {
	t.Helper()
	switch c := compact.(type) {
	case scim.Document:
		p, ok := plain.(scim.Document)
		if !ok || len(p) != len(c) {
			t.Fatalf("%v became %v", plain, compact)
		}
		for key, v := range c {
			sameButMembers(t, p[key], v)
		}
	case scim.Members:
		list := make([]any, len(c))
		for i, m := range c {
			list[i] = m
		}
		sameButMembers(t, plain, list)
	case []any:
		p, ok := plain.([]any)
		if !ok || len(p) != len(c) {
			t.Fatalf("%v became %v", plain, compact)
		}
		for i, v := range c {
			sameButMembers(t, p[i], v)
		}
	case scim.Member:
		p, _ := plain.(scim.Document)
		var want scim.Member
		for key, v := range p {
			switch text, _ := v.(string); scim.LowerName(key) {
			case "value":
				want.Value = text
			case "type":
				if want.Type = scim.TypeUser; scim.EqualName(text, scim.TypeGroup) {
					want.Type = scim.TypeGroup
				}
				if v == nil {
					want.Type = ""
				}
			case "$ref", "display":
			default:
				t.Fatalf("%v became a Member", plain)
			}
		}
		if c != want {
			t.Fatalf("%v became %v", plain, c)
		}
	default:
		if diff := cmp.Diff(plain, compact); diff != "" {
			t.Fatal(diff)
		}
	}
}

func num(digits string) json.Number { return json.Number(digits) }

const entraUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"externalId":"9b1c7c52-0f0c-4a8e-9d2b-6a1f6a0f0d11","userName":"ines.moreau@acme.example","active":true,"displayName":"Ines Moreau","title":"Head of Purchasing",
"preferredLanguage":"fr-FR","emails":[{"type":"work","value":"ines.moreau@acme.example","primary":true}],
"meta":{"resourceType":"User"},"name":{"formatted":"Ines Moreau","familyName":"Moreau","givenName":"Ines"},
"addresses":[{"type":"work","formatted":"12 Quai Neuf, 44000 Nantes","streetAddress":"12 Quai Neuf","locality":"Nantes","region":"Loire","postalCode":"44000","country":"France"}],
"phoneNumbers":[{"type":"work","value":"+33 1-55 55 (0)12"},{"type":"mobile","value":"+33 600000000"},{"type":"fax","value":"+33 155550013"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E-4711","department":"Purchasing","costCenter":"C-100","organization":"Acme","division":"West","manager":{"value":"0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa01"}},
"roles":[],"userType":"Employee","nickName":"Ines","locale":"fr-FR","timezone":"Europe/Paris"}`

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scim.Decode([]byte(entraUser), scim.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	doc, err := scim.Decode([]byte(entraUser), scim.DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scim.Encode(doc); err != nil {
			b.Fatal(err)
		}
	}
}
