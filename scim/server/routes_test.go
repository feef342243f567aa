package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// on is a request for the route that would be accepted of the tenant's own resource.
func on(r server.Route, id string) call {
	in := call{method: r.Method, target: strings.ReplaceAll(r.Path, ":id", id)}
	switch r.Method {
	case http.MethodPost, http.MethodPut:
		in.body = user("routed")
		if strings.HasPrefix(r.Path, "/Groups") {
			in.body = `{"schemas":["` + scim.SchemaGroup + `"],"displayName":"Routed"}`
		}
	case http.MethodPatch:
		in.body = operations(`{"op":"replace","path":"displayName","value":"Routed"}`)
	}
	return in
}

// Every route there is, with every token that does not fit: nobody learns anything, not even
// whether a path exists.
func TestEveryRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t)
		id := c.created(t, "ines")
		before := w.snapshot(t)
		routes := w.server.Routes()
		if len(routes) < 11 {
			t.Fatalf("only %d routes", len(routes))
		}
		want := other.do(t, get("/Nope").with(token)).want(t, http.StatusUnauthorized)
		want.header.Del("Date")
		for _, r := range append(routes, server.Route{Method: "DELETE", Path: "/Users"}, server.Route{Method: "POST", Path: "/Nope"}) {
			for name, values := range map[string][]string{"none": {}, "foreign": {"Bearer " + other.secret}} {
				got := c.do(t, on(r, id).with(token, values...))
				got.header.Del("Date")
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

// X50: what belongs to another tenant is not there, on every route that names a resource.
func TestAForeignIDIsAnUnknownOne(t *testing.T) {
	t.Parallel()
	const unknown = "0190b6a0-7c1e-7b1e-8f11-0d9a4be0aa01"
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t, "sage")
		w.checks.plant("canary", other.tenant)
		id := other.created(t, "canary")
		w.bell.all()
		before := w.snapshot(t)
		for _, r := range w.server.Routes() {
			if !strings.HasSuffix(r.Path, "/:id") {
				continue
			}
			foreign, nobodys := c.do(t, on(r, id)), c.do(t, on(r, unknown))
			foreign.body = strings.ReplaceAll(foreign.body, id, unknown)
			if foreign.status != http.StatusNotFound || foreign.body != nobodys.body || nobodys.status != foreign.status {
				t.Errorf("%s %s: %d %s\nof nobody: %d %s", r.Method, r.Path, foreign.status, foreign.body, nobodys.status, nobodys.body)
			}
		}
		for _, filter := range []string{`userName eq "canary"`, `id eq "` + id + `"`, `userName sw "can"`} {
			if found := c.do(t, get("/Users?filter="+filter)).want(t, 200).value("totalResults"); found != 0.0 {
				t.Errorf("%s finds %v", filter, found)
			}
		}
		if diff := cmp.Diff(before, w.snapshot(t)); diff != "" {
			t.Errorf("the store has changed:\n%s", diff)
		}
		if c.created(t, "canary") == id { // the name is free here
			t.Error("one id for two resources")
		}
	})
}

// X51: no spelling of a path gets around the token, and none is answered with a redirect.
func TestPathTricks(t *testing.T) {
	t.Parallel()
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
		if got.status != http.StatusOK && got.status != http.StatusNotFound {
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
