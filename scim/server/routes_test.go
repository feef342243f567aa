package server_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/tenants"
)

// ids are one tenant's own resources, by the endpoint that names them.
type ids map[string]string

// belongings makes a user and a group with it.
func (c *client) belongings(tb testing.TB, name string) ids {
	tb.Helper()
	user := c.created(tb, name)
	return ids{"/Users": user, "/Groups": c.group(tb, name, user)}
}

// of is the id for a route's path.
func (i ids) of(path string) string {
	for endpoint, id := range i {
		if strings.HasPrefix(path, endpoint) {
			return id
		}
	}
	return "User"
}

// on is a request for the route that would be accepted of the tenant that has the ids.
func on(r server.Route, own ids) call {
	in := call{method: r.Method, target: strings.ReplaceAll(r.Path, ":id", own.of(r.Path))}
	groups := strings.HasPrefix(r.Path, "/Groups")
	switch {
	case strings.HasSuffix(r.Path, "/.search"):
		in.body = `{"schemas":["` + scim.MessageSearch + `"],"filter":"id eq \"` + own["/Users"] + `\""}`
	case r.Path == "/Bulk":
		in.body = `{"schemas":["` + scim.MessageBulkRequest + `"],"Operations":[` +
			`{"method":"PATCH","path":"/Users/` + own["/Users"] + `","data":` + operations(`{"op":"replace","path":"title","value":"Bulk"}`) + `},` +
			`{"method":"DELETE","path":"/Groups/` + own["/Groups"] + `"}]}`
	case r.Method == http.MethodPatch && groups:
		in.body = operations(`{"op":"remove","path":"members"}`)
	case r.Method == http.MethodPatch:
		in.body = operations(`{"op":"replace","path":"title","value":"Routed"}`)
	case groups && (r.Method == http.MethodPost || r.Method == http.MethodPut):
		in.body = `{"schemas":["` + scim.SchemaGroup + `"],"displayName":"routed"}`
	case r.Method == http.MethodPost || r.Method == http.MethodPut:
		in.body = user("routed")
	}
	return in
}

// Every route there is, with every token that does not fit: nobody learns anything, not even
// whether a path exists.
func TestEveryRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t)
		own := c.belongings(t, "ines")
		revoked := w.token(t, c.tenant)
		w.revoke(t, c.tenant, revoked)
		before := w.snapshot(t)
		routes := w.server.Routes()
		if len(routes) < 25 {
			t.Fatalf("only %d routes", len(routes))
		}
		want := other.do(t, get("/Nope").with(token)).want(t, http.StatusUnauthorized)
		want.header.Del("Date")
		for _, r := range append(routes, server.Route{Method: "DELETE", Path: "/Users"}, server.Route{Method: "POST", Path: "/Nope"}) {
			for name, values := range map[string][]string{"none": {}, "foreign": {"Bearer " + other.secret}, "revoked": {"Bearer " + revoked}} {
				got := c.do(t, on(r, own).with(token, values...))
				got.header.Del("Date")
				if r.Method == http.MethodHead {
					got.body = want.body // which HEAD has none of
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
					t.Errorf("%s %s with token %s:\n%s", r.Method, r.Path, name, diff)
				}
			}
		}
		if diff := cmp.Diff(before, w.snapshot(t)); diff != "" {
			t.Errorf("the store has changed:\n%s", diff)
		}
	})
}

// Every route of the router is one of the table, which the tests here go through, or one of these.
func TestNoRouteIsForgotten(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X50")
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Issuer = &tenants.Issuer{} })
	mounted, err := w.server.Mounted()
	if err != nil {
		t.Fatal(err)
	}
	known := map[server.Route]bool{}
	for _, r := range w.server.Routes() {
		known[server.Route{Method: r.Method, Path: path.Join(server.Prefix+":tenant/scim/v2", r.Path)}] = true
	}
	elsewhere := map[string]string{
		server.Prefix + ":tenant/oauth2/token": "who has no token yet gets one: auth_test.go",
		server.Prefix + ":tenant/jwks.json":    "public, and one for all tenants: events_test.go",
	}
	for _, r := range mounted {
		if !known[r] && elsewhere[r.Path] == "" {
			t.Errorf("%s %s is in no test of what tenants may see of each other", r.Method, r.Path)
		}
		delete(known, r)
	}
	for r := range known {
		t.Errorf("%s %s is not mounted", r.Method, r.Path)
	}
}

// nobodys are ids that no tenant has.
var nobodys = ids{"/Users": "0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa01", "/Groups": "0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa02"}

// X50: what belongs to another tenant is not there, on every route that can name a resource, in
// its path or in its body.
func TestAForeignIDIsAnUnknownOne(t *testing.T) {
	t.Parallel()
	asked := board.Begin(t, "X50").Sum("requests for what is another tenant's", 70)
	proves(t, "INV-10")
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t, "sage")
		w.checks.plant("canary", other.tenant)
		foreign := other.belongings(t, "canary")
		mine := c.belongings(t, "mine")
		w.bell.all()
		before := w.snapshot(t)
		ask := func(in func(ids) call) {
			t.Helper()
			theirs, nobody := c.do(t, in(foreign)), c.do(t, in(nobodys))
			asked.Add(1)
			for endpoint, id := range foreign {
				theirs.body = strings.ReplaceAll(theirs.body, id, nobodys[endpoint])
			}
			if theirs.status != nobody.status || theirs.body != nobody.body || theirs.status >= 500 {
				t.Errorf("%s %s: %d %s\nof nobody: %d %s", in(foreign).method, in(foreign).target, theirs.status, theirs.body, nobody.status, nobody.body)
			}
		}
		for _, r := range w.server.Routes() {
			if strings.Contains(r.Path, "/:id") || strings.HasSuffix(r.Path, "/.search") || r.Path == "/Bulk" {
				ask(func(i ids) call { return on(r, i) })
			}
		}
		for _, filter := range []string{`id eq "%s"`, `groups.value eq "%s"`, `manager eq "%s"`, `externalId eq "%s"`} {
			ask(func(i ids) call { return get("/Users?filter=" + fmt.Sprintf(filter, i["/Users"])) })
			ask(func(i ids) call { return get("/Users?filter=" + fmt.Sprintf(filter, i["/Groups"])) })
		}
		for _, endpoint := range []string{"/Users", "/Groups"} {
			ask(func(i ids) call { return get(`/Groups?filter=members.value eq "` + i[endpoint] + `"`) })
			member := func(i ids) string { return `[{"value":"` + i[endpoint] + `"}]` }
			group := `{"schemas":["` + scim.SchemaGroup + `"],"displayName":"theirs","members":`
			ask(func(i ids) call { return post("/Groups", group+member(i)+`}`) })
			ask(func(i ids) call { return put("/Groups/"+mine["/Groups"], group+member(i)+`}`) })
			for _, op := range []string{"add", "remove", "replace"} {
				ask(func(i ids) call {
					return patch("/Groups/"+mine["/Groups"], operations(`{"op":"`+op+`","path":"members","value":`+member(i)+`}`))
				})
			}
		}
		for _, filter := range []string{`userName eq "canary"`, `userName sw "can"`} {
			if found := c.do(t, get("/Users?filter="+filter)).want(t, 200).value("totalResults"); found != 0.0 {
				t.Errorf("%s finds %v", filter, found)
			}
		}
		if diff := cmp.Diff(before, w.snapshot(t)); diff != "" {
			t.Errorf("the store has changed:\n%s", diff)
		}
		if c.created(t, "canary") == foreign["/Users"] { // the name is free here
			t.Error("one id for two resources")
		}
	})
}

// INV-10, R-122: a cursor is good for one tenant, one token and one search; whatever else it is
// shown to says the same of it as of no cursor at all.
func TestACursorIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	proves(t, "R-122", "R-123", "INV-10")
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t), w.tenant(t)
		for i := range 5 {
			c.created(t, fmt.Sprint("user-", i))
			other.created(t, fmt.Sprint("user-", i))
		}
		query := `/Users?filter=userName sw "user"&count=2&cursor=`
		next := c.do(t, get(query)).want(t, 200).text("nextCursor")
		second := *c
		second.secret = w.token(t, c.tenant)
		forged := c.do(t, get(query+"nonsense")).want(t, http.StatusBadRequest)
		if forged.text("scimType") != scim.TypeInvalidCursor {
			t.Error(forged.body)
		}
		for name, ask := range map[string]func() answer{
			"another tenant":       func() answer { return other.do(t, get(query+next)) },
			"another token":        func() answer { return second.do(t, get(query+next)) },
			"another filter":       func() answer { return c.do(t, get(`/Users?filter=userName sw "use"&count=2&cursor=`+next)) },
			"no filter":            func() answer { return c.do(t, get(`/Users?count=2&cursor=`+next)) },
			"another order":        func() answer { return c.do(t, get(query+next+"&sortBy=userName")) },
			"another type":         func() answer { return c.do(t, get(`/Groups?filter=userName sw "user"&count=2&cursor=`+next)) },
			"cut short":            func() answer { return c.do(t, get(query+next[:len(next)-1])) },
			"one letter different": func() answer { return c.do(t, get(query+string(next[0]^1)+next[1:])) },
			"longer":               func() answer { return c.do(t, get(query+next+"A")) },
		} {
			if got := ask(); got.status != forged.status || got.body != forged.body {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		c.do(t, get(query+next)).want(t, http.StatusOK)
		w.advance(2 * time.Hour)
		if got := c.do(t, get(query+next)).want(t, http.StatusBadRequest); got.text("scimType") != scim.TypeExpiredCursor {
			t.Errorf("R-123: %s", got.body)
		}
	})
}

// X51: no spelling of a path gets around the token, and none is answered with a redirect.
func TestPathTricks(t *testing.T) {
	t.Parallel()
	tricks := board.Begin(t, "X51").Sum("odd paths", 25)
	w := newWorld(t, stores["sqlite"](t))
	c, other := w.tenant(t), w.tenant(t)
	id := c.created(t, "ines")
	paths := []string{"/Users", "/users", "/%55sers", "//Users", "/Users/", "/Users//" + id, "/Users/" + id + "/", "/Users/%2e%2e/Users",
		"/Users/..", "/./Users", "/Users;x=1", "/Users%00", "/Users/" + id + "%2F", "/Users%2F" + id, "/Users/%2F", "/Users?/../..",
		"/../../" + other.tenant + "/scim/v2/Users", "/%2e%2e/%2e%2e/" + other.tenant + "/scim/v2/Users", "/Users/" + strings.Repeat("x", 65),
		"/Users/a'b", "/Users/%0d%0aX:1", "", "/", "/Me", "/Bulk", "/.search", "/v9/Users"}
	for _, path := range paths {
		bare := get(path).with(token).with("X-Original-Url", "/Users").with("X-Forwarded-Host", "evil.example")
		c.do(t, bare).want(t, http.StatusUnauthorized)
		got := c.do(t, get(path))
		tricks.Add(1)
		if !slices.Contains([]int{http.StatusOK, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, got.status) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if strings.Contains(got.body, "evil.example") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, path := range []string{"/t", "/t/", "/t//scim/v2/Users", "/t/%20/scim/v2/Users", "/t/" + c.tenant + "%2F/Users", "/t/" + strings.ToUpper(c.tenant) + "/scim/v2/Users", "/"} {
		root := *c
		root.base = w.server.PublicURL
		if got := root.do(t, get(path)); got.status != http.StatusUnauthorized && got.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
