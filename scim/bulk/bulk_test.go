package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
)

const base = "https://gw.example/t/acme/scim/v2"

// expand writes the short names of the case list out.
func expand(s string) string {
	return strings.NewReplacer("ENT", scim.SchemaEnterprise, "BASE", base).Replace(s)
}

func mustDecode(tb testing.TB, body string) scim.Document {
	tb.Helper()
	doc, err := scim.Decode([]byte(body), scim.DefaultLimits())
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return doc
}

func mustParse(tb testing.TB, body string) bulk.Request {
	tb.Helper()
	req, err := bulk.Parse(mustDecode(tb, expand(body)), bulk.Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	req.Base = base
	return req
}

// operations is a request of operations written one after the other.
func operations(list ...string) string { return `{"Operations":[` + strings.Join(list, ",") + `]}` }

func user(bulkID, name, rest string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":%q,"data":{"userName":%q%s}}`, bulkID, name, rest)
}

// group has members that are ids or references.
func group(bulkID string, members ...string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fmt.Sprintf(`{"value":%q}`, m)
	}
	return fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":%q,"data":{"displayName":%q,"members":[%s]}}`, bulkID, bulkID, strings.Join(list, ","))
}

func run(tb testing.TB, d *directory, body string) []bulk.Result {
	tb.Helper()
	results, err := bulk.Run(tb.Context(), mustParse(tb, body), d.newID, d)
	if err != nil {
		tb.Fatal(err)
	}
	mustDecode(tb, string(bulk.Response(results)))
	return results
}

// statuses are the bulkIds and statuses of results, as in "a:201 b:409".
func statuses(results []bulk.Result) string {
	var list []string
	for _, r := range results {
		name := r.BulkID
		if name == "" {
			name = r.Method
		}
		list = append(list, fmt.Sprintf("%s:%d", name, r.Status))
	}
	return strings.Join(list, " ")
}

// mary has one user and one group of that user in it.
func mary() *directory {
	d := newDirectory()
	d.resources["Users/m"] = scim.Document{"userName": "mary"}
	d.resources["Groups/g"] = scim.Document{"members": []any{scim.Document{"value": "m"}}}
	d.versions["Users/m"], d.versions["Groups/g"] = 1, 1
	return d
}

func TestRun(t *testing.T) {
	t.Parallel()
	manager := func(to string) string { return `,"ENT":{"department":"D","manager":` + to + `}` }
	patchGroup := func(id, op string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":"/Groups/%s","data":{"Operations":[%s]}}`, id, op)
	}
	for _, c := range []struct {
		name, body, want string
		calls, group     string // what was called, who is in the group named g, if it matters
	}{
		{"R-106", operations(user("a", "ann", ""), group("g", "bulkId:a", "m")), "a:201 g:201", "POST Users/1, POST Groups/2", "1 m"},
		{"R-107 reference before definition", operations(group("g", "bulkId:a"), user("a", "ann", "")), "g:201 a:201", "POST Users/1, POST Groups/2", "1"},
		{"R-107 two groups that refer to each other", operations(group("g", "bulkId:h", "m"), group("h", "bulkId:g")), "g:201 h:201",
			"POST Groups/1, POST Groups/2, PATCH Groups/1", "2 m"},
		{"R-107 three in a circle and two who wait", operations(group("x", "bulkId:y"), group("g", "bulkId:h", "bulkId:i"), group("y", "bulkId:g"), group("h", "bulkId:i"), group("i", "bulkId:g", "bulkId:h")),
			"x:201 g:201 y:201 h:201 i:201", "POST Groups/1, POST Groups/2, POST Groups/3, PATCH Groups/1, PATCH Groups/2, POST Groups/4, POST Groups/5", "2 3"},
		{"a group that is its own member", operations(group("g", "bulkId:g", "m")), "g:201", "POST Groups/1, PATCH Groups/1", "1 m"},
		{"managers of each other", operations(user("a", "ann", manager(`{"value":"bulkId:b"}`)), user("b", "bob", manager(`"bulkId:a"`))), "a:201 b:201", "POST Users/1, POST Users/2, PATCH Users/1", ""},
		{"RFC 7644 3.7.1 no such bulkId", operations(group("g", "bulkId:nobody"), user("a", "ann", "")), "g:409 a:201", "POST Users/1", ""},
		{"RFC 7644 3.7.1 failed", operations(user("a", "bad", ""), group("g", "bulkId:a"), group("h", "bulkId:g"), user("b", "bob", "")), "a:400 g:409 h:409 b:201", "POST Users/1, POST Users/2", ""},
		{"the bulkId has another case", operations(user("A", "ann", ""), group("g", "bulkId:a")), "A:201 g:409", "POST Users/1", ""},
		{"in the path", operations(`{"method":"PUT","path":"/Groups/bulkId:g","data":{"displayName":"g","members":[{"value":"bulkId:a"}]}}`, user("a", "ann", ""), group("g", "m")), "PUT:200 a:201 g:201",
			"POST Users/1, POST Groups/2, PUT Groups/2", "1"},
		{"in the path of nothing", operations(`{"method":"DELETE","path":"/Users/bulkId:x"}`), "DELETE:409", "", ""},
		{"in the values of a PATCH", operations(user("a", "ann", ""), group("g"), patchGroup("bulkId:g", `{"op":"add","path":"members","value":[{"value":"bulkId:a"}]}`)), "a:201 g:201 PATCH:200",
			"POST Users/1, POST Groups/2, PATCH Groups/2", "1"},
		{"in the path of a PATCH", operations(patchGroup("bulkId:g", `{"op":"remove","path":"members[value eq \"bulkId:a\"]"}`), user("a", "ann", ""), group("g", "bulkId:a", "m")), "PATCH:200 a:201 g:201",
			"POST Users/1, POST Groups/2, PATCH Groups/2", "m"},
		{"one resource in the request's order", operations(
			patchGroup("g", `{"op":"replace","path":"members","value":[{"value":"bulkId:a"}]}`), patchGroup("g", `{"op":"replace","path":"members","value":[{"value":"m"}]}`),
			user("a", "ann", "")), "PATCH:200 PATCH:200 a:201", "POST Users/1, PATCH Groups/g, PATCH Groups/g", "m"},
		{"nothing is done before its turn", operations(group("h", "bulkId:a"), `{"method":"DELETE","path":"/Users/m"}`, user("a", "mary", "")), "h:201 DELETE:204 a:201", "DELETE Users/m, POST Users/1, POST Groups/2", ""},
		{"R-110 without bulkId", operations(`{"method":"POST","path":"/Users","data":{"userName":"ann"}}`, user("b", "bob", "")), "POST:400 b:201", "POST Users/1", ""},
		{"R-110 stale version", operations(`{"method":"PATCH","path":"/Groups/g","version":"W/\"0\"","data":{"Operations":[]}}`, `{"method":"DELETE","path":"/Users/m","version":"W/\"0\""}`, `{"method":"DELETE","path":"/Users/m","version":"W/\"1\""}`),
			"PATCH:412 DELETE:412 DELETE:204", "PATCH Groups/g, DELETE Users/m, DELETE Users/m", ""},
		{"a POST has no version to be stale", operations(`{"method":"POST","path":"/Users","bulkId":"a","version":"W/\"7\"","data":{"userName":"ann"}}`), "a:201", "POST Users/1", ""},
		{"POST, PUT and PATCH without data", operations(`{"method":"POST","path":"/Users","bulkId":"a"}`, `{"method":"PUT","path":"/Users/m","data":null}`, `{"method":"PATCH","path":"/Users/m","data":[]}`, group("g", "bulkId:a")),
			"a:400 PUT:400 PATCH:400 g:409", "", ""},
		{"unknown method", operations(`{"method":"GET","path":"/Users/m"}`, `{"path":"/Users"}`, `7`, `{"method":7}`), "GET:400 :400 :400 :400", "", ""},
		{"method in lower case", operations(`{"method":"delete","path":"Users/m/"}`), "DELETE:204", "DELETE Users/m", ""},
		{"unknown endpoint", operations(`{"method":"POST","path":"/Things","bulkId":"a","data":{}}`, `{"method":"DELETE","path":"/Users/a/b"}`), "a:404 DELETE:404", "POST Things/1", ""},
		{"no such path", operations(`{"method":"POST","path":"/","bulkId":"a","data":{}}`, `{"method":"POST","path":"/Users/m","bulkId":"b","data":{}}`, `{"method":"DELETE","path":"/Users"}`, `{"method":"DELETE","path":"/Users?filter=x"}`, `{"method":"DELETE","path":"/Users/bulkId:"}`),
			"a:400 b:400 DELETE:400 DELETE:400 DELETE:400", "", ""},
		{"a path too long", operations(`{"method":"DELETE","path":"/Users/` + strings.Repeat("x", 1024) + `"}`), "DELETE:400", "", ""},
		{"bulk within bulk", operations(`{"method":"POST","path":"/Bulk","bulkId":"a","data":{"Operations":[]}}`, `{"method":"POST","path":"bulk","bulkId":"b","data":{}}`), "a:400 b:400", "", ""},
		{"R-108", `{"failOnErrors":1,"Operations":[` + user("a", "ann", "") + `,` + user("b", "bad", "") + `,` + user("c", "cy", "") + `]}`, "a:201 b:400", "POST Users/1, POST Users/2", ""},
		{"R-108 two", `{"failOnErrors":2,"Operations":[` + user("a", "bad", "") + `,` + user("b", "bad2", "") + `,` + user("c", "cy", "") + `]}`, "a:400 b:400", "POST Users/1, POST Users/2", ""},
		{"R-108 absent", operations(user("a", "bad", ""), user("b", "bad2", ""), user("c", "cy", "")), "a:400 b:400 c:201", "POST Users/1, POST Users/2, POST Users/3", ""},
		{"R-108 in a circle", `{"failOnErrors":1,"Operations":[` + group("g", "bulkId:h") + `,` + group("h", "bulkId:i", "nobody") + `,` + group("i", "bulkId:g") + `,` + user("c", "cy", "") + `]}`, "g:409 h:400", "POST Groups/1, POST Groups/2, DELETE Groups/1", ""},
		{"a circle fails as a whole", operations(group("g", "bulkId:h"), group("h", "bulkId:i", "nobody"), group("i", "bulkId:g"), group("j", "bulkId:i"), user("c", "cy", "")), "g:409 h:400 i:409 j:409 c:201", "POST Groups/1, POST Groups/2, DELETE Groups/1, POST Users/3", ""},
		{"a circle one of which is wrong by itself", operations(group("g", "bulkId:h", "bulkId:nobody"), group("h", "bulkId:g")), "g:409 h:409", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := mary()
			if got := statuses(run(t, d, c.body)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if calls := strings.Join(d.calls, ", "); calls != c.calls {
				t.Errorf("called %s, want %s", calls, c.calls)
			}
			if got := d.group(); c.group != "" && got != c.group {
				t.Errorf("the group holds %q, want %q", got, c.group)
			}
		})
	}
}

func TestCircleThatCannotBeCompleted(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.refuse = func(call string) bool { return call == "PATCH Groups" }
	results := run(t, d, operations(group("g", "bulkId:h"), group("h", "bulkId:g"), user("a", "ann", "")))
	if got := statuses(results); got != "g:400 h:409 a:201" || len(d.resources) != 1 {
		t.Errorf("%s and %d resources", got, len(d.resources))
	}
	if results[0].Location != "" || results[0].Version != "" {
		t.Errorf("a failed POST has a location: %+v", results[0])
	}
}

// TestWhatWasThereStays: an Executor that took over a resource has not created it.
func TestWhatWasThereStays(t *testing.T) {
	t.Parallel()
	d := mary()
	results, err := bulk.Run(t.Context(), mustParse(t, operations(user("a", "mary", `,"ENT":{"manager":"bulkId:b"}`), user("b", "bad", `,"ENT":{"manager":"bulkId:a"}`))), d.newID, restorer{d})
	if err != nil || statuses(results) != "a:409 b:400" || d.resources["Users/m"] == nil {
		t.Errorf("%s %v, %v", statuses(results), err, d.resources)
	}
}

// restorer answers the creation of mary with the mary that is there.
type restorer struct{ *directory }

func (r restorer) Execute(ctx context.Context, op bulk.Operation) bulk.Result {
	if op.Method == "POST" && op.Data["userName"] == "mary" {
		return bulk.Result{Status: 200, ID: "m", Version: `W/"2"`}
	}
	return r.directory.Execute(ctx, op)
}

// TestWhereReferencesStand is the rule of the package doc.
func TestWhereReferencesStand(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	results := run(t, d, operations(user("a", "bulkId:a", ""),
		user("b", "bulkId:a b", `,"displayName":"bulkId:a","ENT":{"manager":"bulkId:a","department":"bulkId:a"},
			"emails":[{"type":"bulkId:a","value":"bulkId:a"}],"urn:acme:2.0:User":{"boss":{"Value":"bulkId:a"},"note":["bulkId:a"]},"urn:acme:2.0:User:Manager":"bulkId:a"`),
		`{"method":"PATCH","path":"/Users/bulkId:b","data":{"Operations":[{"op":"replace","path":"nickName","value":"bulkId:a"}]}}`,
		`{"method":"PATCH","path":"/Users/bulkId:b","data":{"Operations":[{"op":"replace","path":"`+scim.SchemaEnterprise+`:manager","value":"bulkId:a"}]}}`,
	))
	if got := statuses(results); got != "a:201 b:201 PATCH:200 PATCH:200" {
		t.Fatal(got)
	}
	want := mustDecode(t, expand(`{"userName":"bulkId:a b","displayName":"bulkId:a","nickName":"bulkId:a","ENT":{"manager":"1","department":"bulkId:a"},
		"emails":[{"type":"bulkId:a","value":"1"}],"urn:acme:2.0:User":{"boss":{"Value":"1"},"note":["bulkId:a"]},"urn:acme:2.0:User:Manager":"1"}`))
	if diff := cmp.Diff(want, d.resources["Users/2"]); diff != "" {
		t.Error(diff)
	}
}

// TestPatchPaths has references in the filters of PATCH paths.
func TestPatchPaths(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	for path, want := range map[string]string{
		`members[value eq "bulkId:a"]`:                       `members[value eq "1"]`,
		`members[value eq "bulkId:a" or value eq "bulkId:"]`: `members[value eq "1" or value eq "bulkId:"]`,
		`members[value eq "bulk\u0049d:a"].display`:          `members[value eq "1"].display`,
		`members[value eq "x bulkId:a"]`:                     `members[value eq "x bulkId:a"]`,
		`members[value eq "bulkId:a`:                         `members[value eq "bulkId:a`,
		`members[value eq "bulkId:a\"]`:                      `members[value eq "bulkId:a\"]`,
	} {
		req := mustParse(t, operations(user("a", "ann", ""), `{"method":"PATCH","path":"/Groups/g","data":{}}`))
		req.Operations[1].Data = scim.Document{"operations": []any{scim.Document{"op": "remove", "Path": path}}}
		d.next = 0
		spy := &spy{directory: d}
		if _, err := bulk.Run(t.Context(), req, d.newID, spy); err != nil {
			t.Fatal(err)
		}
		got := spy.last.Data["operations"].([]any)[0].(scim.Document)["Path"]
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if kept := req.Operations[1].Data["operations"].([]any)[0].(scim.Document)["Path"]; kept != path {
			t.Errorf("%s: the request was changed to %s", path, kept)
		}
	}
}

// spy keeps the last operation.
type spy struct {
	*directory
	last bulk.Operation
}

func (s *spy) Execute(_ context.Context, op bulk.Operation) bulk.Result {
	s.last = op
	return bulk.Result{Status: 200}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	d := mary()
	results := run(t, d, operations(group("g", "bulkId:h"), group("h", "bulkId:g"), user("a", "bad", ""),
		`{"method":"DELETE","path":"/Users/m"}`, `{"method":"PUT","path":"/Users/nobody","bulkId":"p","data":{}}`, `{"method":"PATCH","path":"/Groups/g","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:a"}]}]}}`))
	failed := func(status, more string) string {
		return `{"schemas":["` + scim.MessageError + `"],"status":"` + status + `",` + more + `}`
	}
	want := mustDecode(t, expand(`{"schemas":["`+scim.MessageBulkResponse+`"],"Operations":[
		{"method":"POST","bulkId":"g","version":"W/\"2\"","location":"BASE/Groups/1","status":"201"},
		{"method":"POST","bulkId":"h","version":"W/\"1\"","location":"BASE/Groups/2","status":"201"},
		{"method":"POST","bulkId":"a","status":"400","response":`+failed("400", `"scimType":"invalidValue","detail":"refused"`)+`},
		{"method":"DELETE","location":"BASE/Users/m","status":"204"},
		{"method":"PUT","bulkId":"p","location":"BASE/Users/nobody","status":"404","response":`+failed("404", `"detail":"refused"`)+`},
		{"method":"PATCH","location":"BASE/Groups/g","status":"409","response":`+failed("409", `"detail":"refers to bulkId \"a\", which was not created"`)+`}]}`))
	if diff := cmp.Diff(want, mustDecode(t, string(bulk.Response(results)))); diff != "" {
		t.Error(diff)
	}
	if got := string(bulk.Response(nil)); got != `{"schemas":["`+scim.MessageBulkResponse+`"],"Operations":[]}` {
		t.Error(got)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		detail     string
	}{
		{"no operations", `{}`, 400, "Operations"},
		{"none", `{"Operations":[]}`, 400, "Operations"},
		{"no array", `{"Operations":{}}`, 400, "Operations"},
		{"failOnErrors no number", `{"failOnErrors":"1","Operations":[{}]}`, 400, "failOnErrors"},
		{"failOnErrors negative", `{"failOnErrors":-1,"Operations":[{}]}`, 400, "failOnErrors"},
		{"failOnErrors no integer", `{"failOnErrors":1.5,"Operations":[{}]}`, 400, "failOnErrors"},
		{"bulkId twice", operations(user("a", "ann", ""), user("a", "bob", "")), 400, "bulkId"},
		{"R-109", operations("{}", "{}", "{}", "{}"), 413, "maxOperations, 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := bulk.Parse(mustDecode(t, c.body), bulk.Limits{Operations: 3})
			e := scim.AsError(err)
			if err == nil || e.Status != c.status || e.Status == 400 && e.Type != scim.TypeInvalidSyntax || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := bulk.Parse(mustDecode(t, `{"SCHEMAS":["`+scim.MessageBulkRequest+`"],"operations":[{},{},{}],"failOnErrors":0}`), bulk.Limits{Operations: 3}); err != nil {
		t.Error(err)
	}
}

func TestNoIDs(t *testing.T) {
	t.Parallel()
	circle := operations(user("c", "cy", ""), group("g", "bulkId:h"), group("h", "bulkId:g"))
	for name, newID := range map[string]func(n int) (string, error){
		"none":          func(int) (string, error) { return "", errors.New("no randomness") },
		"INV-9":         func(int) (string, error) { return "x-BULKID-1", nil },
		"empty":         func(int) (string, error) { return "", nil },
		"in the middle": func(n int) (string, error) { return fmt.Sprint(n), []error{nil, nil, nil, errors.New("gone")}[n] },
	} {
		d := newDirectory()
		results, err := bulk.Run(t.Context(), mustParse(t, circle), func() (string, error) { d.next++; return newID(d.next) }, d)
		if err == nil || len(results) != len(d.resources) || len(d.resources) > 1 {
			t.Errorf("%s: %v, %s, %v", name, err, statuses(results), d.resources)
		}
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d := newDirectory()
	d.onCall = func() {
		if len(d.calls) == 3 {
			cancel()
		}
	}
	results, err := bulk.Run(ctx, mustParse(t, operations(user("a", "ann", ""), group("g", "bulkId:h"), group("h", "bulkId:g"), user("c", "cy", ""))), d.newID, d)
	if err != nil || statuses(results) != "a:201 g:409 h:503 c:503" || len(d.resources) != 1 {
		t.Errorf("%v, %s, %v", err, statuses(results), d.resources)
	}
}
