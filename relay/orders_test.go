package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
)

// Reliability rules 2.3 and 2.4: what was set aside wakes by hand and with new settings, the search
// for a creation whose answer was lost as well.
func TestALostCreationThatWasSetAsideIsTriedWhenSomebodyAsks(t *testing.T) {
	t.Parallel()
	order := store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "ann", Reason: "the other one is gone"}
	for name, ask := range map[string]func(*testing.T, *relaytest.World, string){
		"retry": func(t *testing.T, w *relaytest.World, id string) {
			if found, err := w.Store.Links.Retry(t.Context(), order, id); !found || err != nil {
				t.Fatalf("found %v, %v", found, err)
			}
		},
		"clear": func(t *testing.T, w *relaytest.World, _ string) {
			if n, err := w.Store.Links.Clear(t.Context(), order); n != 1 || err != nil {
				t.Fatalf("cleared %d, %v", n, err)
			}
		},
		"new settings": func(_ *testing.T, w *relaytest.World, _ string) { w.Mend("others") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			lost(w, true)
			id := w.Person("ana", nil)
			w.Turn()
			twice := true // somebody made her a second account meanwhile
			w.Vendor.After = nil
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
				if op == relaytest.Find && twice {
					return connectors.Faultf(connectors.Ambiguous, "two accounts have this key")
				}
				return nil
			}
			w.Clock.Advance(5 * time.Second)
			w.Turn()
			if k, _ := w.Link(id); k.State != "escrow" || k.Intent.IsZero() {
				t.Fatalf("link %+v", k)
			}
			twice = false // and took it away again
			w.Vendor.Calls()
			ask(t, w, id)
			w.Turn()
			synced(t, w, id)
			for _, c := range w.Vendor.Calls() {
				if c.Operation == relaytest.Create {
					t.Error("a second creation was sent")
				}
			}
			if n := w.Vendor.Accounts(); n != 1 {
				t.Errorf("%d accounts", n)
			}
		})
	}
}

// P5: whoever has a lost creation searched for ever again makes no second account of it, though the
// vendor shows the first one late.
func TestAskingForALostCreationAgainAndAgainMakesOneAccount(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	answers := false
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && !answers {
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	answers = true
	searches := len(v.calls)
	order := store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "ann"}
	for range 15 {
		if found, err := w.Store.Links.Retry(t.Context(), order, id); !found || err != nil {
			t.Fatalf("found %v, %v", found, err)
		}
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	if searches = len(v.calls) - searches; searches < 15 {
		t.Errorf("%d searches of 15 that were asked for", searches)
	}
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	v.one(t)
	synced(t, w, id)
}
