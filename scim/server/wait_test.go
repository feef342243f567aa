package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// title is a PATCH of a person's title.
func title(id, text string) call {
	return patch("/Users/"+id, operations(`{"op":"replace","path":"title","value":"`+text+`"}`))
}

func TestAWriteIsAnsweredOnceTheVendorHasIt(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
		v := w.vendors["one"]
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		if _, there := v.Account("ines"); !there {
			t.Error("201, and the vendor has nobody")
		}
		if got := w.do(title(id, "Head")).want(t, http.StatusOK); got.text("title") != "Head" {
			t.Errorf("%s", got.body)
		}
		if a, _ := v.Account("ines"); a.Fields["title"] != "Head" {
			t.Errorf("200, and the vendor has %v", a.Fields)
		}
		w.do(put("/Users/"+id, user("ines"))).want(t, http.StatusOK)
		if a, _ := v.Account("ines"); a.Fields["title"] != nil {
			t.Errorf("200, and the vendor has %v", a.Fields)
		}
		w.do(remove("/Users/"+id)).want(t, http.StatusNoContent)
		if a, _ := v.Account("ines"); a.Active {
			t.Error("204, and the account is active")
		}
		if got := w.waited(); got["ended"] != 4 || len(got) != 1 {
			t.Errorf("waiting ended %v", got)
		}
	})
}

// What the person's data is to blame for comes back, and the next try is a clean one.
func TestARefusedCreationLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for class, want := range map[connectors.Class]struct {
		status   int
		scimType string
	}{
		connectors.Invalid: {http.StatusBadRequest, scim.TypeInvalidValue}, connectors.Denied: {http.StatusForbidden, ""},
		connectors.Ambiguous: {http.StatusConflict, scim.TypeUniqueness},
	} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
				w.refuse("one", class, "the nic is of no use", relaytest.Create)
				got := w.do(post("/Users", user("ines"))).want(t, want.status)
				if got.text("scimType") != want.scimType || got.text("detail") != "one: the nic is of no use" {
					t.Errorf("%s", got.body)
				}
				if found := w.do(get(`/Users?filter=userName eq "ines"`)).want(t, http.StatusOK); found.value("totalResults") != float64(0) {
					t.Errorf("refused, and yet %s", found.body)
				}
				synctest.Wait()
				if resources, links := w.rows("resources"), w.rows("links"); resources != 0 || links != 0 {
					t.Errorf("%d resources and %d links are left", resources, links)
				}
				w.heal("one")
				w.do(post("/Users", user("ines"))).want(t, http.StatusCreated)
				if n := w.vendors["one"].Accounts(); n != 1 {
					t.Errorf("%d accounts", n)
				}
			})
		})
	}
}

// A group is withdrawn with who would have been in it; the people stay.
func TestARefusedGroupLeavesItsMembersAlone(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.refuse("one", connectors.Invalid, "no such name", relaytest.Create)
		w.do(post("/Groups", staffed("Staff", id))).want(t, http.StatusBadRequest)
		synctest.Wait()
		if n := w.rows("memberships"); n != 0 || w.rows("links") != 1 {
			t.Errorf("%d memberships are left", n)
		}
		w.do(get("/Users/"+id)).want(t, http.StatusOK)
	})
}

func staffed(name string, members ...string) string {
	var list []string
	for _, id := range members {
		list = append(list, `{"value":"`+id+`"}`)
	}
	return `{"schemas":["` + scim.SchemaGroup + `"],"displayName":"` + name + `","members":[` + strings.Join(list, ",") + `]}`
}

// Where one product has the person already, a refusal of another takes nothing back: the identity
// provider would meet its own person when it came again.
func TestACreationThatOneTargetHasStays(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s"), "two"}, func(t *testing.T, w *works) {
		otherHasIt := make(chan struct{})
		w.hook("one", func(_ context.Context, op relaytest.Operation, _ string) error {
			<-otherHasIt
			if op == relaytest.Create {
				return connectors.Faultf(connectors.Invalid, "the nic is of no use")
			}
			return nil
		})
		done := make(chan answer)
		go func() { done <- w.do(post("/Users?attributes=userName,"+scim.SchemaRelay, user("ines"))) }()
		synctest.Wait()
		if _, there := w.vendors["two"].Account("ines"); !there {
			t.Fatal("the other target does not have it")
		}
		close(otherHasIt)
		got := (<-done).want(t, http.StatusCreated)
		if states := got.states(t); states["one"]["state"] != "escrow" || states["one"]["detail"] != "the nic is of no use" || states["two"]["state"] != "in-sync" {
			t.Errorf("%v", states)
		}
		w.do(get("/Users/"+got.text("id"))).want(t, http.StatusOK)
	})
}

// What the gateway has to get over is no refusal.
func TestWhatTheGatewayHasToGetOverIsAnsweredAsEver(t *testing.T) {
	t.Parallel()
	for class, want := range map[connectors.Class]struct {
		took time.Duration // zero for at once
	}{
		connectors.Transient: {5 * time.Second}, connectors.Seats: {}, connectors.Confirm: {}, connectors.Plan: {},
		connectors.Unknown: {5 * time.Second}, connectors.Internal: {5 * time.Second}, // whether it was made is looked for
	} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
				w.refuse("one", class, "not now", relaytest.Create)
				got, took := w.timed(post("/Users", user("ines")))
				got.want(t, http.StatusCreated)
				if at := took.Truncate(time.Second); at != want.took {
					t.Errorf("answered after %v, want %v", took, want.took)
				}
			})
		})
	}
}

// To its client a change that was refused is not made: asking for it again asks the vendor again.
func TestARefusedChangeIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.refuse("one", connectors.Invalid, "no such title", relaytest.Update)
		got := w.do(title(id, "Head")).want(t, http.StatusBadRequest)
		if got.text("detail") != "one: no such title" {
			t.Errorf("%s", got.body)
		}
		kept := w.do(get("/Users/"+id)).want(t, http.StatusOK)
		if kept.text("title") != "Head" {
			t.Errorf("what is wanted is not kept: %s", kept.body)
		}
		w.vendors["one"].Calls()
		for _, again := range []call{title(id, "Head"), put("/Users/"+id, `{"schemas":["`+scim.SchemaUser+`"],"userName":"ines","title":"Head"}`)} {
			w.do(again).want(t, http.StatusBadRequest)
			if calls := w.vendors["one"].Calls(relaytest.Update); len(calls) != 1 {
				t.Errorf("%s again: calls %v", again.method, calls)
			}
		}
		w.heal("one")
		last := w.do(title(id, "Head")).want(t, http.StatusOK)
		if a, _ := w.vendors["one"].Account("ines"); a.Fields["title"] != "Head" || last.header.Get("Etag") != kept.header.Get("Etag") {
			t.Errorf("200, and the vendor has %v, the tag is %s", a.Fields, last.header.Get("Etag"))
		}
		w.links.take()
		w.do(title(id, "Head")).want(t, http.StatusOK)
		if calls := w.links.take(); calls["again"] != 0 || calls["standings"] != 1 {
			t.Errorf("in sync, and yet %v", calls)
		}
	})
}

// A refused deletion stays wanted, and is asked about again until the vendor has agreed.
func TestARefusedDeletionIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "5s")}, func(t *testing.T, w *works) {
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.refuse("one", connectors.Denied, "the owner cannot leave", relaytest.Deactivate)
		for range 2 {
			if got := w.do(remove("/Users/"+id)).want(t, http.StatusForbidden); got.text("detail") != "one: the owner cannot leave" {
				t.Errorf("%s", got.body)
			}
			w.do(get("/Users/"+id)).want(t, http.StatusNotFound)
		}
		w.do(remove("/Groups/"+id)).want(t, http.StatusNotFound)
		w.heal("one")
		w.do(remove("/Users/"+id)).want(t, http.StatusNoContent)
		if a, _ := w.vendors["one"].Account("ines"); a.Active {
			t.Error("204, and the account is active")
		}
		w.do(remove("/Users/"+id)).want(t, http.StatusNotFound)
	})
}

// A group whose members have no account yet is parked, which is no refusal and ends the waiting.
func TestAParkedGroupIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{patient("one", "30s")}, func(t *testing.T, w *works) {
		w.refuse("one", connectors.Seats, "no seat", relaytest.Create)
		id := w.do(post("/Users", user("ines"))).want(t, http.StatusCreated).text("id")
		w.heal("one")
		got, took := w.timed(post("/Groups", staffed("Staff", id)))
		got.want(t, http.StatusCreated)
		if took >= time.Second {
			t.Errorf("after %v", took)
		}
		got = w.do(get("/Groups/"+got.text("id")+"?attributes="+scim.SchemaRelay)).want(t, http.StatusOK)
		if states := got.states(t); states["one"]["state"] != "parked" {
			t.Errorf("%v", states)
		}
	})
}
