package relay_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/internal/board"

	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// office is a world whose vendor switches accounts off and can delete them, with n people.
func office(tb testing.TB, n int) (*relaytest.World, []string) {
	tb.Helper()
	w := relaytest.New(tb)
	w.Session.Capabilities.Delete = true
	w.Session.Target.OnDelete = "delete"
	ids := make([]string, n)
	var all errgroup.Group
	all.SetLimit(64)
	for i := range ids {
		all.Go(func() error {
			ids[i] = w.Person(fmt.Sprint("user", i), nil)
			return nil
		})
	}
	_ = all.Wait()
	for range 1 + n/5000 {
		health := w.Begin()
		for range 60 {
			outcomes, _ := w.Chunk(health)
			w.Record(outcomes, health)
		}
		w.End()
	}
	if w.Vendor.Accounts() != n {
		tb.Fatalf("%d accounts", w.Vendor.Accounts())
	}
	w.Vendor.Calls()
	return w, ids
}

// taken is how often the vendor took something away.
func taken(w *relaytest.World) int {
	return len(w.Vendor.Calls(relaytest.Deactivate, relaytest.Delete))
}

func onHold(tb testing.TB, w *relaytest.World) store.Held {
	tb.Helper()
	h, err := w.Store.Links.Held(tb.Context(), relaytest.Tenant, relaytest.Target)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func decision(batch, resource string) store.Decision {
	return store.Decision{Order: store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "ops", Reason: "so be it"}, Batch: batch, Resource: resource}
}

func approveBatch(tb testing.TB, w *relaytest.World, batch string) store.Decided {
	tb.Helper()
	done, err := w.Store.Links.Approve(tb.Context(), decision(batch, ""))
	if err != nil {
		tb.Fatal(err)
	}
	return done
}

func rejectAll(tb testing.TB, w *relaytest.World) store.Decided {
	tb.Helper()
	done, err := w.Store.Links.Reject(tb.Context(), decision("", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return done
}

// leaving are the ways in which people leave.
func leaving(w *relaytest.World, ids []string) map[string]func(i int) {
	return map[string]func(i int){
		"deactivated": func(i int) { w.Change(ids[i], fmt.Sprint("user", i), inactive()) },
		"deleted":     func(i int) { w.Delete(ids[i]) },
	}
}

func TestTheCallBeyondTheThresholdIsNeverMade(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V34")
	for _, c := range []struct{ people, leave, calls int }{
		{100, 1, 1}, {100, 9, 9}, {100, 10, 10}, {100, 11, 0}, {100, 40, 0}, {10_000, 300, 300}, {5, 2, 2}, {5, 3, 0}, {3, 3, 3}, {1, 1, 1},
	} {
		for how := range leaving(nil, nil) {
			t.Run(fmt.Sprintf("%d of %d %s", c.leave, c.people, how), func(t *testing.T) {
				t.Parallel()
				if c.people > 1000 {
					inFull(t)
				}
				w, ids := office(t, c.people)
				for i := range c.leave {
					leaving(w, ids)[how](i)
				}
				w.Turn()
				w.Clock.Advance(100 * time.Hour)
				w.Turn()
				if n := taken(w); n != c.calls {
					t.Fatalf("%d calls, want %d", n, c.calls)
				}
				if h := onHold(t, w); h.People != c.leave-c.calls || (h.Tripped.IsZero() == (h.People > 0)) {
					t.Errorf("held %+v", h)
				}
			})
		}
	}
}

func TestDeactivationsOneByOneStopAtTheThreshold(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V34")
	w, ids := office(t, 100)
	for i := range 16 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
		w.Turn()
		w.Clock.Advance(3 * time.Minute)
	}
	if n := taken(w); n != 10 {
		t.Fatalf("%d calls within the hour", n)
	}
	if h := onHold(t, w); h.People != 6 || h.Gone != 10 {
		t.Fatalf("held %+v", h)
	}
	w.Clock.Advance(30 * time.Hour)
	w.Delete(ids[20]) // joins
	w.Turn()
	if h := onHold(t, w); h.People != 7 || h.Deleted != 1 || taken(w) != 0 {
		t.Errorf("what is held goes out by itself: %+v", h)
	}
	for i := range 6 { // all come back: nothing is held any more, and one who leaves is nobody's burst
		w.Change(ids[10+i], fmt.Sprint("user", 10+i), nil)
	}
	approveBatch(t, w, "")
	w.Turn()
	w.Change(ids[30], "user30", inactive())
	w.Turn()
	if n := taken(w); n != 2 || !onHold(t, w).Empty() {
		t.Errorf("%d calls, held %+v", n, onHold(t, w))
	}
}

func TestOneWhoLeavesEveryHourIsNeverHeld(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 30)
	for i := range 25 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
		w.Turn()
		w.Clock.Advance(62 * time.Minute)
	}
	if n := taken(w); n != 25 {
		t.Errorf("%d calls", n)
	}
}

func TestWhoWasDeactivatedAndIsDeletedCountsOnce(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 100)
	for i := range 10 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	for i := range 10 {
		w.Change(ids[i], fmt.Sprint("renamed", i), inactive()) // inactive already
	}
	w.Turn()
	for i := range 10 {
		w.Delete(ids[i])
	}
	w.Turn()
	if n := taken(w); n != 20 || !onHold(t, w).Empty() {
		t.Fatalf("%d calls, held %+v", n, onHold(t, w))
	}
	w.Delete(ids[10])
	w.Turn()
	if n := taken(w); n != 0 || onHold(t, w).People != 1 {
		t.Errorf("%d calls, held %+v", n, onHold(t, w))
	}
}

func TestWhileDeletesAreHeldEverythingElseGoesOn(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	staff := w.Group("Staff", ids[:4]...)
	w.Turn()
	for i := range 10 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	w.Person("new", nil)
	w.Change(ids[15], "user15", scim.Document{"title": "Head"})
	w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[16:18], Remove: ids[2:4]})
	w.Turn()
	if _, there := w.Vendor.Account("new"); !there {
		t.Error("nobody is created")
	}
	if a, _ := w.Vendor.Account("user15"); a.Fields["title"] != "Head" {
		t.Error("nobody is updated")
	}
	if members, _ := w.Vendor.Group("Staff"); fmt.Sprint(members) != "[user0 user1 user16 user17 user2 user3]" {
		t.Errorf("members %v", members)
	}
	if h := onHold(t, w); taken(w) != 0 || h.People != 10 || h.Removals != 2 || h.Losing != 1 {
		t.Errorf("held %+v", h)
	}
	for _, id := range []string{ids[0], staff} {
		if k, _ := w.Link(id); k.State != "held" || k.Fault != string(connectors.Confirm) || k.Attempts != 0 || k.Detail == "" {
			t.Errorf("link %+v", k)
		}
	}
	w.Change(ids[0], "user0", nil)        // comes back
	w.Join(staff, "Staff", ids[2])        // as well
	w.Change(ids[1], "user1", inactive()) // the same again
	w.Turn()
	if k, _ := w.Link(ids[0]); k.State != "" || k.Applied != k.Wanted {
		t.Errorf("who came back is %+v", k)
	}
	if h := onHold(t, w); taken(w) != 0 || h.People != 9 || h.Removals != 1 {
		t.Errorf("held %+v", h)
	}
	approveBatch(t, w, "")
	w.Turn()
	if members, _ := w.Vendor.Group("Staff"); taken(w) != 9 || fmt.Sprint(members) != "[user0 user1 user16 user17 user2]" {
		t.Errorf("members %v", members)
	}
	synced(t, w, staff)
	if !onHold(t, w).Empty() {
		t.Errorf("held %+v", onHold(t, w))
	}
}
