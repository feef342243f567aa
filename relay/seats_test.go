package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// full is a vendor with so many seats for active accounts.
func full(w *relaytest.World, seats *int) {
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		switch {
		case op == relaytest.Create && *seats == 0:
			return connectors.Faultf(connectors.Seats, "no seat is free")
		case op == relaytest.Create:
			*seats--
		case op == relaytest.Deactivate:
			*seats++
		}
		return nil
	}
}

// Reliability rules 2.4: creations are held, everything else goes on, and the vendor is asked
// about some and not about all.
func TestAFullVendorHoldsCreationsOnly(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1
	seats := 2
	full(w, &seats)
	ana, bob := w.Person("ana", nil), w.Person("bob", nil)
	w.Turn()
	var late []string
	for i := range 200 {
		late = append(late, w.Person(fmt.Sprint("late", i), nil))
	}
	w.Vendor.Calls()
	w.Turn()
	if n := len(w.Vendor.Calls(relaytest.Create)); n > 4 {
		t.Errorf("%d creates of 200 were sent to a full vendor", n)
	}
	for _, id := range late {
		if k, _ := w.Link(id); k.State != "held" || k.Fault != "seats" || k.Attempts != 0 || !k.Intent.IsZero() ||
			k.NextAt.Sub(w.Clock.Now()) != 12*time.Hour {
			t.Fatalf("link %+v", k)
		}
	}
	w.Change(ana, "ana", scim.Document{"title": "T"})
	w.Turn()
	synced(t, w, ana)
	// A seat that is given back goes to one of those who wait, at once.
	w.Change(bob, "bob", scim.Document{"active": false})
	w.Turn()
	synced(t, w, bob)
	if w.Vendor.Accounts() != 3 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
	// Seats are bought: whoever finds out wakes everybody.
	seats = 1000
	w.Clock.Advance(time.Hour)
	w.Change(late[7], "late7", scim.Document{"title": "T"})
	w.Turn()
	w.Turn()
	for _, id := range late {
		synced(t, w, id)
	}
}

// Who is asked for again is asked about again: the administrator may have bought a seat.
func TestAPersonWhoWaitsForASeatIsAskedAboutWhenSomethingIsWanted(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	seats := 0
	full(w, &seats)
	id := w.Person("ana", nil)
	w.Turn()
	seats = 1
	w.Change(id, "ana", scim.Document{"title": "T"})
	w.Turn()
	synced(t, w, id)
}

// Two processes have turns at one target, and each remembers for itself that no seat was free.
func TestASeatThatAnotherProcessHasSeenIsGivenOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  func(w *relaytest.World, bob string, seats *int)
		want int // who have an account in the end, of bob and four who wait
	}{
		"given back": {func(w *relaytest.World, bob string, _ *int) { w.Change(bob, "bob", scim.Document{"active": false}) }, 2},
		"bought":     {func(w *relaytest.World, _ string, seats *int) { *seats = 9; w.Person("new", nil) }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			seats := 1
			full(w, &seats)
			bob := w.Person("bob", nil)
			w.Turn()
			other := relay.NewSession(w.Relay, *w.Session)
			for i := range 4 {
				w.Person(fmt.Sprint("late", i), nil)
			}
			w.Turn()
			w.Clock.Advance(time.Second)
			c.act(w, bob, &seats)
			w.Session, other = other, w.Session
			outcomes, health := w.Chunk(w.Begin()) // and its slice is over
			w.Record(outcomes, health)
			w.End()
			w.Clock.Advance(time.Second)
			w.Session = other
			w.Vendor.Calls()
			w.Turn()
			if n := w.Vendor.Accounts(); n != c.want {
				t.Errorf("%d accounts, want %d", n, c.want)
			}
			if n := len(w.Vendor.Calls(relaytest.Create)); n > 4 {
				t.Errorf("%d creates", n)
			}
		})
	}
}

// Nor does each who is woken ask a vendor that is full again after one.
func TestOneSeatThatWasBoughtIsNotAskedForByAll(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1
	seats := 0
	full(w, &seats)
	for i := range 50 {
		w.Person(fmt.Sprint("late", i), nil)
	}
	w.Turn()
	seats = 2
	w.Clock.Advance(2 * time.Minute)
	w.Person("new", nil)
	w.Vendor.Calls()
	w.Turn()
	if n := len(w.Vendor.Calls(relaytest.Create)); n != 3 || w.Vendor.Accounts() != 2 {
		t.Errorf("%d creates, %d accounts", n, w.Vendor.Accounts())
	}
}
