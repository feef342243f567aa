package scim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
)

func withMembers() scim.Limits {
	l := scim.DefaultLimits()
	l.Members = true
	return l
}

func TestDecodeMembers(t *testing.T) {
	t.Parallel()
	type members = scim.Members
	m := func(v string) scim.Member { return scim.Member{Value: v} }
	op := func(path, value string) string {
		return `{"Operations":[{"op":"add",` + path + `"value":` + value + `}]}`
	}
	operand := func(doc scim.Document) any {
		list, _ := doc["Operations"].([]any)
		if len(list) == 0 {
			return nil
		}
		return list[0].(scim.Document)["value"]
	}
	top := func(doc scim.Document) any { return doc["members"] }
	inside := func(doc scim.Document) any { return operand(doc).(scim.Document)["members"] }
	mail := scim.Document{"value": "a@b", "type": "User", "display": "A"}
	for name, c := range map[string]struct {
		body string
		at   func(scim.Document) any
		want any
	}{
		"of a resource":                 {`{"members":[{"value":"a"},{"value":"b"}]}`, top, members{m("a"), m("b")}},
		"E-50 null reference":           {op(`"path":"members",`, `[{"$ref":null,"value":"a"},{"$ref":null,"value":"b"}]`), operand, members{m("a"), m("b")}},
		"with everything a member has":  {`{"members":[{"VALUE":"a","$REF":"https://x/a","Type":"user","display":"A"}]}`, top, members{{Value: "a", Type: "User"}}},
		"null type and display":         {`{"members":[{"value":"a","type":null,"display":null}]}`, top, members{m("a")}},
		"escaped":                       {`{"members":[{"val\u0075e":"\u0061","display":"\""}]}`, top, members{m("a")}},
		"none":                          {`{"members":[]}`, top, []any{}},
		"null":                          {`{"members":null}`, top, nil},
		"an object":                     {`{"members":{"value":"a"}}`, top, scim.Document{"value": "a"}},
		"V-67 one with other keys":      {`{"members":[{"value":"a"},{"displayName":"x","value":"b"},{"value":"c"}]}`, top, []any{m("a"), scim.Document{"displayName": "x", "value": "b"}, m("c")}},
		"other keys last":               {`{"members":[{"value":"b","display":null,"x":{"y":[1]},"z":2}]}`, top, []any{scim.Document{"value": "b", "display": nil, "x": scim.Document{"y": []any{num("1")}}, "z": num("2")}}},
		"strings between":               {`{"members":["a",{"value":"b"},5,null]}`, top, []any{"a", m("b"), num("5"), nil}},
		"value no string":               {`{"members":[{"value":5}]}`, top, []any{scim.Document{"value": num("5")}}},
		"value null":                    {`{"members":[{"value":null}]}`, top, []any{scim.Document{"value": nil}}},
		"no value":                      {`{"members":[{"display":"x","type":"Group"}]}`, top, []any{scim.Document{"display": "x", "type": "Group"}}},
		"a type of no ours":             {`{"members":[{"value":"b","type":"Device"}]}`, top, []any{scim.Document{"value": "b", "type": "Device"}}},
		"without path":                  {op(``, `{"members":[{"value":"a"}]}`), inside, members{m("a")}},
		"empty path":                    {op(`"path":"",`, `{"members":[{"value":"a"}]}`), inside, members{m("a")}},
		"null path":                     {op(`"path":null,`, `{"members":[{"value":"a"}]}`), inside, members{m("a")}},
		"core schema as path":           {op(`"path":"`+scim.SchemaGroup+`",`, `{"members":[{"value":"a"}]}`), inside, members{m("a")}},
		"whole path":                    {op(`"path":"`+scim.SchemaGroup+`:Members",`, `[{"value":"a"}]`), operand, members{m("a")}},
		"other path":                    {op(`"path":"emails",`, `[{"value":"a@b","type":"User","display":"A"}]`), operand, []any{mail}},
		"other path, said later":        {`{"Operations":[{"value":[{"value":"a@b","type":"User","display":"A"}],"path":"emails"}]}`, operand, []any{mail}},
		"other path, object":            {`{"Operations":[{"value": {"members":[{"value":"a@b","type":"User","display":"A"}]},"PATH":"urn:x:y"}]}`, inside, []any{mail}},
		"path said later":               {`{"Operations":[{"value":[{"value":"a"}],"path":"members"}]}`, operand, members{m("a")}},
		"no path, an array":             {op(``, `[{"value":"a","display":"A"}]`), operand, []any{scim.Document{"value": "a", "display": "A"}}},
		"no path, members in an array":  {op(``, `[{"members":[{"value":"a"}]}]`), operand, []any{scim.Document{"members": []any{scim.Document{"value": "a"}}}}},
		"path no string":                {op(`"path":5,`, `[{"value":"a"}]`), operand, []any{scim.Document{"value": "a"}}},
		"emails of a resource":          {`{"emails":[{"value":"a@b","type":"User","display":"A"}]}`, func(d scim.Document) any { return d["emails"] }, []any{mail}},
		"members of something else":     {`{"x":{"members":[{"value":"a"}]}}`, func(d scim.Document) any { return d["x"].(scim.Document)["members"] }, []any{scim.Document{"value": "a"}}},
		"members deeper in a value":     {op(``, `{"x":{"members":[{"value":"a"}]}}`), func(d scim.Document) any { return operand(d).(scim.Document)["x"].(scim.Document)["members"] }, []any{scim.Document{"value": "a"}}},
		"Operations that are no array":  {`{"Operations":{"value":[{"value":"a"}]}}`, func(d scim.Document) any { return d["Operations"].(scim.Document)["value"] }, []any{scim.Document{"value": "a"}}},
		"an array as element of itself": {`{"members":[[{"value":"a"}]]}`, top, []any{[]any{scim.Document{"value": "a"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := scim.Decode([]byte(c.body), withMembers())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, c.at(doc)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeMembersRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 8193)
	for name, c := range map[string]struct{ body, detail string }{
		"duplicate key":                    {`{"members":[{"value":"a","value":"b"}]}`, `duplicate key "value"`},
		"duplicate in another case":        {`{"members":[{"$ref":null,"$REF":"b"}]}`, `duplicate key`},
		"duplicate after an odd key":       {`{"members":[{"value":"a","x":1,"Value":"b"}]}`, `duplicate key "Value"`},
		"duplicate odd key":                {`{"members":[{"value":"a","x":1,"X":"b"}]}`, `duplicate key "X"`},
		"duplicate value of another kind":  {`{"members":[{"value":"a","value":5}]}`, `duplicate key "value"`},
		"long value":                       {`{"members":[{"value":"` + long + `"}]}`, "longer than 8192"},
		"long display":                     {`{"members":[{"value":"a","display":"` + long + `"}]}`, "longer than 8192"},
		"long key":                         {`{"members":[{"value":"a","` + long + `":1}]}`, "longer than 8192"},
		"NUL":                              {`{"members":[{"value":"a\u0000"}]}`, "NUL"},
		"NUL in what is not kept":          {`{"members":[{"value":"a","$ref":"a\u0000"}]}`, "NUL"},
		"half a surrogate in the same":     {`{"members":[{"value":"a","$ref":"\ud800"}]}`, "malformed"},
		"too deep":                         {`{"members":[{"value":"a","x":` + strings.Repeat("[", 40), "deeper than 32"},
		"unfinished":                       {`{"members":[{"value":"a"}`, "too early"},
		"unfinished element":               {`{"members":[{"value":"a"`, "too early"},
		"malformed element":                {`{"members":[{"value" "a"}]}`, "malformed"},
		"number as key":                    {`{"members":[{1:"a"}]}`, "malformed"},
		"too many keys":                    {`{"members":[{"value":"a"` + manyKeys(300) + `}]}`, "more than 256 keys"},
		"trailing comma":                   {`{"members":[{"value":"a"},]}`, "malformed"},
		"duplicate of an operation's path": {`{"Operations":[{"path":"a","PATH":"members","value":[]}]}`, "duplicate key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := scim.Decode([]byte(c.body), withMembers())
			e := scim.AsError(err)
			if err == nil || e.Status != 400 || e.Type != scim.TypeInvalidSyntax || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("%v, %v", doc, err)
			}
		})
	}
}

func manyKeys(n int) (keys string) {
	for i := range n {
		keys += fmt.Sprintf(`,"k%d":0`, i)
	}
	return keys
}

// A large body is not copied whole, and its strings are its own all the same.
func TestDecodeSharesNothingWithTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(`{"long":"` + strings.Repeat("y", 8000) + `","members":[` + strings.Repeat(`{"value":"0190b6a0-7c1e"},`, 20_000) + `{"value":"last"}],"displayName":"Finance"}`)
	doc, err := scim.Decode(body, withMembers())
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = '#'
	}
	members, _ := doc["members"].(scim.Members)
	if len(members) != 20_001 || members[0].Value != "0190b6a0-7c1e" || members[20_000].Value != "last" {
		t.Fatalf("%d members", len(members))
	}
	if doc["displayName"] != "Finance" || doc["long"] != strings.Repeat("y", 8000) {
		t.Error("a string changed with the body")
	}
}

func TestMemberChanges(t *testing.T) {
	t.Parallel()
	type edit = scim.MemberEdit
	for name, c := range map[string]struct {
		do   func(*scim.MemberChanges)
		want edit
	}{
		"nothing":              {func(*scim.MemberChanges) {}, edit{}},
		"in order, once":       {func(c *scim.MemberChanges) { c.Add("b"); c.Add("a"); c.Add("b") }, edit{Add: []string{"b", "a"}}},
		"V-32 in and out":      {func(c *scim.MemberChanges) { c.Add("a"); c.Remove("a") }, edit{Remove: []string{"a"}}},
		"out and in":           {func(c *scim.MemberChanges) { c.Remove("a"); c.Add("a") }, edit{Add: []string{"a"}}},
		"cleared":              {func(c *scim.MemberChanges) { c.Add("a"); c.Clear() }, edit{Clear: true}},
		"cleared and refilled": {func(c *scim.MemberChanges) { c.Remove("a"); c.Clear(); c.Add("b"); c.Add("c"); c.Remove("c") }, edit{Clear: true, Add: []string{"b"}}},
	} {
		var changes scim.MemberChanges
		c.do(&changes)
		if diff := cmp.Diff(c.want, changes.Edit()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// largeGroup is a PATCH of 18.7 MB: a hundred thousand members with all that servers return.
func largeGroup() []byte {
	var b strings.Builder
	b.WriteString(`{"schemas":["` + scim.MessagePatch + `"],"Operations":[{"op":"replace","path":"members","value":[`)
	for i := range 100_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":"0190b6a0-7c1e-7b1e-8f11-%012d","$ref":"https://scim.gw.example/t/acme/scim/v2/Users/0190b6a0-7c1e-7b1e-8f11-%012d","type":"User","display":"person%06d@acme.example"}`, i, i, i)
	}
	b.WriteString(`]}]}`)
	return []byte(b.String())
}

// The measure beside it is the standard library's decoder, into maps.
func BenchmarkDecodeMembers(b *testing.B) {
	body := largeGroup()
	for name, decode := range map[string]func() error{
		"baseline-json": func() error { var doc map[string]any; return json.Unmarshal(body, &doc) },
		"scim":          func() error { _, err := scim.Decode(body, withMembers()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a PATCH of a hundred thousand members may allocate while it is read.
func TestDecodeOfManyMembersIsFrugal(t *testing.T) {
	body := largeGroup()
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := scim.Decode(body, withMembers()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if perOp := r.AllocedBytesPerOp(); perOp > 32<<20 {
		t.Errorf("%d members: %d bytes allocated", 100_000, perOp)
	}
}
