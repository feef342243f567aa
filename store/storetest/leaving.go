package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// settle brings everything that is due at the target to its vendor, as turns do, with vendor ids
// made of the resources' ids.
func settle(t *testing.T, s *store.Store, lease store.Lease) {
	t.Helper()
	for {
		work := dueNow(t, s, lease.Tenant, lease.Target)
		if len(work) == 0 {
			return
		}
		var outcomes []store.Outcome
		for _, k := range work {
			outcomes = append(outcomes, done(k))
		}
		record(t, s, lease, outcomes...)
	}
}

// done is the outcome of work that went well, a group's members among it.
func done(k store.Work) store.Outcome {
	o := applied(k.Link, "v"+k.Link.Resource)
	o.Gone, o.Linked = k.Deleted, k.Link.VendorID == ""
	if k.Link.Type == scim.TypeGroup {
		o.Next.Since, o.Next.SinceMember = k.Link.Wanted+1, ""
	}
	return o
}

func record(t *testing.T, s *store.Store, lease store.Lease, outcomes ...store.Outcome) {
	t.Helper()
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
}

func linkOf(t *testing.T, s *store.Store, target, id string) store.Work {
	t.Helper()
	work, err := s.Links.One(t.Context(), "acme", target, id)
	if err != nil {
		t.Fatal(err)
	}
	return work
}

// changes are the memberships behind the link's progress: + and the id, or - and the id.
func changes(t *testing.T, s *store.Store, k store.Link, limit int) (rows []string, last store.Membership) {
	t.Helper()
	found, err := s.Links.Changed(t.Context(), k, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found {
		sign := "-"
		if m.Present {
			sign = "+"
		}
		rows, last = append(rows, sign+m.Member), m
	}
	return rows, last
}

// everything is the link as if it had not begun.
func everything(k store.Link) store.Link {
	k.Since, k.SinceMember, k.Wanted = 0, "", 1<<40
	return k
}

func progress(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana, bob, cid := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID, create(t, s, w, "cid").ID
	staff := found(t, s, w, "staff", ana, bob, cid)
	lease := acquire(t, s, "acme", "sage", "w1")
	if first := dueNow(t, s, "acme", "sage"); len(first) != 3 || first[0].Link.Urgency != store.UrgencyCreate {
		t.Fatalf("people come first: %+v", first)
	}
	k := linkOf(t, s, "sage", staff.ID).Link
	if k.Type != scim.TypeGroup || k.Since != 0 || k.SinceMember != "" {
		t.Errorf("link %+v", k)
	}
	rows, last := changes(t, s, k, 2)
	if fmt.Sprint(rows) != fmt.Sprint([]string{"+" + ana, "+" + bob}) || last.Version != 1 || last.Type != scim.TypeUser || last.VendorID != "" || last.Without {
		t.Fatalf("first rows %v, %+v", rows, last)
	}
	k.Since, k.SinceMember, k.VendorID = last.Version, last.Member, "g1"
	record(t, s, lease, store.Outcome{Next: k})
	edit(t, s, w, staff.ID, scim.MemberEdit{Remove: []string{ana}})
	k = linkOf(t, s, "sage", staff.ID).Link
	if rows, _ := changes(t, s, k, 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + cid, "-" + ana}) {
		t.Errorf("then %v", rows)
	}
	k.Wanted = 1
	if rows, _ := changes(t, s, k, 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + cid}) {
		t.Errorf("up to version 1: %v", rows)
	}
	settle(t, s, lease)
	k = linkOf(t, s, "sage", staff.ID).Link
	if rows, _ := changes(t, s, k, 10); len(rows) != 0 {
		t.Errorf("done, and %v", rows)
	}
	// The other target has the removal before it still.
	if rows, _ := changes(t, s, everything(k), 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + bob, "+" + cid, "-" + ana}) {
		t.Errorf("the removal went too soon: %v", rows)
	}
	settle(t, s, acquire(t, s, "acme", "other", "w1"))
	if rows, _ := changes(t, s, everything(k), 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + bob, "+" + cid}) {
		t.Errorf("a removal that everybody has passed stays: %v", rows)
	}
	_, last = changes(t, s, everything(k), 1)
	if last.VendorID != "v"+bob || last.Without {
		t.Errorf("a member who is linked: %+v", last)
	}
	edit(t, s, w, staff.ID, adding(ana))
	wantMembers(t, s, staff.ID, ana, bob, cid)
}

func untargeted(t *testing.T, open Open) {
	s, w := start(t, open), by("acme")
	ana, bob := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID
	staff := found(t, s, w, "staff", ana, bob)
	edit(t, s, w, staff.ID, removing(ana))
	k := store.Link{Tenant: "acme", Target: "sage", Resource: staff.ID}
	if rows, _ := changes(t, s, everything(k), 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + bob}) {
		t.Errorf("a removal nobody waits for was kept: %v", rows)
	}
	if _, err := s.Targets.Seed(t.Context(), "acme", "sage"); err != nil {
		t.Fatal(err)
	}
	k = linkOf(t, s, "sage", staff.ID).Link
	if k.Type != scim.TypeGroup || k.Urgency != store.UrgencyMembership || k.Wanted != 2 || k.Since != 0 {
		t.Errorf("seeded %+v", k)
	}
	if rows, _ := changes(t, s, k, 10); fmt.Sprint(rows) != fmt.Sprint([]string{"+" + bob}) {
		t.Errorf("a new target has %v to do", rows)
	}
}

func leavers(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana, bob := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID
	staff, crew := found(t, s, w, "staff", ana, bob), found(t, s, w, "crew", ana)
	none := found(t, s, w, "none", bob)
	sage, other := acquire(t, s, "acme", "sage", "w1"), acquire(t, s, "acme", "other", "w1")
	settle(t, s, sage)
	settle(t, s, other)
	before, _ := s.Directory.Get(t.Context(), "acme", scim.TypeGroup, staff.ID)
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana, nil); err != nil {
		t.Fatal(err)
	}
	wantMembers(t, s, staff.ID, bob)
	wantMembers(t, s, crew.ID)
	for id, version := range map[string]int64{staff.ID: 2, crew.ID: 2, none.ID: 1} {
		now, err := s.Directory.Get(t.Context(), "acme", scim.TypeGroup, id)
		if err != nil || now.Version != version || now.Modified.Before(before.Modified) {
			t.Errorf("group %+v, want version %d: %v", now, version, err)
		}
		if k := linkOf(t, s, "sage", id).Link; k.Wanted != version || k.Urgency != store.UrgencyMembership {
			t.Errorf("link %+v", k)
		}
	}
	events, err := s.Events.Latest(t.Context(), "acme", 3)
	if err != nil || events[0].Detail != "+0 -1 members" || events[1].Detail != "+0 -1 members" || events[2].Kind != "resource.deleted" {
		t.Errorf("events %+v, %v", events, err)
	}
	// The account is dealt with first; the link must stay for the groups.
	work := dueNow(t, s, "acme", "sage")
	if len(work) != 1 || work[0].Link.Resource != ana || !work[0].Deleted {
		t.Fatalf("due %+v", work)
	}
	record(t, s, sage, done(work[0]))
	if k := linkOf(t, s, "sage", ana).Link; k.VendorID != "v"+ana || k.Applied != k.Wanted || k.State != "" {
		t.Errorf("the leaver's link is %+v", k)
	}
	if _, last := changes(t, s, linkOf(t, s, "sage", crew.ID).Link, 10); last.Member != ana || last.Present || last.VendorID != "v"+ana {
		t.Errorf("the crew's removal is %+v", last)
	}
	waiting := create(t, s, w, "ana2").ID
	successor := linkOf(t, s, "sage", waiting).Link
	successor.WaitsFor, successor.State, successor.NextAt = ana, "escrow", store.Never()
	record(t, s, sage, store.Outcome{Next: successor}, done(linkOf(t, s, "sage", staff.ID)))
	if k := linkOf(t, s, "sage", ana).Link; k.VendorID == "" {
		t.Error("the link went with the first group of two")
	}
	record(t, s, sage, done(linkOf(t, s, "sage", crew.ID)))
	if _, err := s.Links.One(t.Context(), "acme", "sage", ana); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the leaver's link stays: %v", err)
	}
	if k := linkOf(t, s, "sage", waiting).Link; k.State != "" || k.WaitsFor != "" {
		t.Errorf("the successor still waits: %+v", k)
	}
	if links, _ := s.Links.OfResource(t.Context(), "acme", ana); len(links) != 1 {
		t.Errorf("links %+v", links)
	}
	settle(t, s, other)
	if links, _ := s.Links.OfResource(t.Context(), "acme", ana); len(links) != 0 {
		t.Errorf("links %+v", links)
	}
}

// refusals of removals must not be forgotten, whoever has passed them and whoever leaves.
func refusedRemovals(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana").ID
	staff := found(t, s, w, "staff", ana)
	lease := acquire(t, s, "acme", "sage", "w1")
	settle(t, s, lease)
	edit(t, s, w, staff.ID, removing(ana))
	refused := done(linkOf(t, s, "sage", staff.ID))
	refused.Next.Applied, refused.Next.State, refused.Next.NextAt, refused.Again = 1, "escrow", store.Never(), []string{ana}
	record(t, s, lease, refused)
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana, nil); err != nil {
		t.Fatal(err)
	}
	record(t, s, lease, done(linkOf(t, s, "sage", ana)))
	ready, err := s.Links.Ready(t.Context(), linkOf(t, s, "sage", staff.ID).Link, store.Membership{}, 10)
	if err != nil || len(ready) != 1 || ready[0].Member != ana || ready[0].Present || ready[0].VendorID != "v"+ana {
		t.Fatalf("to be tried again: %+v, %v", ready, err)
	}
	again := done(linkOf(t, s, "sage", staff.ID))
	again.Done = []string{ana}
	record(t, s, lease, again)
	if _, err := s.Links.One(t.Context(), "acme", "sage", ana); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the leaver's link stays: %v", err)
	}
	if rows, _ := changes(t, s, everything(again.Next), 10); len(rows) != 0 {
		t.Errorf("the removal stays: %v", rows)
	}
}

// A group may be at the vendor although nobody knows yet, and the leaver in it.
func leaversOfUncertainGroups(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana := create(t, s, w, "ana").ID
	staff := found(t, s, w, "staff", ana)
	lease := acquire(t, s, "acme", "sage", "w1")
	record(t, s, lease, done(linkOf(t, s, "sage", ana)))
	if err := s.Links.Begin(t.Context(), lease, []store.Intent{{Resource: staff.ID, Key: "staff"}}); err != nil {
		t.Fatal(err)
	}
	// The process dies here, behind the creation and the addition.
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana, nil); err != nil {
		t.Fatal(err)
	}
	record(t, s, lease, done(linkOf(t, s, "sage", ana)))
	if k := linkOf(t, s, "sage", ana).Link; k.VendorID != "v"+ana {
		t.Errorf("link %+v", k)
	}
	settle(t, s, lease)
	if _, err := s.Links.One(t.Context(), "acme", "sage", ana); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the leaver's link stays: %v", err)
	}
}

func disbanding(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID
	staff := found(t, s, w, "staff", ana, bob)
	all := found(t, s, w, "all", staff.ID)
	lease := acquire(t, s, "acme", "sage", "w1")
	settle(t, s, lease)
	if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, ana, nil); err != nil {
		t.Fatal(err)
	}
	record(t, s, lease, done(linkOf(t, s, "sage", ana))) // its link stays for staff
	if err := s.Directory.Delete(t.Context(), w, scim.TypeGroup, staff.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Links.One(t.Context(), "acme", "sage", ana); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a leaver is kept for a group that is deleted: %v", err)
	}
	wantMembers(t, s, staff.ID)
	wantMembers(t, s, all.ID)
	if of, err := s.Directory.MemberOf(t.Context(), "acme", []string{bob}); err != nil || len(of) > 0 {
		t.Errorf("bob is in %v, %v", of, err)
	}
	work := dueNow(t, s, "acme", "sage")
	if len(work) != 1 || work[0].Link.Resource != staff.ID || work[0].Link.Urgency != store.UrgencyDelete || !work[0].Deleted {
		t.Fatalf("due %+v", work)
	}
	settle(t, s, lease)
	if _, err := s.Links.One(t.Context(), "acme", "sage", staff.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the group's link stays: %v", err)
	}
	if again := found(t, s, w, "staff", bob); again.ID == staff.ID {
		t.Error("an id came back")
	}
}

// A deletion and an addition at once must not leave a member whom nobody is.
func deletionsBesideAdditions(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	staff, crew := found(t, s, w, "staff"), found(t, s, w, "crew")
	var ids []string
	for i := range 40 {
		ids = append(ids, create(t, s, w, fmt.Sprint("user", i)).ID)
	}
	var all sync.WaitGroup
	for _, id := range ids {
		for _, g := range []string{staff.ID, crew.ID} {
			all.Go(func() {
				var missing *store.MissingMemberError
				if _, err := tryEdit(t, s, w, g, adding(id)); err != nil && !errors.As(err, &missing) {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, id, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	wantMembers(t, s, staff.ID)
	wantMembers(t, s, crew.ID)
}

func awaiting(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob, cid := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID, create(t, s, w, "cid").ID
	staff := found(t, s, w, "staff", ana, bob, cid)
	lease := acquire(t, s, "acme", "sage", "w1")
	parked := done(linkOf(t, s, "sage", staff.ID))
	parked.Next.Applied, parked.Next.State, parked.Next.NextAt, parked.Next.WaitsFor = 0, "parked", store.Never(), staff.ID
	parked.Awaited = []string{ana, bob, cid}
	record(t, s, lease, parked)
	link := func() store.Link { return linkOf(t, s, "sage", staff.ID).Link }
	ready := func() (ids []string) {
		found, err := s.Links.Ready(t.Context(), link(), store.Membership{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found {
			ids = append(ids, m.Member+" "+m.VendorID)
		}
		return ids
	}
	waitsFor := func(want int) {
		t.Helper()
		total, among, err := s.Links.Awaiting(t.Context(), link(), []string{ana, "nobody"})
		if err != nil || total != want || len(among) > 1 {
			t.Errorf("waits for %d, %v, want %d: %v", total, among, want, err)
		}
	}
	if waitsFor(3); len(ready()) != 0 || link().State != "parked" {
		t.Errorf("ready %v, %+v", ready(), link())
	}
	record(t, s, lease, done(linkOf(t, s, "sage", ana)))
	if got := ready(); fmt.Sprint(got) != fmt.Sprint([]string{ana + " v" + ana}) || link().State != "" || link().WaitsFor != "" || link().NextAt.After(s.Now()) {
		t.Errorf("ready %v, link %+v", got, link())
	}
	waitsFor(2)
	parked.Awaited, parked.Done = nil, []string{ana}
	record(t, s, lease, parked)
	if got := ready(); len(got) != 0 || link().State != "parked" {
		t.Errorf("sent, and %v", got)
	}
	// Bob is to have no account: nobody waits for him, and the group is told.
	without := done(linkOf(t, s, "sage", bob))
	without.Next.VendorID, without.Linked = "", false
	record(t, s, lease, without)
	if waitsFor(1); link().State != "" {
		t.Errorf("link %+v", link())
	}
	if _, last := changes(t, s, everything(link()), 2); last.Member != bob || !last.Without {
		t.Errorf("a member without an account: %+v", last)
	}
	record(t, s, lease, done(linkOf(t, s, "sage", cid)))
	synced := done(linkOf(t, s, "sage", staff.ID))
	synced.Done = []string{cid}
	record(t, s, lease, synced)
	if waitsFor(0); link().Applied != link().Wanted {
		t.Errorf("link %+v", link())
	}
	// Later he has one; and ana has another one: both are sent again, and only to groups that passed them.
	late := found(t, s, w, "late", ana)
	change(t, s, w, bob, user("bob2"))
	record(t, s, lease, done(linkOf(t, s, "sage", bob)))
	other := done(linkOf(t, s, "sage", ana))
	other.Next.VendorID, other.Next.Generation, other.Linked = "another", 2, true
	record(t, s, lease, other)
	if got := ready(); fmt.Sprint(got) != fmt.Sprint([]string{ana + " another", bob + " v" + bob}) || link().Applied == link().Wanted {
		t.Errorf("ready %v, link %+v", got, link())
	}
	if due := dueNow(t, s, "acme", "sage"); len(due) != 2 {
		t.Errorf("due %+v", due)
	}
	if found, err := s.Links.Ready(t.Context(), linkOf(t, s, "sage", late.ID).Link, store.Membership{}, 10); err != nil || len(found) != 0 {
		t.Errorf("a group that has not come to her yet: %+v, %v", found, err)
	}
}

func vendorIDsByType(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, staff := create(t, s, w, "ana").ID, found(t, s, w, "staff").ID
	lease := acquire(t, s, "acme", "sage", "w1")
	record(t, s, lease, applied(linkOf(t, s, "sage", ana).Link, "1"), applied(linkOf(t, s, "sage", staff).Link, "1"))
	for kind, want := range map[string]string{scim.TypeUser: ana, scim.TypeGroup: staff} {
		if holders, err := s.Links.Holders(t.Context(), "acme", "sage", kind, []string{"1"}); err != nil || holders["1"] != want {
			t.Errorf("%s 1 is held by %v, want %s: %v", kind, holders, want, err)
		}
	}
	crew := found(t, s, w, "crew").ID
	err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(linkOf(t, s, "sage", crew).Link, "1")}, quarantine.State{})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("a second group took it: %v", err)
	}
}
