package relay_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
)

// crowded is a world whose vendor takes nobody whose name begins with "bad", for a reason that may pass.
func crowded(t *testing.T, good, bad int) (w *relaytest.World, refused func() int, ids []string) {
	t.Helper()
	w = relaytest.New(t)
	w.Session.Concurrency = 1
	w.Relay.Policy.Failures, w.Relay.Policy.Calls = 1<<30, 1<<30 // that the target would rest is not what is asked about here
	n := 0
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
		if op == relaytest.Create && strings.HasPrefix(key, "bad") {
			n++
			return connectors.Faultf(connectors.Transient, "the key is taken")
		}
		return nil
	}
	for i := range good {
		w.Person(fmt.Sprint("good", i), nil)
	}
	for i := range bad {
		ids = append(ids, w.Person(fmt.Sprint("bad", i), nil))
	}
	return w, func() int { was := n; n = 0; return was }, ids
}

func links(t *testing.T, w *relaytest.World, ids []string) (all []store.Link) {
	t.Helper()
	for _, id := range ids {
		link, ok := w.Link(id)
		if !ok {
			t.Fatalf("%s has no link", id)
		}
		all = append(all, link)
	}
	return all
}

// P15: repeating what fails costs a tenth of what the target's links cost otherwise.
func TestRetriesAreATenthOfTheWorkAtMost(t *testing.T) {
	t.Parallel()
	w, refused, ids := crowded(t, 300, 100)
	w.Turn()
	if n := refused(); n != 100 {
		t.Fatalf("%d first attempts, want 100", n)
	}
	for range 55 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	repeated := refused()
	if repeated < 30 || repeated > 40 {
		t.Errorf("%d retries in the minute of 400 first attempts, want up to 40", repeated)
	}
	postponed, attempts := 0, 0
	for _, link := range links(t, w, ids) {
		attempts += link.Attempts
		if !strings.HasPrefix(link.Detail, "its next attempt waits") {
			continue
		}
		postponed++
		if link.State != relay.StateRetry || link.Fault != string(connectors.Transient) ||
			!link.NextAt.After(w.Clock.Now().Add(-time.Second)) || !strings.HasSuffix(link.Detail, "before: the key is taken") {
			t.Fatalf("a postponed link is %+v", link)
		}
	}
	if attempts != 100+repeated {
		t.Errorf("%d attempts are counted, %d were made", attempts, 100+repeated)
	}
	if postponed < 50 {
		t.Errorf("%d links say that they wait for the budget", postponed)
	}
}

// A target with little to do may repeat ten links a minute, and all of them at once when what
// failed goes well again: the budget bounds what is wasted, and not the catching up.
func TestRetriesThatGoWellAreNotHeldBack(t *testing.T) {
	t.Parallel()
	w, refused, ids := crowded(t, 0, 60)
	w.Turn()
	w.Clock.Advance(2 * time.Minute)
	w.Turn()
	if n := refused() - 60; n != 10 {
		t.Errorf("%d retries with nothing else to do, want 10", n)
	}
	w.Vendor.Before = nil
	for minute := range 30 {
		w.Clock.Advance(time.Minute)
		w.Turn()
		if minute == 5 && w.Vendor.Accounts() < 50 {
			t.Errorf("%d of 60 accounts six minutes after the vendor works", w.Vendor.Accounts())
		}
	}
	for _, link := range links(t, w, ids) {
		if link.Applied != link.Wanted {
			t.Errorf("left behind: %+v", link)
		}
	}
}

// What is new is no retry, however much of it there is and whatever the target repeats beside.
func TestANewWantNeedsNoBudget(t *testing.T) {
	t.Parallel()
	w, refused, ids := crowded(t, 0, 60)
	w.Turn()
	refused()
	for i, id := range ids {
		w.Change(id, fmt.Sprint("bad", i), map[string]any{"title": "new"})
	}
	w.Turn()
	if n := refused(); n != 60 {
		t.Errorf("%d of 60 changed links were tried", n)
	}
}

// A new process begins with the floor: losing the budget costs ten retries.
func TestABudgetThatIsLostAllowsTheFloor(t *testing.T) {
	t.Parallel()
	w, refused, _ := crowded(t, 0, 60)
	w.Turn()
	w.Clock.Advance(2 * time.Minute)
	refused()
	w.Turn()
	w.Session = relaytest.NewSession(t, w.Relay, relaytest.Tenant, relaytest.Target, w.Vendor)
	w.Session.Concurrency = 1
	w.Clock.Advance(15 * time.Minute)
	w.Turn()
	if n := refused(); n != 20 {
		t.Errorf("%d retries, want ten before and ten after", n)
	}
}

// However many wait, they ask again one after the other, within the quarter of an hour.
func TestManyPostponedLinksDoNotAskAgainAllAtOnce(t *testing.T) {
	t.Parallel()
	w, _, ids := crowded(t, 0, 500)
	w.Turn()
	w.Clock.Advance(2 * time.Minute)
	w.Turn()
	at := make(map[time.Duration]int)
	for _, link := range links(t, w, ids) {
		if !strings.HasPrefix(link.Detail, "its next attempt waits") {
			continue
		}
		wait := link.NextAt.Sub(w.Clock.Now())
		if at[wait]++; wait <= 0 || wait > 15*time.Minute {
			t.Errorf("one waits %v", wait)
		}
	}
	for wait, n := range at {
		if n > 4 {
			t.Errorf("%d links ask again after %v", n, wait)
		}
	}
	if len(at) != 150 {
		t.Errorf("%d places are taken, want 150", len(at))
	}
}
