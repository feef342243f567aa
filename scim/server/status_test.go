package server_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/store"
)

// states are the elements of the status extension by their targets.
func (a answer) states(tb testing.TB) map[string]map[string]any {
	tb.Helper()
	return statesOf(tb, a.value(scim.SchemaRelay))
}

func statesOf(tb testing.TB, extension any) map[string]map[string]any {
	tb.Helper()
	object, _ := extension.(map[string]any)
	list, _ := object["targets"].([]any)
	all := make(map[string]map[string]any)
	for _, element := range list {
		one, _ := element.(map[string]any)
		all[fmt.Sprint(one["target"])] = one
	}
	if len(all) == 0 {
		tb.Fatalf("no status in %v", extension)
	}
	return all
}

// The states are relay's words, and the list is closed.
func TestTheStatusSaysHowFarEveryTargetIs(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c := w.tenant(t, "a", "b", "c", "d", "e", "f", "g", "h, activate: false", "i", "j")
		id := c.created(t, "ines")
		soon := w.store.Now().Add(time.Hour).Truncate(time.Millisecond)
		later := func(state, fault, detail string, next time.Time) func(store.Link) store.Outcome {
			return func(k store.Link) store.Outcome {
				k.State, k.Fault, k.Detail, k.NextAt = state, fault, detail, next
				return store.Outcome{Next: k, Kind: "link.failed"}
			}
		}
		w.turn(t, c.tenant, "a", applied)
		w.turn(t, c.tenant, "b", later(relay.StateRetry, "transient", "not now", soon))
		w.turn(t, c.tenant, "c", later(relay.StateEscrow, "invalid", "the nic is of no use", soon))
		w.turn(t, c.tenant, "d", later(relay.StateHeld, "confirm", "many are leaving", store.Never()))
		w.turn(t, c.tenant, "e", later(relay.StateParked, "", "waits for 1 members", store.Never()))
		w.turn(t, c.tenant, "f", later(relay.StateVerify, "unknown", "no answer", soon))
		rest := soon.Add(time.Hour)
		w.health(t, c.tenant, "i", quarantine.State{Phase: quarantine.Quarantined, Until: rest})
		if err := w.store.Targets.Pause(t.Context(), store.Order{Tenant: c.tenant, Target: "j", Actor: "test"}, true); err != nil {
			t.Fatal(err)
		}
		got := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).want(t, http.StatusOK).states(t)
		at := func(when time.Time) any { return when.UTC().Format(time.RFC3339Nano) }
		want := map[string]map[string]any{
			"a": {"state": "in-sync", "appliedVersion": 1.0, "vendorId": "vendor-" + id},
			"b": {"state": "retry", "fault": "transient", "detail": "not now", "nextAttempt": at(soon)},
			"c": {"state": "escrow", "fault": "invalid", "detail": "the nic is of no use", "nextAttempt": at(soon)},
			"d": {"state": "held", "fault": "confirm", "detail": "many are leaving"},
			"e": {"state": "parked", "detail": "waits for 1 members"},
			"f": {"state": "verify", "fault": "unknown", "detail": "no answer", "nextAttempt": at(soon)},
			"g": {"state": "due"}, "h": {"state": "not-activated"}, "i": {"state": "resting", "nextAttempt": at(rest)}, "j": {"state": "paused"},
		}
		for target, element := range want {
			element["target"], element["product"], element["wantedVersion"] = target, "anything", 1.0
			if element["appliedVersion"] == nil {
				element["appliedVersion"] = 0.0
			}
			tried := strings.Contains("abcdef", target)
			if (got[target]["lastAttempt"] != nil) != tried {
				t.Errorf("%s: last attempt %v", target, got[target]["lastAttempt"])
			}
			delete(got[target], "lastAttempt")
			if target == "g" {
				delete(got[target], "nextAttempt")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		w.health(t, c.tenant, "i", quarantine.State{Phase: quarantine.Disabled})
		if now := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).states(t); now["i"]["state"] != "disabled" || now["i"]["nextAttempt"] != nil {
			t.Errorf("%v", now["i"])
		}
	})
}

// A rest that no time ends has no next attempt, whatever the link itself would wait for.
func TestARestThatNoTimeEndsHasNoNextAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "due", "escrow")
	id := c.created(t, "ines")
	w.turn(t, c.tenant, "escrow", func(k store.Link) store.Outcome {
		k.State, k.Fault, k.NextAt = relay.StateEscrow, "invalid", w.store.Now().Add(6*time.Hour)
		return store.Outcome{Next: k, Kind: "link.failed"}
	})
	incident := quarantine.State{Phase: quarantine.Quarantined, Until: w.store.Now(), Incident: w.store.Now()} // another target is its canary
	for name, health := range map[string]quarantine.State{"an incident": incident, "disabled": {Phase: quarantine.Disabled}} {
		for _, target := range []string{"due", "escrow"} {
			w.health(t, c.tenant, target, health)
			got := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).want(t, http.StatusOK).states(t)[target]
			if got["nextAttempt"] != nil || got["state"] == "due" {
				t.Errorf("%s, %s: %v", name, target, got)
			}
		}
	}
}

// health records a target's health.
func (w *world) health(tb testing.TB, tenant, target string, health quarantine.State) {
	tb.Helper()
	lease, _, err := w.store.Targets.Acquire(tb.Context(), tenant, target, "worker", time.Minute)
	if err == nil {
		err = w.store.Links.Record(tb.Context(), lease, nil, health)
	}
	if err == nil {
		err = w.store.Targets.Release(tb.Context(), lease)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// Nobody sees the extension who does not ask for it by name.
func TestTheStatusIsShownToWhoAsksByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	id := c.created(t, "ines")
	for _, path := range []string{"/Users/" + id, "/Users", "/Users?filter=userName eq \"ines\"", "/Users/" + id + "?excludedAttributes=title",
		"/Users/" + id + "?attributes=userName,targets", "/Users/" + id + "?attributes=" + scim.SchemaUser} {
		if got := c.do(t, get(path)).want(t, http.StatusOK); strings.Contains(got.body, "relay") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, name := range []string{scim.SchemaRelay, strings.ToUpper(scim.SchemaRelay), scim.SchemaRelay + ":targets"} {
		got := c.do(t, get("/Users/"+id+"?attributes=userName,"+name)).want(t, http.StatusOK)
		if s := got.states(t); s["sage"]["state"] != "due" || got.text("userName") != "ines" || !has(got.value("schemas"), scim.SchemaRelay) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	one := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay+":targets.state")).want(t, http.StatusOK)
	if !strings.Contains(one.body, `"targets":[{"state":"due"}]`) {
		t.Errorf("%s", one.body)
	}
	for _, in := range []call{title(id, "Head"), put("/Users/"+id, user("ines")), post("/Users", user("odile"))} {
		in.target += "?attributes=" + scim.SchemaRelay
		if got := c.do(t, in); got.status >= 300 || got.states(t)["sage"]["state"] != "due" {
			t.Errorf("%s: %d %s", in.method, got.status, got.body)
		}
	}
}

// A page costs one query more, whatever its length.
func TestAPageOfStatusCostsOneQuery(t *testing.T) {
	t.Parallel()
	var links *countedLinks
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
		links = &countedLinks{Links: s.Links}
		s.Links = links
	})
	c := w.tenant(t, "sage")
	w.many(t, c.tenant, 200)
	search := `{"schemas":["` + scim.MessageSearch + `"],"count":200,"attributes":["` + scim.SchemaRelay + `"]}`
	for _, in := range []call{get("/Users?count=200&attributes=" + scim.SchemaRelay), post("/Users/.search", search), post("/.search", search)} {
		got := c.do(t, in).want(t, http.StatusOK)
		list, _ := got.value("Resources").([]any)
		for _, res := range list {
			one, _ := res.(map[string]any)
			if s := statesOf(t, one[scim.SchemaRelay]); s["sage"]["state"] != "due" {
				t.Fatalf("%v", one)
			}
		}
		if calls := links.take(); len(list) != 200 || calls["standings"] != 1 {
			t.Errorf("%s %s: %d resources, %v", in.method, in.target, len(list), calls)
		}
	}
	c.do(t, get("/Users?count=200")).want(t, http.StatusOK)
	if calls := links.take(); len(calls) != 0 {
		t.Errorf("nobody asked, and yet %v", calls)
	}
}

// How far the targets are is no content: it makes no new version, and is told whatever the client
// has already.
func TestTheStatusChangesNoTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	id := c.created(t, "ines")
	path := "/Users/" + id + "?attributes=meta," + scim.SchemaRelay
	before := c.do(t, get(path)).want(t, http.StatusOK)
	w.turn(t, c.tenant, "sage", applied)
	after := c.do(t, get(path).with("If-None-Match", before.header.Get("Etag"))).want(t, http.StatusOK)
	if tag := after.header.Get("Etag"); tag != before.header.Get("Etag") || after.states(t)["sage"]["state"] != "in-sync" {
		t.Errorf("tag %s, %s", tag, after.body)
	}
	if diff := cmp.Diff(before.value("meta"), after.value("meta")); diff != "" {
		t.Error(diff)
	}
	c.do(t, get("/Users/"+id).with("If-None-Match", before.header.Get("Etag"))).want(t, http.StatusNotModified)
}

// What the gateway says is nobody else's to say, and not searched.
func TestTheStatusIsReadOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	said := `"` + scim.SchemaRelay + `":{"targets":[{"target":"sage","state":"in-sync"}]}`
	body := `{"schemas":["` + scim.SchemaUser + `","` + scim.SchemaRelay + `"],"userName":"ines",` + said + `}`
	id := c.do(t, post("/Users", body)).want(t, http.StatusCreated).text("id")
	c.do(t, put("/Users/"+id, body)).want(t, http.StatusOK)
	if got := c.do(t, get("/Users/"+id)); strings.Contains(got.body, "relay") || !strings.Contains(got.header.Get("Etag"), `"1"`) {
		t.Errorf("%s: %s", got.header.Get("Etag"), got.body)
	}
	got := c.do(t, patch("/Users/"+id, operations(`{"op":"replace","path":"`+scim.SchemaRelay+`:targets","value":[]}`))).want(t, http.StatusBadRequest)
	if got.text("scimType") != scim.TypeMutability {
		t.Errorf("%s", got.body)
	}
	for _, filter := range []string{scim.SchemaRelay + `:targets.state eq "due"`, scim.SchemaRelay + `:targets[state eq "due"]`, `not (` + scim.SchemaRelay + `:targets pr)`} {
		for _, path := range []string{"/Users", "/Groups"} {
			if got := c.do(t, get(path+"?filter="+filter)).want(t, http.StatusBadRequest); got.text("scimType") != scim.TypeInvalidFilter {
				t.Errorf("%s: %s", filter, got.body)
			}
		}
	}
	c.do(t, get("/Users?sortBy="+scim.SchemaRelay+":targets.state")).want(t, http.StatusBadRequest)
}

// A status that cannot be read is a temporary trouble, never a resource without one.
func TestAStatusThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Links = silent{s.Links} })
	c := w.tenant(t, "sage")
	id := c.created(t, "ines")
	c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).want(t, http.StatusServiceUnavailable)
	c.do(t, get("/Users/"+id)).want(t, http.StatusOK)
}

// silent is a store of links that cannot be asked.
type silent struct{ server.Links }

func (silent) Standings(context.Context, string, []string) (map[string][]store.Standing, error) {
	return nil, store.ErrUnavailable
}

// A tenant without targets has nothing to say.
func TestWithoutTargetsThereIsNoStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	id := c.created(t, "ines")
	if got := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).want(t, http.StatusOK); strings.Contains(got.body, "relay") {
		t.Errorf("%s", got.body)
	}
}

// A tenant's own extension may have an attribute of the same name.
func TestTheStatusTakesNoName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenantOf(t, "extensions:\n  - {urn: 'urn:acme:2.0:User', resource: User, name: Acme, attributes: [{name: targets}]}\n", "sage")
	id := c.do(t, post("/Users", `{"schemas":["`+scim.SchemaUser+`"],"userName":"ines","targets":"north"}`)).want(t, http.StatusCreated).text("id")
	got := c.do(t, get(`/Users?filter=targets eq "north"&attributes=targets`)).want(t, http.StatusOK)
	if got.value("totalResults") != 1.0 || !strings.Contains(got.body, `"urn:acme:2.0:User":{"targets":"north"}`) || !strings.Contains(got.body, id) {
		t.Errorf("%s", got.body)
	}
}

// The example of the manual is what is answered.
func TestTheExampleOfTheManual(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t, "sage")
	id := c.created(t, "ines")
	w.turn(t, c.tenant, "sage", setAside(relay.StateEscrow, "invalid", "sage answered 400 to POST /users: the nic is taken"))
	got := c.do(t, get("/Users/"+id+"?attributes="+scim.SchemaRelay)).want(t, http.StatusOK)
	tried, _ := got.states(t)["sage"]["lastAttempt"].(string)
	manual, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(manual), "<!-- status example -->\n```json\n")
	example, _, ended := strings.Cut(example, "\n```")
	if !ended {
		t.Fatal("the manual has no example")
	}
	example = strings.NewReplacer("0190b6a0-…", id, "2026-03-01T09:00:00Z", tried, "\"product\": \"sage\"", "\"product\": \"anything\"").Replace(example)
	if diff := cmp.Diff(answer{body: example}.value(scim.SchemaRelay), got.value(scim.SchemaRelay)); diff != "" {
		t.Error(diff)
	}
}
