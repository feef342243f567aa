package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

const window = time.Hour

// whatever is a product that can do everything.
func whatever() store.Takes { return store.Takes{Switch: true, Delete: true, Groups: true} }

// leave makes the person inactive.
func leave(t *testing.T, s *store.Store, w store.Write, r scim.Resource) {
	t.Helper()
	rev := user(r.ID)
	rev.Active = false
	change(t, s, w, r.ID, rev)
}

func remove(t *testing.T, s *store.Store, w store.Write, kind, id string) {
	t.Helper()
	if err := s.Directory.Delete(t.Context(), w, kind, id, nil); err != nil {
		t.Fatal(err)
	}
}

// holdAll records that whatever is due waits for a person.
func holdAll(t *testing.T, s *store.Store, lease store.Lease, trip store.Trip) {
	t.Helper()
	var outcomes []store.Outcome
	for _, work := range dueAll(t, s, lease) {
		k := work.Link
		k.State, k.Fault, k.NextAt = "held", "confirm", store.Never()
		outcomes = append(outcomes, store.Outcome{Next: k, Kind: "link.failed", Hold: &store.Hold{Link: true, Trip: trip, Detail: "so many"}})
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
}

// dueAll is the due links of every urgency.
func dueAll(t *testing.T, s *store.Store, lease store.Lease) (all []store.Work) {
	t.Helper()
	work, err := s.Links.AllWork(t.Context(), lease.Tenant, lease.Target, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(work, func(w store.Work) bool {
		return w.Link.Wanted == w.Link.Applied || w.Link.NextAt.After(s.Now())
	})
}

func heldAt(t *testing.T, s *store.Store, lease store.Lease) store.Held {
	t.Helper()
	h, err := s.Links.Held(t.Context(), lease.Tenant, lease.Target)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func approving(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, nil)
	leave(t, s, w, ana)
	leave(t, s, w, bob)
	approve := func(resource string) int {
		t.Helper()
		done, err := s.Links.Approve(t.Context(), store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops", Reason: "she left"}, Resource: resource})
		if err != nil {
			t.Fatal(err)
		}
		return done.Links
	}
	if n := approve(""); n != 0 {
		t.Errorf("%d agreed to before anything was held", n)
	}
	holdAll(t, s, lease, store.TripNone)
	if n := approve(ana.ID); n != 1 {
		t.Fatal(n)
	}
	due := dueNow(t, s, "acme", "sage")
	if len(due) != 1 || due[0].Link.Resource != ana.ID || due[0].Link.Approved != due[0].Link.Wanted ||
		due[0].Link.ApprovedUntil.Sub(s.Now()).Round(time.Minute) != store.ApprovalLasts {
		t.Fatalf("due %+v", due)
	}
	change(t, s, w, bob.ID, user("bob")) // nothing is held any more
	if n := approve(""); n != 0 {
		t.Errorf("%d agreed to", n)
	}
	change(t, s, w, ana.ID, user("ana2")) // another version: what was agreed to is over
	if k := one(t, s, "sage", ana.ID); k.Approved >= k.Wanted {
		t.Errorf("link %+v", k)
	}
}

func batches(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	var people []scim.Resource
	for i := range 5 {
		people = append(people, create(t, s, w, fmt.Sprint("user", i)))
	}
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, nil)
	if h := heldAt(t, s, lease); !h.Empty() || h.Batch != "" {
		t.Fatalf("held %+v", h)
	}
	leave(t, s, w, people[0])
	remove(t, s, w, scim.TypeUser, people[1].ID)
	holdAll(t, s, lease, store.TripTarget)
	shown := heldAt(t, s, lease)
	if shown.People != 2 || shown.Deleted != 1 || shown.Tripped.IsZero() || shown.Batch == "" {
		t.Fatalf("held %+v", shown)
	}
	leave(t, s, w, people[2])
	holdAll(t, s, lease, store.TripTarget)
	now := heldAt(t, s, lease)
	if now.People != 3 || now.Batch == shown.Batch || !now.Since.Equal(shown.Since) || !now.Tripped.Equal(shown.Tripped) {
		t.Fatalf("held %+v, before %+v", now, shown)
	}
	decision := store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops", Reason: "so be it"}, Batch: "b-0000"}
	if _, err := s.Links.Approve(t.Context(), decision); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("an unknown batch: %v", err)
	}
	decision.Batch = shown.Batch
	done, err := s.Links.Approve(t.Context(), decision)
	if err != nil || done.Links != 2 || done.Left != 1 || done.Batch != shown.Batch {
		t.Fatalf("%+v, %v", done, err)
	}
	if k := one(t, s, "sage", people[2].ID); k.Approved != 0 || k.Staged == 0 {
		t.Errorf("who joined later was agreed to: %+v", k)
	}
	was, err := s.Links.Departing(t.Context(), "acme", "sage", nil, whatever(), window)
	if err != nil || !was.Held {
		t.Fatalf("%+v, %v", was, err)
	}
	change(t, s, w, people[2].ID, user("user2")) // comes back: nothing is held any more
	if was, err = s.Links.Departing(t.Context(), "acme", "sage", nil, whatever(), window); err != nil || was.Held {
		t.Fatalf("%+v, %v", was, err)
	}
	bring(t, s, lease, nil)
	leave(t, s, w, people[3])
	holdAll(t, s, lease, store.TripNone) // one whose connector asks for it: the guard has not tripped
	if h := heldAt(t, s, lease); h.People != 1 || !h.Tripped.IsZero() {
		t.Errorf("held %+v", h)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 100)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range events {
		if kinds[e.Kind]++; (e.Kind == "deletes.approved" || e.Kind == "link.approved") && e.Actor != "ops" {
			t.Errorf("event %+v", e)
		}
	}
	if kinds["deletes.held"] != 2 || kinds["deletes.approved"] != 1 || kinds["link.approved"] != 2 {
		t.Errorf("events %v", kinds)
	}
}

func standing(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	var people []scim.Resource
	for i := range 6 {
		people = append(people, create(t, s, w, fmt.Sprint("user", i)))
	}
	sales := found(t, s, w, "Sales")
	create(t, s, w, "not linked")
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, func(o *store.Outcome) {
		asGroups(o)
		if o.Next.Resource == people[5].ID {
			o.Next.Down = true
		}
	})
	leave(t, s, w, people[0])
	remove(t, s, w, scim.TypeUser, people[1].ID)
	remove(t, s, w, scim.TypeGroup, sales.ID)
	leave(t, s, w, people[5]) // inactive already
	look := func(takes store.Takes, asked ...string) store.Departing {
		t.Helper()
		was, err := s.Links.Departing(t.Context(), "acme", "sage", asked, takes, window)
		if err != nil {
			t.Fatal(err)
		}
		return was
	}
	for _, c := range []struct {
		takes store.Takes
		want  quarantine.Leaving
	}{
		{whatever(), quarantine.Leaving{People: 2, Groups: 1}},
		{store.Takes{Switch: true}, quarantine.Leaving{People: 2}},
		{store.Takes{Delete: true}, quarantine.Leaving{People: 1}},
		{store.Takes{Groups: true}, quarantine.Leaving{Groups: 1}},
	} {
		if was := look(c.takes); was.Pending != c.want || was.Gone != (quarantine.Leaving{}) {
			t.Errorf("%+v: %+v", c.takes, was)
		}
	}
	if was := look(whatever(), people[0].ID, people[2].ID); !was.Counted[people[0].ID] || was.Counted[people[2].ID] {
		t.Errorf("counted %v", was.Counted)
	}
	leavers := []store.Leaver{{Resource: people[0].ID, Type: scim.TypeUser}, {Resource: people[2].ID, Type: scim.TypeUser}}
	for range 2 { // it may die before the call, and then comes again
		if err := s.Links.LetThrough(t.Context(), lease, "", leavers, window); err != nil {
			t.Fatal(err)
		}
	}
	was := look(whatever(), people[0].ID, people[2].ID)
	if was.Gone.People != 2 || was.Pending != (quarantine.Leaving{People: 1, Groups: 1}) || !was.Counted[people[2].ID] {
		t.Errorf("%+v", was)
	}
	bring(t, s, lease, func(o *store.Outcome) {
		switch o.Next.Resource {
		case people[0].ID:
			o.Next.Down = true
		case people[1].ID, sales.ID:
			o.Gone = true
		}
	})
	if was := look(whatever()); was.Gone.People != 2 || was.Pending != (quarantine.Leaving{}) {
		t.Errorf("%+v", was)
	}
	n, err := s.Links.Working(t.Context(), "acme", "sage", window, 100) // 2, 3, 4, the new one; 0 who was let through
	if err != nil || n != 5 {
		t.Errorf("%d work, %v", n, err)
	}
	if n, err = s.Links.Working(t.Context(), "acme", "sage", window, 3); err != nil || n != 4 {
		t.Errorf("%d work of whom three are looked at, %v", n, err)
	}
	if err := s.Links.LetThrough(t.Context(), lease, "", nil, -time.Second); err != nil { // all of it is long ago
		t.Fatal(err)
	}
	if was := look(whatever()); was.Gone != (quarantine.Leaving{}) {
		t.Errorf("%+v", was)
	}
	acquireAgain(t, s, lease)
	if err := s.Links.LetThrough(t.Context(), lease, "", leavers, window); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a late owner let somebody through: %v", err)
	}
}

// acquireAgain takes the lease for another owner.
func acquireAgain(t *testing.T, s *store.Store, lease store.Lease) {
	t.Helper()
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	acquire(t, s, lease.Tenant, lease.Target, "w2")
}

func rejecting(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, nil)
	leave(t, s, w, ana)
	remove(t, s, w, scim.TypeUser, bob.ID)
	holdAll(t, s, lease, store.TripTarget)
	read := one(t, s, "sage", ana.ID)
	done, err := s.Links.Reject(t.Context(), store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops", Reason: "a slip"}})
	if err != nil || done.Links != 2 || done.Left != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	// A turn that had read the link before records over nothing.
	read.State, read.Fault, read.NextAt = "held", "confirm", store.Never()
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: read}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	due := dueAll(t, s, lease)
	if len(due) != 2 {
		t.Fatalf("due %+v", due)
	}
	for _, work := range due {
		if work.Link.Rejected != work.Link.Wanted || work.Link.Approved != 0 {
			t.Errorf("link %+v", work.Link)
		}
	}
	if was, err := s.Links.Departing(t.Context(), "acme", "sage", nil, whatever(), window); err != nil || was.Held || was.Pending.People != 0 {
		t.Errorf("%+v, %v", was, err)
	}
}

func heldRemovals(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	var ids []string
	for i := range 4 {
		ids = append(ids, create(t, s, w, fmt.Sprint("user", i)).ID)
	}
	sales := found(t, s, w, "Sales", ids...)
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, asGroups)
	group := func() store.Link { return one(t, s, "sage", sales.ID) }
	removing := func() store.Removing {
		t.Helper()
		r, err := s.Links.Removing(t.Context(), group(), window)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	edit(t, s, w, sales.ID, scim.MemberEdit{Remove: ids[:3]})
	if r := removing(); r.Pending != 3 || r.Gone != 0 || r.Held != store.TripNone {
		t.Fatalf("%+v", r)
	}
	if n, err := s.Links.Size(t.Context(), "acme", sales.ID, 10); err != nil || n != 1 {
		t.Fatalf("%d members, %v", n, err)
	}
	stay := group()
	stay.Since, stay.State, stay.Fault, stay.WaitsFor, stay.NextAt = stay.Wanted+1, "held", "confirm", stay.Resource, store.Never()
	hold := &store.Hold{Members: ids[:3], Trip: store.TripGroup, Detail: "3 of them"}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: stay, Hold: hold}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if h := heldAt(t, s, lease); h.Removals != 3 || h.Losing != 1 || h.People != 0 || !h.Tripped.IsZero() || h.Batch == "" {
		t.Fatalf("held %+v", h)
	}
	if r := removing(); r.Held != store.TripGroup || r.Pending != 0 {
		t.Fatalf("%+v", r)
	}
	if was, err := s.Links.Departing(t.Context(), "acme", "sage", nil, whatever(), window); err != nil || was.Held {
		t.Fatalf("a group's hold is the target's: %+v, %v", was, err)
	}
	if n, among, err := s.Links.Awaiting(t.Context(), group(), ids); err != nil || n != 0 || len(among) != 0 {
		t.Errorf("waits for %d, %v, %v", n, among, err)
	}
	edit(t, s, w, sales.ID, scim.MemberEdit{Add: ids[:1]}) // comes back
	if n, err := s.Links.HeldMembers(t.Context(), group()); err != nil || n != 2 {
		t.Fatalf("%d are held, %v", n, err)
	}
	agree := store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops", Reason: "yes"}, Resource: ids[1]}
	if done, err := s.Links.Approve(t.Context(), agree); err != nil || done.Removals != 1 || done.Links != 0 || done.Left != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	refuse := store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops", Reason: "no"}}
	if _, held, err := s.Targets.Stances(t.Context()); err != nil || held != 1 {
		t.Errorf("something is held at %d targets, %v", held, err)
	}
	if done, err := s.Links.Reject(t.Context(), refuse); err != nil || done.Removals != 1 || done.Left != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, held, err := s.Targets.Stances(t.Context()); err != nil || held != 0 {
		t.Errorf("who came back is held at %d targets, %v", held, err)
	}
	k := group()
	if k.NextAt.After(s.Now()) || k.Applied == k.Wanted {
		t.Errorf("link %+v", k)
	}
	k.Since, k.SinceMember = k.Wanted+1, "" // as a run that has passed the one who came back
	ready, err := s.Links.Ready(t.Context(), k, store.Membership{}, 10)
	if err != nil || len(ready) != 2 {
		t.Fatalf("ready %+v, %v", ready, err)
	}
	for _, m := range ready {
		if m.Present || m.VendorID == "" || m.Member == ids[1] && m.Agreed <= s.Now().UnixMilli() || m.Member == ids[2] && m.Agreed != -1 {
			t.Errorf("ready %+v", m)
		}
	}
	if r := removing(); r.Held != store.TripNone || r.Pending != 0 {
		t.Errorf("%+v", r)
	}
}

// heldWithTheirPeople has people deleted whose removals are held: once the accounts are gone the
// groups let them go.
func heldWithTheirPeople(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana")
	sales := found(t, s, w, "Sales", ana.ID)
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, asGroups)
	remove(t, s, w, scim.TypeUser, ana.ID)
	stay := one(t, s, "sage", sales.ID)
	stay.Since, stay.State, stay.Fault, stay.WaitsFor, stay.NextAt = stay.Wanted+1, "held", "confirm", stay.Resource, store.Never()
	hold := &store.Hold{Members: []string{ana.ID}, Trip: store.TripTarget, Detail: "so many"}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: stay, Hold: hold}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	gone := one(t, s, "sage", ana.ID)
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: gone, Gone: true}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	k := one(t, s, "sage", sales.ID)
	ready, err := s.Links.Ready(t.Context(), k, store.Membership{}, 10)
	if err != nil || len(ready) != 1 || !ready[0].Kept || k.NextAt.After(s.Now()) {
		t.Fatalf("ready %+v, link %+v, %v", ready, k, err)
	}
	if h := heldAt(t, s, lease); !h.Empty() {
		t.Errorf("held %+v", h)
	}
}

// asGroups gives groups an id at the vendor.
func asGroups(o *store.Outcome) {
	if o.Next.Type == scim.TypeGroup {
		o.Next.VendorID = "g-" + o.Next.Resource
	}
}

// yielding has somebody created with the key of a person whose deletion is held.
func yielding(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana")
	sales := found(t, s, w, "Sales", ana.ID)
	lease := acquire(t, s, "acme", "sage", "w1")
	bring(t, s, lease, asGroups)
	remove(t, s, w, scim.TypeUser, ana.ID)
	stay := one(t, s, "sage", sales.ID)
	stay.Since, stay.State, stay.Fault, stay.WaitsFor, stay.NextAt = stay.Wanted+1, "held", "confirm", stay.Resource, store.Never()
	gone := one(t, s, "sage", ana.ID)
	gone.State, gone.Fault, gone.NextAt = "held", "confirm", store.Never()
	err := s.Links.Record(t.Context(), lease, []store.Outcome{
		{Next: stay, Hold: &store.Hold{Members: []string{ana.ID}, Trip: store.TripTarget}},
		{Next: gone, Hold: &store.Hold{Link: true, Trip: store.TripTarget}}}, quarantine.State{})
	if err != nil {
		t.Fatal(err)
	}
	heir := create(t, s, w, "ana")
	claims := one(t, s, "sage", heir.ID)
	claims.State, claims.Fault, claims.WaitsFor, claims.NextAt = "escrow", "ambiguous", ana.ID, store.Never()
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: claims, Claims: ana.ID}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if k := one(t, s, "sage", ana.ID); k.Rejected != k.Wanted || k.Staged != 0 || k.NextAt.After(s.Now()) {
		t.Errorf("link %+v", k)
	}
	if h := heldAt(t, s, lease); h.People != 0 || h.Removals != 1 {
		t.Errorf("held %+v", h)
	}
	if done, err := s.Links.Approve(t.Context(), store.Decision{Order: store.Order{Tenant: "acme", Target: "sage", Actor: "ops"}, Resource: heir.ID}); err != nil || done.Removals != 1 {
		t.Errorf("the heir's removal: %+v, %v", done, err)
	}
}
