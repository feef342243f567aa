package restyaml_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
)

// held answers with one account, over which more is laid.
func held(more object) object {
	a := object{"id": 1, "mail": "ana@x.test", "name": "Ana", "age": 7, "shop": 3, "on": true}
	for name, value := range more {
		a[name] = value
	}
	return a
}

// answering answers every call alike.
func answering(status int, body any) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) { write(w, status, body) }
}

func remote(changes ...func(*connectors.Remote)) connectors.Remote {
	r := connectors.Remote{ID: "1", Key: "ana@x.test", Active: true,
		Fields: map[string]any{"mail": "ana@x.test", "name": "Ana", "age": int64(7), "shop": int64(3)}}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func with(name string, value any) func(*connectors.Record) {
	return func(r *connectors.Record) { r.Fields[name] = value }
}

// sent is what one step sends, by the file.
func sent(t *testing.T, text string, answer any, do func(context.Context, connectors.Connector) error, target ...string) []string {
	t.Helper()
	v := newVendor(t, answering(200, answer))
	if err := do(t.Context(), keeper(t, text, v.URL, target...)); err != nil {
		t.Fatal(err)
	}
	return v.requests()
}

func create(want connectors.Record) func(context.Context, connectors.Connector) error {
	return func(ctx context.Context, c connectors.Connector) error { _, err := c.Create(ctx, want); return err }
}

func update(have connectors.Remote, want connectors.Record) func(context.Context, connectors.Connector) error {
	return func(ctx context.Context, c connectors.Connector) error {
		_, err := c.Update(ctx, have, want)
		return err
	}
}

func deactivate(have connectors.Remote) func(context.Context, connectors.Connector) error {
	return func(ctx context.Context, c connectors.Connector) error {
		_, err := c.(connectors.Deactivator).Deactivate(ctx, have)
		return err
	}
}

func reactivate(have connectors.Remote, want connectors.Record) func(context.Context, connectors.Connector) error {
	return func(ctx context.Context, c connectors.Connector) error {
		_, err := c.(connectors.Deactivator).Reactivate(ctx, have, want)
		return err
	}
}

const createBody = `{"...": fields, on: active}`

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	ben := ana(with("name", "Ben"))
	for name, c := range map[string]struct {
		changes []string
		do      func(context.Context, connectors.Connector) error
		want    []string
	}{
		"all fields":          {nil, create(ana()), []string{`POST /keepers {"age":7,"mail":"ana@x.test","name":"Ana","on":true,"shop":3}`}},
		"no field without":    {nil, create(ana(with("age", nil))), []string{`POST /keepers {"mail":"ana@x.test","name":"Ana","on":true,"shop":3}`}},
		"an inactive one":     {nil, create(ana(func(r *connectors.Record) { r.Active = false })), []string{`POST /keepers {"age":7,"mail":"ana@x.test","name":"Ana","on":false,"shop":3}`}},
		"the changes":         {nil, update(remote(), ben), []string{`PATCH /keepers/1 {"name":"Ben"}`}},
		"nothing":             {nil, update(remote(), ana()), nil},
		"not the case":        {[]string{"  key: mail\n", "  key: mail\n  ignore_case: [name]\n"}, update(remote(), ana(with("name", "ANA"))), nil},
		"nor that of the key": {nil, update(remote(), ana(with("mail", "ANA@x.test"))), nil},
		"but of a strict one": {[]string{"  key: mail\n", "  key: mail\n  key_case: exact\n"}, update(remote(), ana(with("mail", "ANA@x.test"))), []string{`PATCH /keepers/1 {"mail":"ANA@x.test"}`}},
		"a field to clear":    {nil, update(remote(), ana(with("age", nil))), []string{`PATCH /keepers/1 {"age":null}`}},
		"cleared with a text": {[]string{"  key: mail\n", "  key: mail\n  clear_with: \"\"\n"}, update(remote(), ana(with("name", nil))), []string{`PATCH /keepers/1 {"name":""}`}},
		"cleared by its name": {[]string{"body: changes", "body: {n: changes.name, a: changes.age, m: changes.mail}"}, update(remote(), ana(with("name", nil))),
			[]string{`PATCH /keepers/1 {"n":null}`}},
		"nothing to clear":   {nil, update(remote(func(r *connectors.Remote) { delete(r.Fields, "age") }), ana(with("age", nil))), nil},
		"never a needed one": {[]string{"  key: mail\n", "  key: mail\n  required: [name]\n"}, update(remote(), ana(with("name", nil))), nil},
		"everything":         {[]string{"request: PATCH /keepers/{id}\n    body: changes", "request: PUT /keepers/{id}\n    body: {\"...\": fields, on: active}"}, update(remote(), ben), []string{`PUT /keepers/1 {"age":7,"mail":"ana@x.test","name":"Ben","on":true,"shop":3}`}},
		"an id that is text": {nil, update(remote(), ana(with("age", "8"))), []string{`PATCH /keepers/1 {"age":8}`}},
		"nested by paths": {[]string{"  key: mail\n", "  key: contact.mail\n  fields: {mail: contact.mail, age: profile.years}\n"}, create(ana()),
			[]string{`POST /keepers {"contact":{"mail":"ana@x.test"},"name":"Ana","on":true,"profile":{"years":7},"shop":3}`}},
		"nested by the file": {[]string{createBody, `{user: {login: lower(fields.name), tags: [fields.mail, '"new"', 3], profile: {years: fields.age}, empty: {a: fields.age}, on: active, shop: fields.shop, of: resource, k: key}}`},
			create(ana(with("age", nil))), []string{`POST /keepers {"user":{"k":"ana@x.test","login":"ana","of":"r1","on":true,"shop":3,"tags":["ana@x.test","new",3]}}`}},
		"a form": {[]string{"body: changes", "form: changes"}, update(remote(), ana(with("name", "Ben & Co"), with("age", nil))), []string{`PATCH /keepers/1 age=&name=Ben+%26+Co`}},
		"a form by names": {[]string{"body: changes", "form: {n: changes.name, m: changes.mail, a: changes.age, force: true, of: [id, key]}"}, update(remote(), ben),
			[]string{`PATCH /keepers/1 force=true&n=Ben&of=1&of=ana%40x.test`}},
		"a query":            {[]string{"body: changes", "body: changes\n    query: {notify: false, by: key, none: defaults.shop}"}, update(remote(), ben), []string{`PATCH /keepers/1?by=ana%40x.test&notify=false {"name":"Ben"}`}},
		"off":                {nil, deactivate(remote()), []string{`PATCH /keepers/1 {"on":false}`}},
		"off again":          {nil, deactivate(remote(func(r *connectors.Remote) { r.Active = false })), []string{`PATCH /keepers/1 {"on":false}`}},
		"off, whole":         {[]string{"body: {on: false}", "body: {\"...\": fields, on: active}"}, deactivate(remote()), []string{`PATCH /keepers/1 {"age":7,"mail":"ana@x.test","name":"Ana","on":false,"shop":3}`}},
		"on":                 {nil, reactivate(remote(), ana()), []string{`PATCH /keepers/1 {"on":true}`}},
		"on, changed":        {nil, reactivate(remote(), ben), []string{`PATCH /keepers/1 {"on":true}`, `PATCH /keepers/1 {"name":"Ben"}`}},
		"on, at once":        {[]string{"body: {on: true}", "body: {\"...\": changes, on: true}"}, reactivate(remote(), ben), []string{`PATCH /keepers/1 {"name":"Ben","on":true}`}},
		"on, in part":        {[]string{"body: {on: true}", "body: {name: changes.name, on: true}"}, reactivate(remote(), ana(with("age", int64(9)))), []string{`PATCH /keepers/1 {"on":true}`, `PATCH /keepers/1 {"age":9}`}},
		"an id with a slash": {nil, deactivate(remote(func(r *connectors.Remote) { r.ID = "a/b" })), []string{`PATCH /keepers/a/b {"on":false}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sent(t, but(t, pets, c.changes...), held(nil), c.do)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAValueStaysOneSegmentOfThePath(t *testing.T) {
	t.Parallel()
	var raw string
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		raw = r.URL.EscapedPath()
		write(w, 200, object{})
	})
	c := keeper(t, pets, v.URL)
	_, _ = c.(connectors.Deactivator).Deactivate(t.Context(), remote(func(r *connectors.Remote) { r.ID = "a/../b?x" }))
	if raw != "/keepers/a%2F..%2Fb%3Fx" {
		t.Error(raw)
	}
	_, err := c.(connectors.Deactivator).Deactivate(t.Context(), remote(func(r *connectors.Remote) { r.ID = ".." }))
	if !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
}

func TestDefaultsFillPathsAndQueries(t *testing.T) {
	t.Parallel()
	text := but(t, pets, "shop: {type: integer,", "shop: {type: integer, required: true,", "request: POST /keepers", "request: POST /shops/{shop}/keepers",
		createBody, createBody+"\n    headers: {X-Shop: string(defaults.shop)}")
	v := newVendor(t, answering(200, held(nil)))
	if _, err := keeper(t, text, v.URL, "defaults: {shop: 42}").Create(t.Context(), ana()); err != nil {
		t.Fatal(err)
	}
	if got := v.said[0]; got.path != "/shops/42/keepers" || got.header.Get("X-Shop") != "42" {
		t.Error(got.path, got.header)
	}
}

func TestWhatACreationReturns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes []string
		answer  any
		want    connectors.Remote
	}{
		"the account":        {nil, held(nil), remote()},
		"an id alone":        {nil, object{"id": 1}, remote(func(r *connectors.Remote) { delete(r.Fields, "shop") })},
		"an account inside":  {[]string{"  key: mail\n", "  key: mail\n  item: data.keeper\n"}, object{"data": object{"keeper": held(nil)}}, remote()},
		"one still inactive": {nil, held(object{"on": false}), remote(func(r *connectors.Remote) { r.Active = false })},
		"values of its own": {nil, held(object{"name": "ANA"}), remote(func(r *connectors.Remote) {
			r.Fields["name"], r.Notes = "ANA", []string{"the vendor did not take the field name"}
		})},
		"numbers as text":     {nil, held(object{"id": "1", "age": "7"}), remote()},
		"numbers as floats":   {nil, held(object{"age": 7.0}), remote()},
		"a boolean elsewhere": {[]string{"account.on == true", "account.state == \"open\""}, held(object{"state": "open"}), remote()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(200, c.answer))
			made, err := keeper(t, but(t, pets, c.changes...), v.URL).Create(t.Context(), ana())
			if diff := cmp.Diff(c.want, made); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

func TestAnIDMayStandInAHeader(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"/keepers/9", "https://pets.example/keepers/9/", "9", "https://pets.example/keepers/9?x=1"} {
		v := newVendor(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Location", location)
			w.WriteHeader(201)
		})
		made, err := keeper(t, but(t, pets, createBody, createBody+"\n    id_header: Location"), v.URL).Create(t.Context(), ana())
		if err != nil || made.ID != "9" || !made.Active {
			t.Errorf("%s: %+v, %v", location, made, err)
		}
	}
}

func TestACreationWithoutAnIDIsUnknown(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(201, object{"ok": true}))
	_, err := keeper(t, pets, v.URL).Create(t.Context(), ana())
	if !connectors.Is(err, connectors.Unknown) || !connectors.FaultOf(err).Uncertain {
		t.Error(err)
	}
}

func TestASuccessThatWasNotExpectedIsNone(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(202, held(nil)))
	_, err := keeper(t, but(t, pets, createBody, createBody+"\n    success: [201]"), v.URL).Create(t.Context(), ana())
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Nonsense || !fault.Uncertain {
		t.Error(err)
	}
}

func TestWhatTheVendorNeedsIsAskedOfTheDirectory(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(201, held(nil)))
	c := keeper(t, but(t, pets, "  key: mail\n", "  key: mail\n  required: [name]\n"), v.URL)
	_, err := c.Create(t.Context(), ana(with("name", nil)))
	if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "field name") || len(v.requests()) > 0 {
		t.Error(err)
	}
	if _, err := c.Create(t.Context(), ana(with("age", "old"))); !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
}

func TestAnAccountThatIsSpentStaysAway(t *testing.T) {
	t.Parallel()
	removed := false
	text := but(t, pets, "deactivate: flag", "deactivate: remove\n  reactivate: re-attach", "request: PATCH /keepers/{id}\n    body: {on: false}", "request: DELETE /keepers/{id}",
		"  reactivate:\n    request: PATCH /keepers/{id}\n    body: {on: true}\n", "", "  active: account.on == true\n", "  gone: account.left == true\n",
		"  create_inactive: true\n", "", createBody, "fields")
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		switch {
		case r.Method == http.MethodDelete && removed:
			write(w, 404, object{"message": "no such keeper"})
		case r.Method == http.MethodDelete:
			removed = true
			w.WriteHeader(204)
		case r.URL.Path == "/keepers":
			write(w, 200, []any{held(object{"left": removed})})
		default:
			write(w, 200, held(object{"left": removed}))
		}
	})
	c := keeper(t, text, v.URL)
	byID := ana(func(r *connectors.Record) { r.VendorID = "1" })
	if have, err := c.Find(t.Context(), byID); err != nil || !have.Active {
		t.Fatal(err)
	}
	for range 2 {
		if off, err := c.(connectors.Deactivator).Deactivate(t.Context(), remote()); err != nil || off.Active {
			t.Fatal(err)
		}
	}
	for _, want := range []connectors.Record{byID, ana()} {
		if _, err := c.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Error(err)
		}
	}
	if _, err := c.(connectors.Deactivator).Reactivate(t.Context(), remote(), ana()); !connectors.Is(err, connectors.Internal) {
		t.Error(err)
	}
}

func TestAProductThatCannotDeactivateHasNotThePower(t *testing.T) {
	t.Parallel()
	text := but(t, pets, "deactivate: flag", "deactivate: none", "  deactivate:\n    request: PATCH /keepers/{id}\n    body: {on: false}\n", "",
		"  reactivate:\n    request: PATCH /keepers/{id}\n    body: {on: true}\n", "", "  list:\n    request: GET /keepers\n", "")
	c := keeper(t, text, "http://127.0.0.1:1")
	if _, ok := c.(connectors.Deactivator); ok {
		t.Error("it has")
	}
	if _, ok := c.(connectors.Lister); ok {
		t.Error("it lists")
	}
}
