package relay_test

import (
	"fmt"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

func synced(t *testing.T, w *relaytest.World, id string) store.Link {
	t.Helper()
	k, ok := w.Link(id)
	if !ok || k.Applied != k.Wanted || k.State != "" || k.Fault != "" {
		t.Fatalf("link %+v, there %v", k, ok)
	}
	return k
}

func account(t *testing.T, w *relaytest.World, key string, active bool) connectors.Remote {
	t.Helper()
	a, ok := w.Vendor.Account(key)
	if !ok || a.Active != active {
		t.Fatalf("account %s: %+v, there %v, want active %v", key, a, ok, active)
	}
	return a
}

func silent(t *testing.T, w *relaytest.World) {
	t.Helper()
	if calls := w.Vendor.Calls(relaytest.Mutations()...); len(calls) > 0 {
		t.Fatalf("the vendor was changed: %v", calls)
	}
}

func TestAPersonBecomesAnAccountAndStaysOne(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", scim.Document{"displayName": "Ana Ruiz"})
	w.Turn()
	if a := account(t, w, "ana", true); a.Fields["name"] != "Ana Ruiz" {
		t.Errorf("account %+v", a)
	}
	if k := synced(t, w, id); k.VendorID != "1" || k.Generation != 1 || !k.Intent.IsZero() {
		t.Errorf("link %+v", k)
	}
	if calls := fmt.Sprint(w.Vendor.Calls()); calls != "[find ana create ana]" {
		t.Errorf("calls %v", calls)
	}
	w.Turn()
	silent(t, w)
}

func TestAnUpdateSendsOnlyTheDifference(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", scim.Document{"displayName": "Ana", "title": "Clerk"})
	w.Turn()
	w.Vendor.Calls()
	w.Change(id, "ana", scim.Document{"displayName": "Ana", "title": "Boss"})
	w.Turn()
	calls := w.Vendor.Calls(relaytest.Mutations()...)
	if len(calls) != 1 || calls[0].Operation != relaytest.Update || fmt.Sprint(calls[0].Sent) != "map[title:Boss]" {
		t.Errorf("calls %+v", calls)
	}
	w.Change(id, "ana", scim.Document{"displayName": "Ana"})
	w.Turn()
	if a := account(t, w, "ana", true); a.Fields["title"] != nil {
		t.Errorf("a cleared title stayed: %+v", a)
	}
	synced(t, w, id)
}

func TestLeavingAndReturningKeepTheAccount(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", scim.Document{"active": false, "title": "Gone"})
	w.Turn()
	if a := account(t, w, "ana", false); a.Fields["title"] != "Gone" {
		t.Errorf("account %+v", a)
	}
	w.Change(id, "ana", scim.Document{"active": true})
	w.Turn()
	if a := account(t, w, "ana", true); a.ID != "1" {
		t.Errorf("account %+v", a)
	}
	w.Delete(id)
	w.Turn()
	account(t, w, "ana", false)
	if _, ok := w.Link(id); ok {
		t.Error("the link of a deleted person stayed")
	}
	second := w.Person("ana", nil)
	w.Turn()
	account(t, w, "ana", true)
	if k := synced(t, w, second); k.VendorID != "1" || w.Vendor.Accounts() != 1 {
		t.Errorf("link %+v, %d accounts", k, w.Vendor.Accounts())
	}
}

// What counts is the last word, not the way to it: each of these ends in one and the same state.
func TestTheEndDoesNotDependOnTheWay(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(w *relaytest.World) string{
		"step by step": func(w *relaytest.World) string {
			id := w.Person("ana", nil)
			w.Turn()
			w.Change(id, "ana", scim.Document{"active": false, "title": "Last"})
			return id
		},
		"all at once": func(w *relaytest.World) string {
			id := w.Person("ana", nil)
			w.Change(id, "ana", scim.Document{"active": false, "title": "Last"})
			return id
		},
		"created inactive": func(w *relaytest.World) string {
			return w.Person("ana", scim.Document{"active": false, "title": "Last"})
		},
		"found there": func(w *relaytest.World) string {
			w.Vendor.Put("ana", true, nil)
			return w.Person("ana", scim.Document{"active": false, "title": "Last"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			id := way(w)
			w.Turn()
			if a := account(t, w, "ana", false); a.Fields["title"] != "Last" || w.Vendor.Accounts() != 1 {
				t.Errorf("account %+v of %d", a, w.Vendor.Accounts())
			}
			synced(t, w, id)
		})
	}
}

func TestDeletingWhatWasNeverMadeCallsNobody(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Put("ana", true, nil) // somebody else's, as far as the gateway ever knew
	id := w.Person("ana", nil)
	w.Delete(id)
	w.Turn()
	account(t, w, "ana", true)
	if calls := w.Vendor.Calls(); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
	if _, ok := w.Link(id); ok {
		t.Error("the link stayed")
	}
}

func TestDeactivationsGoFirst(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	leaver, deleted, changed := w.Person("leaver", nil), w.Person("deleted", nil), w.Person("changed", nil)
	w.Turn()
	w.Vendor.Calls()
	w.Person("new", nil)
	w.Change(changed, "changed", scim.Document{"title": "T"})
	w.Delete(deleted)
	w.Change(leaver, "leaver", scim.Document{"active": false})
	w.Turn()
	if calls := fmt.Sprint(w.Vendor.Calls(relaytest.Mutations()...)); calls != "[deactivate leaver deactivate deleted update changed create new]" {
		t.Errorf("calls %v", calls)
	}
}

// Reliability rules 4.1 (Fleet): who is renamed and deactivated at once is found by the
// vendor's id, not by the new name.
func TestRenameAndDeactivationReachTheSameAccount(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	other := w.Vendor.Put("anna", true, nil)
	w.Turn()
	w.Change(id, "anna", scim.Document{"active": false})
	w.Turn()
	account(t, w, "ana", false)
	if a := account(t, w, "anna", true); a.ID != other {
		t.Errorf("account %+v", a)
	}
}

func TestTheThreeSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		create, update, delete bool
		want                   string
	}{
		{"delete only", false, false, true, "map[deactivate:1]"},
		{"create only", true, false, false, "map[create:1]"},
		{"update only", false, true, false, "map[update:1]"},
		{"all", true, true, true, "map[create:1 deactivate:1 update:1]"},
		{"none", false, false, false, "map[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Target.Sync.Create, w.Session.Target.Sync.Update, w.Session.Target.Sync.Delete = c.create, c.update, c.delete
			w.Vendor.Put("leaver", true, nil)
			w.Vendor.Put("changed", true, nil)
			ids := []string{w.Person("new", nil), w.Person("leaver", nil), w.Person("changed", nil)}
			w.Turn()
			w.Change(ids[1], "leaver", scim.Document{"active": false})
			w.Change(ids[2], "changed", scim.Document{"title": "T"})
			w.Turn()
			count := map[string]int{}
			for _, call := range w.Vendor.Calls(relaytest.Mutations()...) {
				count[string(call.Operation)]++
			}
			if fmt.Sprint(count) != c.want {
				t.Errorf("calls %v, want %s", count, c.want)
			}
			for _, id := range ids {
				if k, ok := w.Link(id); !ok || k.Applied != k.Wanted {
					t.Errorf("a switched-off change keeps its link waiting: %+v", k)
				}
			}
		})
	}
}

func TestWhoIsOutOfScopeHasNoAccess(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	scope, faults := connectors.CompileScope(configs.Text{Value: `user.title == "Sales"`})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w.Session.Scope = scope
	in, out := w.Person("in", scim.Document{"title": "Sales"}), w.Person("out", scim.Document{"title": "Law"})
	w.Turn()
	account(t, w, "in", true)
	if _, ok := w.Vendor.Account("out"); ok {
		t.Error("somebody out of scope got an account")
	}
	if k, _ := w.Link(out); k.Applied != k.Wanted || k.Detail != "outside the target's scope" {
		t.Errorf("link %+v", k)
	}
	w.Change(in, "in", scim.Document{"title": "Law"})
	w.Change(out, "out", scim.Document{"title": "Sales"})
	w.Turn()
	account(t, w, "in", false)
	account(t, w, "out", true)
}

func TestAManagerIsSetOnceTheyAreLinked(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1 // so that the order of arrival is the order of work
	worker := w.Person("worker", relaytest.Boss("00000000-0000-0000-0000-000000000000"))
	stranger := w.Person("stranger", relaytest.Boss("nobody-we-know"))
	boss := w.Person("boss", relaytest.Boss(worker)) // each is the other's
	w.Change(worker, "worker", relaytest.Boss(boss))
	w.Turn()
	for _, p := range []struct{ id, key, boss string }{{worker, "worker", "boss"}, {boss, "boss", "worker"}} {
		superior := account(t, w, p.boss, true)
		if a := account(t, w, p.key, true); a.Fields["boss"] != superior.ID {
			t.Errorf("%s has boss %v, want %s", p.key, a.Fields["boss"], superior.ID)
		}
		synced(t, w, p.id)
	}
	account(t, w, "stranger", true)
	k, _ := w.Link(stranger)
	if k.State != "parked" || k.WaitsFor != "nobody-we-know" || k.Attempts != 0 || !k.NextAt.Equal(store.Never()) || k.VendorID == "" {
		t.Errorf("link %+v", k)
	}
	w.Change(stranger, "stranger", nil)
	w.Turn()
	synced(t, w, stranger)
}

// plain hides every optional power of a connector.
type plain struct{ connectors.Connector }

func TestAProductThatCannotDeactivateSaysSo(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Connector = plain{w.Vendor}
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", scim.Document{"active": false})
	w.Turn()
	account(t, w, "ana", true)
	if k, _ := w.Link(id); k.Applied != k.Wanted || k.Detail != "the product cannot deactivate" {
		t.Errorf("link %+v", k)
	}
}
