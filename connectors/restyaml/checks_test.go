package restyaml_test

import (
	"net/http"
	"strings"
	"testing"

	"scimrelay/connectors"
)

// checked are the findings of a product's check.
func checked(t *testing.T, text, base string) (connectors.Report, error) {
	t.Helper()
	return keeper(t, text, base).(connectors.Checker).Check(t.Context())
}

// finding is the one of the name.
func finding(t *testing.T, report connectors.Report, name string) connectors.Finding {
	t.Helper()
	for _, f := range report.Findings {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding %s in %+v", name, report)
	return connectors.Finding{}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const checks = `check:
  - {name: owner, request: GET /me, expect: answer.owner == true, fine: all is well, otherwise: ask the owner}
  - {name: plan, request: GET /plan}
faults:
  - {status: 404, class: denied}
  - {status: 418, calls: [check], class: auth}
mapping:
`
	good := connectors.Finding{Name: "credentials", OK: true}
	planned := connectors.Finding{Name: "plan", OK: true, Detail: "GET /plan is answered as expected"}
	listed := connectors.Finding{Name: "list", OK: true, Detail: "accounts on the first page of GET /keepers: 0"}
	for name, c := range map[string]struct {
		me, plan int
		owner    any
		want     []connectors.Finding
		class    connectors.Class
	}{
		"fine":       {200, 200, true, []connectors.Finding{good, {Name: "owner", OK: true, Detail: "all is well"}, planned, listed}, ""},
		"no owner":   {200, 403, false, []connectors.Finding{good, {Name: "owner", Detail: "ask the owner (the answer to GET /me is not as check[0].expect wants it)"}, {Name: "plan", Detail: "pets answered 403 to GET /plan: no; class denied"}, listed}, ""},
		"forbidden":  {403, 200, true, []connectors.Finding{good, {Name: "owner", Detail: "ask the owner (pets answered 403 to GET /me: no; class denied)"}, planned, listed}, ""},
		"by a line":  {404, 200, true, []connectors.Finding{good, {Name: "owner", Detail: "ask the owner (pets answered 404 to GET /me: no, which faults[0] is about; class denied)"}, planned, listed}, ""},
		"refused":    {401, 200, true, []connectors.Finding{{Name: "credentials", Detail: "Pet Shop refuses the credentials: correct them (pets answered 401 to GET /me: no)"}}, ""},
		"said to be": {418, 200, true, []connectors.Finding{{Name: "credentials", Detail: "Pet Shop refuses the credentials: correct them (pets answered 418 to GET /me: no, which faults[1] is about)"}}, ""},
		"away":       {503, 200, true, nil, connectors.Transient},
		"away later": {200, 503, true, []connectors.Finding{{Name: "owner", OK: true, Detail: "all is well"}}, connectors.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				if r.URL.Path == "/keepers" {
					write(w, 200, []any{})
					return
				}
				status := map[string]int{"/me": c.me, "/plan": c.plan}[r.URL.Path]
				write(w, status, object{"owner": c.owner, "message": "no"})
			})
			report, err := checked(t, but(t, pets, "mapping:\n", checks), v.URL)
			if c.class == "" && err != nil || c.class != "" && !connectors.Is(err, c.class) || len(report.Findings) != len(c.want) {
				t.Fatal(report, err)
			}
			for i, want := range c.want {
				got := report.Findings[i]
				if got.Name != want.Name || got.OK != want.OK || want.Detail != "" && got.Detail != want.Detail {
					t.Errorf("%+v, want %+v", got, want)
				}
			}
		})
	}
}

func TestCheckWithoutChecksReadsAPage(t *testing.T) {
	t.Parallel()
	v := newVendor(t, empty)
	report, err := checked(t, pets, v.URL)
	if err != nil || !report.OK() || len(v.requests()) != 1 {
		t.Error(report, err)
	}
}

// TestCheckSaysWhichHostCannotBeReached: port 1 of the loopback answers nobody.
func TestCheckSaysWhichHostCannotBeReached(t *testing.T) {
	t.Parallel()
	_, err := checked(t, pets, "http://127.0.0.1:1")
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Transient || !strings.HasSuffix(fault.Detail, "(127.0.0.1:1)") {
		t.Error(err)
	}
}

// TestCheckDoubtsAListThatDoesNotLeadOn: a wrong path to the next page would end every list early.
func TestCheckDoubtsAListThatDoesNotLeadOn(t *testing.T) {
	t.Parallel()
	one := []any{held(nil)}
	for name, c := range map[string]struct {
		paging string
		answer object
		ok     bool
		want   string
	}{
		"full, and nothing there": {"style: cursor, param: after, next: meta.nxt", object{"meta": object{"next": "b"}}, true,
			`the page is full (1), and the answer holds nothing at "meta.nxt", where paging.next looks for it`},
		"full, and empty there":    {"style: cursor, param: after, next: meta.next", object{"meta": object{"next": nil}}, true, "accounts on the first page of GET /keepers: 1"},
		"full, and it leads on":    {"style: cursor, param: after, next: meta.next", object{"meta": object{"next": "b"}}, true, "accounts on the first page of GET /keepers: 1"},
		"more is true":             {"style: cursor, param: after, next: nxt, more: more", object{"next": "b", "more": true}, false, `the vendor says that there is another page, and the answer holds nothing at "nxt"`},
		"an address that is not":   {"style: url, next: links.nxt", object{}, true, `the answer holds nothing at "links.nxt"`},
		"a header that is not":     {"style: header, param: page, header: X-Next-Page", object{}, true, "the answer holds no header X-Next-Page"},
		"no link":                  {"style: link", object{}, true, "the answer holds no header Link"},
		"not full":                 {"style: url, next: links.nxt", object{"data": []any{}}, true, "accounts on the first page of GET /keepers: 0"},
		"no list where it is said": {"style: url, next: links.next", object{"data": object{}}, false, `there is no list of accounts at "data", where calls.list.items looks for it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
				answer := object{"data": one}
				for key, value := range c.answer {
					answer[key] = value
				}
				write(w, 200, answer)
			})
			text := but(t, pets, "  list:\n    request: GET /keepers\n",
				"  list:\n    request: GET /keepers\n    items: data\n    paging: {"+c.paging+", size_param: n, size: 1}\n")
			report, err := checked(t, text, v.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := finding(t, report, "list"); got.OK != c.ok || !strings.Contains(got.Detail, c.want) {
				t.Errorf("%+v, want %t with %q", got, c.ok, c.want)
			}
		})
	}
}

// TestAnswersWithoutAnAccountSayWhereToLook: the keys of the file that lead to it.
func TestAnswersWithoutAnAccountSayWhereToLook(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(200, object{"data": held(nil)}))
	c := keeper(t, pets, v.URL)
	for name, call := range map[string]func() error{
		"find":   func() error { _, err := c.Find(t.Context(), connectors.Record{VendorID: "7", Key: "x"}); return err },
		"create": func() error { _, err := c.Create(t.Context(), ana()); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "account.item and account.id look for it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNullIsNil: whoever has the vendor's JSON before their eyes writes null.
func TestNullIsNil(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(200, object{"person": nil}))
	for _, word := range []string{"null", "nil"} {
		text := but(t, pets, "mapping:\n", "faults:\n  - {status: 200, calls: [get], when: answer.person == "+word+", class: not_found}\nmapping:\n")
		if _, err := keeper(t, text, v.URL).Find(t.Context(), connectors.Record{VendorID: "7", Key: "x"}); !connectors.Is(err, connectors.NotFound) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
