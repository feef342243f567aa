package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/store"
)

func refusedLast(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	var ids []string
	for i := range 5 {
		ids = append(ids, create(t, s, w, fmt.Sprint("user", i)).ID)
	}
	staff := found(t, s, w, "staff", ids...)
	lease := acquire(t, s, "acme", "sage", "w1")
	accepted := func(want bool) {
		t.Helper()
		if got, err := s.Links.Accepted(t.Context(), linkOf(t, s, "sage", staff.ID).Link); err != nil || got != want {
			t.Errorf("accepted %v, want %v: %v", got, want, err)
		}
	}
	accepted(false)
	settlePeople(t, s, lease)
	refused := done(linkOf(t, s, "sage", staff.ID))
	refused.Next.Applied, refused.Next.State, refused.Next.NextAt = 0, "escrow", store.Never()
	refused.Again, refused.Later = []string{ids[0], ids[1]}, []string{ids[2], ids[3], ids[4]}
	record(t, s, lease, refused)
	accepted(false)
	ready := func(after store.Membership, limit int) (rows []store.Membership) {
		rows, err := s.Links.Ready(t.Context(), linkOf(t, s, "sage", staff.ID).Link, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	wants := func(rows []store.Membership, want ...string) {
		t.Helper()
		var got []string
		for _, m := range rows {
			got = append(got, m.Member)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("ready %v, want %v", got, want)
		}
	}
	wants(ready(store.Membership{}, 10), ids[2], ids[3], ids[4], ids[0], ids[1])
	if rows := ready(store.Membership{}, 10); rows[0].Tried == 0 || rows[3].Tried <= rows[0].Tried {
		t.Errorf("rows %+v", rows)
	}
	// One has another account: whoever was refused before comes after it.
	other := done(linkOf(t, s, "sage", ids[1]))
	other.Next.VendorID, other.Linked = "another", true
	record(t, s, lease, other)
	first := ready(store.Membership{}, 2)
	wants(first, ids[1], ids[2])
	wants(ready(first[1], 10), ids[3], ids[4], ids[0])
	refused.Again, refused.Later, refused.Done = []string{ids[0]}, nil, []string{ids[3]}
	record(t, s, lease, refused)
	accepted(true)
}

// settlePeople brings everybody who is due to the vendor, and no group.
func settlePeople(t *testing.T, s *store.Store, lease store.Lease) {
	t.Helper()
	for _, k := range dueNow(t, s, lease.Tenant, lease.Target) {
		if k.Link.Type == scim.TypeUser {
			record(t, s, lease, done(k))
		}
	}
}

// The one that is later must see that the other has passed it, or the removal stays.
func passedTogether(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana := create(t, s, w, "ana").ID
	staff := found(t, s, w, "staff", ana)
	leases := []store.Lease{acquire(t, s, "acme", "sage", "w1"), acquire(t, s, "acme", "other", "w2")}
	for range 25 {
		edit(t, s, w, staff.ID, adding(ana))
		edit(t, s, w, staff.ID, removing(ana))
		var all sync.WaitGroup
		for _, lease := range leases {
			o := done(linkOf(t, s, lease.Target, staff.ID))
			all.Go(func() { record(t, s, lease, o) })
		}
		all.Wait()
		if rows, _ := changes(t, s, everything(linkOf(t, s, "sage", staff.ID).Link), 10); len(rows) > 0 {
			t.Fatalf("both have passed it, and %v", rows)
		}
	}
}

// A group that is set aside for some of its members goes on with the others, and where its waiting
// was. One that waits for somebody to give its own account up does not.
func asideWithMembers(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage")
	ana, bob, cid := create(t, s, w, "ana").ID, create(t, s, w, "bob").ID, create(t, s, w, "cid").ID
	staff, crew := found(t, s, w, "staff", ana, bob, cid), found(t, s, w, "crew", ana, bob, cid)
	lease := acquire(t, s, "acme", "sage", "w1")
	record(t, s, lease, done(linkOf(t, s, "sage", ana)))
	failing := s.Now().Add(-time.Hour).Truncate(time.Millisecond)
	set := func(id, waitsFor string) {
		t.Helper()
		aside := done(linkOf(t, s, "sage", id))
		aside.Next.Applied, aside.Next.State, aside.Next.Fault, aside.Next.Failing = 0, "escrow", "invalid", failing
		aside.Next.NextAt, aside.Next.WaitsFor, aside.Next.Attempts = s.Now().Add(6*time.Hour), waitsFor, 1
		aside.Again, aside.Awaited = []string{ana}, []string{bob, cid}
		record(t, s, lease, aside)
	}
	link := func(id string) store.Link { return linkOf(t, s, "sage", id).Link }
	set(staff.ID, "")
	set(crew.ID, staff.ID)
	without := done(linkOf(t, s, "sage", bob))
	without.Next.VendorID, without.Linked = "", false
	record(t, s, lease, without)
	if k := link(staff.ID); k.State != "escrow" || !k.NextAt.After(s.Now()) {
		t.Errorf("there is nobody to send: %+v", k)
	}
	record(t, s, lease, done(linkOf(t, s, "sage", cid)))
	if k := link(staff.ID); k.NextAt.After(s.Now()) || k.State == "escrow" || k.State == "" || !k.Failing.Equal(failing) || k.Attempts != 1 {
		t.Errorf("cid has an account: %+v", k)
	}
	if k := link(crew.ID); k.State != "escrow" || !k.NextAt.After(s.Now()) || k.WaitsFor != staff.ID {
		t.Errorf("it waits for another: %+v", k)
	}
}
