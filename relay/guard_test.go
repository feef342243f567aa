package relay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"

	"golang.org/x/sync/errgroup"

	"scimrelay/configs"
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
				if c.people > 1000 && testing.Short() {
					t.Skip("long")
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

func TestAnApprovalIsOfWhatWasShown(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	for i := range 12 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	shown := onHold(t, w)
	w.Delete(ids[12]) // joins later
	w.Turn()
	w.Change(ids[0], "renamed", inactive()) // is wanted otherwise now
	w.Turn()
	if now := onHold(t, w); now.Batch == shown.Batch || now.People != 13 {
		t.Fatalf("shown %+v, now %+v", shown, now)
	}
	if done := approveBatch(t, w, shown.Batch); done.Links != 11 || done.Left != 2 {
		t.Fatalf("%+v", done)
	}
	w.Turn()
	if n := taken(w); n != 11 {
		t.Errorf("%d calls", n)
	}
	for _, id := range []string{ids[0], ids[12]} {
		if k, there := w.Link(id); !there || k.State != "held" {
			t.Errorf("there %v, link %+v", there, k)
		}
	}
}

func TestAnApprovalExpires(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	for i := range 12 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	approveBatch(t, w, "")
	w.Clock.Advance(store.ApprovalLasts + time.Second) // the target rested meanwhile
	w.Turn()
	if h := onHold(t, w); taken(w) != 0 || h.People != 12 {
		t.Fatalf("held %+v", h)
	}
	approveBatch(t, w, "")
	w.Clock.Advance(store.ApprovalLasts - time.Second)
	w.Turn()
	if n := taken(w); n != 12 {
		t.Errorf("%d calls", n)
	}
}

func TestARejectionKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	staff, club := w.Group("Staff", ids...), w.Group("Fans", ids[19])
	w.Turn()
	for i := range 6 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	for i := 6; i < 12; i++ {
		w.Delete(ids[i])
	}
	w.DeleteGroup(club)
	w.Leave(staff, "Staff", ids[15])
	w.Turn()
	if h := onHold(t, w); h.People != 12 || h.Groups != 1 || h.Removals != 7 {
		t.Fatalf("held %+v", h)
	}
	if done := rejectAll(t, w); done.Links != 13 || done.Removals != 7 || done.Left != 0 {
		t.Fatalf("%+v", done)
	}
	w.Turn()
	kept := func() {
		t.Helper()
		if members, _ := w.Vendor.Group("Staff"); taken(w) != 0 || len(members) != 20 || w.Vendor.Accounts() != 20 {
			t.Fatalf("%d accounts, members %v", w.Vendor.Accounts(), members)
		}
	}
	kept()
	counts, err := w.Store.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target)
	if err != nil || counts.Pending != 0 || counts.Links != 15 { // 14 people and Staff: links of the deleted are gone
		t.Fatalf("%+v, %v", counts, err)
	}
	if k, _ := w.Link(ids[0]); !strings.Contains(k.Detail, "rejected") {
		t.Errorf("link %+v", k)
	}
	for _, settings := range []string{"first", "second"} { // new settings are no word of the identity provider
		if err := w.Store.Targets.Mend(t.Context(), relaytest.Tenant, relaytest.Target, settings); err != nil {
			t.Fatal(err)
		}
		w.Turn()
	}
	kept()
	w.Person("user6", nil) // somebody with the key of a deleted person
	w.Group("Fans")        // and a group with the name of a deleted one
	w.Turn()
	kept()
	if groups := w.Vendor.Groups(); fmt.Sprint(groups) != "[Fans Staff]" {
		t.Errorf("groups %v", groups)
	}
	for _, id := range []string{ids[1], ids[1]} { // somebody thinks better of it, and says so twice
		if _, err := w.Store.Links.Approve(t.Context(), decision("", id)); err != nil {
			t.Fatal(err)
		}
	}
	w.Turn()
	if n := taken(w); n != 1 {
		t.Fatalf("%d calls", n)
	}
	account(t, w, "user1", false)
	w.Change(ids[0], "user0x", inactive()) // the identity provider says something again, of one
	w.Join(staff, "Staff", ids[15])
	w.Leave(staff, "Staff", ids[15])
	w.Turn()
	if members, _ := w.Vendor.Group("Staff"); taken(w) != 1 || len(members) != 19 {
		t.Errorf("members %v", members)
	}
}

func TestWhoIsDeletedAndCreatedAgainKeepsTheAccount(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	staff := w.Group("Staff", ids...)
	w.Turn()
	before, _ := w.Vendor.Account("user3")
	for _, id := range ids {
		w.Delete(id)
	}
	w.Turn()
	again := make([]string, len(ids))
	for i := range ids { // as after a restored backup
		again[i] = w.Person(fmt.Sprint("user", i), nil)
	}
	w.Join(staff, "Staff", again...)
	for range 3 {
		w.Turn()
		w.Clock.Advance(7 * time.Hour)
	}
	after, _ := w.Vendor.Account("user3")
	if members, _ := w.Vendor.Group("Staff"); taken(w) != 0 || w.Vendor.Accounts() != 20 || after.ID != before.ID || len(members) != 20 {
		t.Errorf("%d accounts, %s was %s, members %v", w.Vendor.Accounts(), after.ID, before.ID, members)
	}
	for _, id := range append(again, staff) {
		synced(t, w, id)
	}
	if !onHold(t, w).Empty() {
		t.Errorf("held %+v", onHold(t, w))
	}
}

func TestManyWhoLeaveAGroupAreHeldThereAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ leave, left int }{{50, 50}, {51, 100}, {60, 100}} {
		t.Run(fmt.Sprint(c.leave, " of 100"), func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 120)
			staff, other := w.Group("Staff", ids[:100]...), w.Group("Other", ids[:5]...)
			w.Turn()
			w.Vendor.Calls()
			w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[100:], Remove: ids[:c.leave]})
			w.Turn()
			members, _ := w.Vendor.Group("Staff")
			if len(members) != c.left+20 {
				t.Fatalf("%d members", len(members))
			}
			h := onHold(t, w)
			if want := c.left + c.leave - 100; h.Removals != want || !h.Tripped.IsZero() {
				t.Fatalf("held %+v", h)
			}
			w.Leave(other, "Other", ids[0]) // another group, and one who leaves the company
			w.Change(ids[119], "user119", inactive())
			w.Turn()
			if members, _ := w.Vendor.Group("Other"); len(members) != 4 || taken(w) != 1 {
				t.Errorf("Other has %v", members)
			}
			w.Clock.Advance(10 * time.Hour)
			w.Leave(staff, "Staff", ids[110])
			w.Turn()
			if h.Empty() {
				synced(t, w, staff)
				return
			}
			if now := onHold(t, w); now.Removals != c.leave+1 {
				t.Errorf("held %+v", now)
			}
			if done := approveBatch(t, w, h.Batch); done.Removals != c.leave || done.Left != 1 {
				t.Fatalf("%+v", done)
			}
			w.Turn()
			if members, _ = w.Vendor.Group("Staff"); len(members) != 120-c.leave {
				t.Errorf("%d members", len(members))
			}
			approveBatch(t, w, "")
			w.Turn()
			synced(t, w, staff)
		})
	}
}

func TestWhoLeaveAGroupOneByOneStopAtTheThreshold(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 80)
	staff := w.Group("Staff", ids...)
	w.Turn()
	for i := range 55 {
		w.Leave(staff, "Staff", ids[i])
		w.Turn()
		w.Clock.Advance(time.Minute)
	}
	if members, _ := w.Vendor.Group("Staff"); len(members) != 30 || onHold(t, w).Removals != 5 {
		t.Errorf("%d members, held %+v", len(members), onHold(t, w))
	}
}

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
				if err := w.Store.Targets.Mend(t.Context(), relaytest.Tenant, relaytest.Target, name); err != nil {
					t.Fatal(err)
				}
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

// P16 under everything that may happen: no hour sees more than ten people lose their accounts,
// whatever comes back, dies or passes between.
func TestNoHourSeesMoreThanTheThreshold(t *testing.T) {
	t.Parallel()
	board.Begin(t, "V34")
	for seed := range seeds(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 60)
			r := rand.New(rand.NewPCG(seed, 7))
			var mu sync.Mutex
			took := map[string][]time.Time{} // by key, which here is for ever
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
				mu.Lock()
				defer mu.Unlock()
				if op == relaytest.Deactivate || op == relaytest.Delete {
					took[key] = append(took[key], w.Clock.Now())
					hour := 0
					for _, at := range took {
						if slices.ContainsFunc(at, func(at time.Time) bool { return w.Clock.Now().Sub(at) < time.Hour }) {
							hour++
						}
					}
					if hour > 10 {
						t.Errorf("%d people within an hour", hour)
					}
				}
				if r.IntN(6) == 0 {
					return connectors.Faultf(connectors.Transient, "no")
				}
				return nil
			}
			w.Vendor.After = func(context.Context, relaytest.Operation, string) error {
				mu.Lock()
				defer mu.Unlock()
				if r.IntN(6) == 0 {
					return &connectors.Fault{Class: connectors.Unknown, Detail: "lost"}
				}
				return nil
			}
			gone := map[int]bool{}
			for range 150 {
				mu.Lock()
				i, dice, pass := r.IntN(len(ids)), r.IntN(20), time.Duration(r.IntN(400))*time.Second
				mu.Unlock()
				switch {
				case gone[i]:
				case dice < 9:
					w.Change(ids[i], fmt.Sprint("user", i), inactive())
				case dice < 10:
					w.Delete(ids[i])
					gone[i] = true
				default:
					w.Change(ids[i], fmt.Sprint("user", i), nil)
				}
				w.Clock.Advance(pass)
				status, err := w.Store.Targets.Status(t.Context(), relaytest.Tenant, relaytest.Target)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case status.Health.Until.After(w.Clock.Now()):
				case dice%5 == 0: // dies before it records
					w.Chunk(w.Begin())
					w.End()
				default:
					w.Turn()
				}
				if dice == 19 {
					rejectAll(t, w)
				}
			}
			if len(took) == 0 {
				t.Error("nobody lost an account")
			}
		})
	}
}

// Somebody lost an account in a chunk that was never recorded, and came back before anybody
// looked: it happened all the same.
func TestACallThatWasNotRecordedCounts(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 100)
	w.Change(ids[0], "user0", inactive())
	w.Chunk(w.Begin())
	w.End()
	w.Change(ids[0], "user0", nil)
	w.Turn()
	for i := 1; i <= 10; i++ {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
		w.Turn()
	}
	if n, h := taken(w), onHold(t, w); n != 10 || h.People != 1 {
		t.Errorf("%d calls, held %+v", n, h)
	}
}
