package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/scim"
	"scimrelay/scim/event"
	"scimrelay/scim/server"
	"scimrelay/store"
)

// a write is promised, and how it ended comes as an event.
func TestR130AWriteThatIsPromised(t *testing.T) {
	t.Parallel()
	proves(t, "R-130")
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage", "dastra")
		seen := map[string]bool{}
		promised := func(in call) (txn, location string) {
			t.Helper()
			got := c.do(t, in.with("Prefer", "return=minimal, Respond-Async; x=1", "wait=10")).want(t, http.StatusAccepted)
			txn = got.header.Get("Set-Txn")
			if got.body != "" || got.header.Get("Preference-Applied") != "respond-async" || len(txn) < 20 || seen[txn] ||
				got.header.Get("Content-Type") != "" || len(w.bell.take(c.tenant)) != 1 {
				t.Errorf("%s %s: %v, body %q", in.method, in.target, got.header, got.body)
			}
			seen[txn] = true
			return txn, got.header.Get("Location")
		}
		check := func(in []heard, n int, txn, method, status, version, location string) {
			t.Helper()
			if len(in) <= n {
				t.Fatalf("%d events, want more than %d", len(in), n)
			}
			e := in[n]
			_, path, _ := strings.Cut(location, "/scim/v2")
			payload := map[string]any{"method": method, "status": status, "location": location, "version": version}
			if version == "" {
				delete(payload, "version")
			}
			keyID, _, _ := strings.Cut(strings.TrimPrefix(c.secret, "scr_"), "_")
			issued := e.claims["iat"]
			want := map[string]any{
				"iss": c.base, "aud": []any{keyID}, "txn": txn, "jti": e.id, "iat": issued,
				"sub_id": map[string]any{"format": "scim", "uri": path}, "events": map[string]any{event.AsyncResponse: payload},
			}
			if diff := cmp.Diff(want, map[string]any(e.claims)); diff != "" {
				t.Error(diff)
			}
			if at, ok := issued.(float64); !ok || float64(w.now().Unix())-at > 60 || e.header["typ"] != "secevent+jwt" {
				t.Errorf("issued at %v, header %v", issued, e.header)
			}
		}

		posted, location := promised(post("/Users", user("ines")))
		id := location[strings.LastIndexByte(location, '/')+1:]
		if got := c.do(t, get("/Users/"+id)).want(t, http.StatusOK); location != c.base+"/Users/"+id || got.text("userName") != "ines" {
			t.Errorf("at %s: %s", location, got.body)
		}
		if all := c.events(t, atOnce); len(all) != 0 {
			t.Errorf("before any target has it: %v", all)
		}
		w.turn(t, c.tenant, "sage", applied)
		if all := c.events(t, atOnce); len(all) != 0 {
			t.Errorf("before every target has it: %v", all)
		}
		w.turn(t, c.tenant, "dastra", applied)
		all := c.events(t, atOnce)
		check(all, 0, posted, "POST", "201", `W/"1"`, location)
		if again := c.events(t, atOnce); len(again) != 1 || again[0].token != all[0].token {
			t.Errorf("not acknowledged, and yet %v", again)
		}
		if left := c.events(t, `{"returnImmediately":true,"ack":["`+all[0].id+`"]}`); len(left) != 0 {
			t.Errorf("acknowledged, and yet %v", left)
		}

		put, _ := promised(put("/Users/"+id, user("ines2")))
		patched, _ := promised(patch("/Users/"+id, operations(`{"op":"add","path":"title","value":"T"}`)))
		w.turn(t, c.tenant, "sage", applied)
		w.turn(t, c.tenant, "dastra", applied)
		all = c.events(t, atOnce)
		check(all, 0, put, "PUT", "200", `W/"2"`, location)
		check(all, 1, patched, "PATCH", "200", `W/"3"`, location)

		deleted, at := promised(remove("/Users/" + id))
		if at != location {
			t.Errorf("deleted at %s", at)
		}
		w.turn(t, c.tenant, "sage", gone)
		if left := c.events(t, atOnce); len(left) != 2 {
			t.Errorf("deleted before it is gone everywhere: %v", left)
		}
		w.turn(t, c.tenant, "dastra", gone)
		check(c.events(t, atOnce), 2, deleted, "DELETE", "204", "", location)
	})
}

func TestGroupsAreWrittenTheSameWay(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		got := c.do(t, post("/Groups", `{"schemas":["`+scim.SchemaGroup+`"],"displayName":"Staff"}`).later()).want(t, http.StatusAccepted)
		id := strings.TrimPrefix(got.header.Get("Location"), c.base+"/Groups/")
		ines := c.created(t, "ines")
		txn := c.promised(t, patch("/Groups/"+id, operations(`{"op":"add","path":"members","value":[{"value":"`+ines+`"}]}`)))
		w.turn(t, c.tenant, "sage", applied) // who comes first
		w.turn(t, c.tenant, "sage", applied)
		all := c.events(t, atOnce)
		if len(all) != 2 || all[0].outcome("status") != "201" || all[1].outcome("status") != "204" || all[1].claims["txn"] != txn {
			t.Fatalf("%v", all)
		}
		if uri := all[1].claims["sub_id"].(map[string]any)["uri"]; uri != "/Groups/"+id {
			t.Errorf("about %v", uri)
		}
	})
}

// A vendor's refusal comes with the vendor's reason, and stays what it was.
func TestAWriteThatAVendorRefuses(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "dastra", "sage", "steeple")
		txn := c.promised(t, post("/Users", user("ines")))
		w.turn(t, c.tenant, "dastra", setAside("held", "seats", "no licence is free"))
		first := c.events(t, atOnce)
		if len(first) != 1 {
			t.Fatalf("%v", first)
		}
		second := c.promised(t, post("/Users", user("bea")))
		w.turn(t, c.tenant, "steeple", applied)
		w.turn(t, c.tenant, "sage", setAside("escrow", "invalid", "the nic is taken"))
		w.turn(t, c.tenant, "dastra", setAside("held", "seats", "no licence is free"))
		all := c.events(t, atOnce)
		if len(all) != 2 || all[0].token != first[0].token {
			t.Fatalf("%v, before %v", all, first)
		}
		for i, want := range []struct{ txn, status, scimType, detail string }{
			{txn, "503", "", "dastra: no licence is free"},
			{second, "400", scim.TypeInvalidValue, "dastra: no licence is free; sage: the nic is taken"},
		} {
			response := map[string]any{"schemas": []any{scim.MessageError}, "status": want.status, "detail": want.detail}
			if want.scimType != "" {
				response["scimType"] = want.scimType
			}
			if diff := cmp.Diff(response, all[i].outcome("response")); diff != "" || all[i].outcome("status") != want.status || all[i].claims["txn"] != want.txn {
				t.Errorf("%v\n%s", all[i].claims, diff)
			}
		}
	})
}

// What needs no vendor is answered as ever, whatever the client prefers.
func TestWhatIsNotPromised(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		id := c.created(t, "ines")
		for name, in := range map[string]struct {
			call
			status int
		}{
			"no JSON":            {post("/Users", `{`), http.StatusBadRequest},
			"no user name":       {post("/Users", `{"schemas":["`+scim.SchemaUser+`"]}`), http.StatusBadRequest},
			"a name that exists": {post("/Users", user("INES")), http.StatusConflict},
			"nobody":             {put("/Users/"+nobodys["/Users"], user("x")), http.StatusNotFound},
			"nobody to delete":   {remove("/Users/" + nobodys["/Users"]), http.StatusNotFound},
			"an old version":     {put("/Users/"+id, user("x")).with("If-Match", `W/"7"`), http.StatusPreconditionFailed},
			"a read":             {get("/Users/" + id), http.StatusOK},
			"a list":             {get("/Users"), http.StatusOK},
			"a search":           {post("/Users/.search", `{"schemas":["`+scim.MessageSearch+`"]}`), http.StatusOK},
			"a bulk request": {post("/Bulk", `{"schemas":["`+scim.MessageBulkRequest+`"],"Operations":[{"method":"PATCH","path":"/Users/`+id+
				`","data":`+operations(`{"op":"add","path":"title","value":"T"}`)+`}]}`), http.StatusOK},
			"another preference": {post("/Users", user("bea")).with("Prefer", "wait=10, return=minimal"), http.StatusCreated},
		} {
			if in.header["Prefer"] == nil {
				in.call = in.later()
			}
			got := c.do(t, in.call)
			if got.status != in.status || got.body == "" || got.header.Get("Set-Txn")+got.header.Get("Preference-Applied") != "" {
				t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
			}
		}
		for name, other := range map[string]*client{
			"a tenant without targets":     w.tenant(t),
			"a tenant that wants none":     w.tenantOf(t, "client: {async: false}\n", "sage"),
			"a client of the strict draft": w.tenantOf(t, "client: {profile: strict}\n", "sage"),
		} {
			other.do(t, post("/Users", user("ines")).later()).want(t, http.StatusCreated)
			if got := other.do(t, get("/ServiceProviderConfig")).value("securityEvents"); !cmp.Equal(got, map[string]any{"asyncRequest": "none", "eventUris": []any{}}) {
				t.Errorf("%s: %v", name, got)
			}
		}
		if got := c.do(t, get("/ServiceProviderConfig")).value("securityEvents"); !cmp.Equal(got, map[string]any{"asyncRequest": "request", "eventUris": []any{event.AsyncResponse}}) {
			t.Errorf("%v", got)
		}
	})
}

func TestAChangeThatChangesNothingHasEnded(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "sage")
		id := c.created(t, "ines")
		w.turn(t, c.tenant, "sage", applied)
		txn := c.promised(t, put("/Users/"+id, user("ines")))
		if all := c.events(t, `{}`); len(all) != 1 || all[0].claims["txn"] != txn || all[0].outcome("status") != "200" {
			t.Errorf("%v", all)
		}
	})
}

func TestWhoComesBackIsPromisedToo(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenantOf(t, "client: {restore: inactive}\n", "sage")
		id := c.created(t, "ines")
		c.do(t, patch("/Users/"+id, operations(`{"op":"replace","path":"active","value":false}`))).want(t, http.StatusOK)
		got := c.do(t, post("/Users", user("ines")).later()).want(t, http.StatusAccepted)
		if got.header.Get("Location") != c.base+"/Users/"+id {
			t.Errorf("%v", got.header)
		}
		w.turn(t, c.tenant, "sage", applied)
		if all := c.events(t, atOnce); len(all) != 1 || all[0].outcome("status") != "201" || all[0].outcome("version") != `W/"3"` {
			t.Errorf("%v", all)
		}
	})
}

// Promises have an end; beyond it clients get the answer they always got.
func TestATenantIsPromisedSoMuch(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open(t), func(s *server.Server) { s.Limits.Transactions = 2 })
			c := w.tenant(t, "sage")
			c.promised(t, post("/Users", user("a")))
			c.promised(t, post("/Users", user("b")))
			c.do(t, post("/Users", user("c")).later()).want(t, http.StatusCreated)
			w.tenant(t, "sage").promised(t, post("/Users", user("a")))
			w.turn(t, c.tenant, "sage", applied)
			all := c.events(t, atOnce)
			c.events(t, `{"returnImmediately":true,"ack":["`+all[0].id+`"]}`)
			c.promised(t, post("/Users", user("d")))
		})
	}
}

// forgetful is a store that can remember no transaction.
type forgetful struct{ server.Transactions }

func (forgetful) Open(context.Context, string, store.Transaction, int) (bool, error) {
	return false, errors.Join(store.ErrUnavailable, errors.New("disk on fire"))
}

// The write is committed by then: its answer must not be an error.
func TestAWriteThatCannotBePromisedIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Transactions = forgetful{s.Transactions} })
	c := w.tenant(t, "sage")
	c.do(t, post("/Users", user("ines")).later()).want(t, http.StatusCreated)
	if !w.log.has("could not be promised") || !w.log.has("disk on fire") {
		t.Error("the log says nothing")
	}
}
