package relay_test

import (
	"fmt"
	"testing"

	"scimrelay/internal/board"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// A scope that is mistyped goes through the guard, although no identity provider has said a word.
func TestAScopeThatDropsPeopleGoesThroughTheGuard(t *testing.T) {
	t.Parallel()
	for _, leave := range []int{10, 60} {
		t.Run(fmt.Sprint(leave, " of 100"), func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 100)
			for i := range leave {
				w.Change(ids[i], fmt.Sprint("user", i), scim.Document{"title": "Clerk"})
			}
			w.Turn()
			settings := func(name, scope string) {
				t.Helper()
				compiled, faults := connectors.CompileScope(configs.Text{Value: scope})
				if len(faults) > 0 {
					t.Fatal(faults)
				}
				w.Session.Scope = compiled
				w.Mend(name)
				w.Turn()
			}
			settings("everybody", "")
			settings("no clerks", `user.title != "Clerk"`)
			n, h := taken(w), onHold(t, w)
			if n > 10 || n+h.People != leave || leave <= 10 && n != leave {
				t.Fatalf("%d calls, held %+v", n, h)
			}
			settings("everybody again", "")
			if h := onHold(t, w); !h.Empty() {
				t.Errorf("held %+v", h)
			}
			for i := range ids {
				account(t, w, fmt.Sprint("user", i), true)
			}
		})
	}
}

// Whoever the vendor has and the directory never had active loses the account as everybody else
// does: through the guard.
func TestAccountsThatAreFoundOnlyToBeSwitchedOffCount(t *testing.T) {
	t.Parallel()
	w, _ := office(t, 20)
	for i := range 15 {
		w.Vendor.Put(fmt.Sprint("old", i), true, nil)
		w.Person(fmt.Sprint("old", i), inactive())
		w.Person(fmt.Sprint("never", i), inactive())
	}
	w.Turn()
	if n, h := taken(w), onHold(t, w); n != 10 || h.People != 5 {
		t.Errorf("%d calls, held %+v", n, h)
	}
}

func TestTheGuardCanBeSwitchedOffAndLoosened(t *testing.T) {
	t.Parallel()
	half := configs.Percent(40)
	for name, set := range map[string]func(w *relaytest.World){
		"off":      func(w *relaytest.World) { w.Session.Target.Guard.Off = true },
		"loosened": func(w *relaytest.World) { w.Session.Target.Guard.MaxDeletes = &half },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 100)
			set(w)
			for i := range 40 {
				w.Delete(ids[i])
			}
			w.Turn()
			if n := taken(w); n != 40 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// P9: one request renames and deactivates, and somebody else has the new name at the vendor.
func TestWhoIsRenamedAndDeactivatedAtOnceIsFoundByTheStoredID(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V36")
	for name, leave := range map[string]func(w *relaytest.World, id string){
		"deactivated": func(w *relaytest.World, id string) { w.Change(id, "user1x", inactive()) },
		"deleted": func(w *relaytest.World, id string) {
			w.Change(id, "user1x", inactive())
			w.Delete(id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 20)
			w.Vendor.Put("user1x", true, nil)
			leave(w, ids[1])
			w.Turn()
			account(t, w, "user1x", true)
			if a, there := w.Vendor.Account("user1"); there && a.Active {
				t.Errorf("the account is %+v", a)
			}
		})
	}
}
