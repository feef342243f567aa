package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// set records what change makes of the target's due links, as a turn does.
func set(t *testing.T, s *store.Store, target string, change func(store.Link) store.Link) {
	t.Helper()
	lease := acquire(t, s, "acme", target, "w1")
	var outcomes []store.Outcome
	for _, k := range dueNow(t, s, "acme", target) {
		outcomes = append(outcomes, store.Outcome{Next: change(k.Link), Kind: "link.failed"})
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

func refused(k store.Link) store.Link {
	k.State, k.Fault, k.Detail, k.NextAt, k.Attempts = "escrow", "invalid", "no such nic", store.Never(), 3
	return k
}

func standings(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	var ids []string
	for n := range 200 {
		ids = append(ids, create(t, s, w, fmt.Sprint("u", n)).ID)
	}
	create(t, s, w, "nobody asks about")
	set(t, s, "sage", refused)
	if err := s.Targets.Pause(t.Context(), store.Order{Tenant: "acme", Target: "sage", Actor: "test"}, true); err != nil {
		t.Fatal(err)
	}
	found, err := s.Links.Standings(t.Context(), "acme", ids)
	if err != nil || len(found) != 200 {
		t.Fatalf("%d of 200: %v", len(found), err)
	}
	for _, id := range ids {
		list := found[id]
		if len(list) != 2 || list[0].Link.Target != "other" || list[0].Paused || !list[1].Paused {
			t.Fatalf("%+v", list)
		}
	}
	if k := found[ids[0]][1]; k.Link.State != "escrow" || k.Link.Detail != "no such nic" || k.Changed.IsZero() {
		t.Errorf("%+v", k)
	}
	if none, err := s.Links.Standings(t.Context(), "globex", ids); err != nil || len(none) != 0 {
		t.Errorf("another tenant sees %v, %v", none, err)
	}
}

func again(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	set(t, s, "sage", refused)
	set(t, s, "other", refused)
	try := func(tenant string, which store.Aside) int {
		t.Helper()
		n, err := s.Links.Again(t.Context(), by(tenant), ana.ID, which)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, n := range map[string]int{
		"another tenant": try("globex", store.Aside{Targets: []string{"sage"}, Faults: []string{"invalid"}, State: "escrow"}),
		"another fault":  try("acme", store.Aside{Targets: []string{"sage"}, Faults: []string{"denied"}, State: "escrow"}),
		"another state":  try("acme", store.Aside{Targets: []string{"sage"}, Faults: []string{"invalid"}, State: "held"}),
		"no target":      try("acme", store.Aside{Faults: []string{"invalid"}, State: "escrow"}),
	} {
		if n != 0 {
			t.Errorf("%s: %d", name, n)
		}
	}
	if n := try("acme", store.Aside{Targets: []string{"sage", "third"}, Faults: []string{"denied", "invalid"}, State: "escrow"}); n != 1 {
		t.Errorf("%d are tried again", n)
	}
	due := dueNow(t, s, "acme", "sage")
	if len(due) != 1 || due[0].Link.Resource != ana.ID || due[0].Link.Attempts != 3 || due[0].Link.State != "retry" {
		t.Errorf("due %+v; %s is another", due, bob.ID)
	}
	if left := dueNow(t, s, "acme", "other"); len(left) != 0 {
		t.Errorf("due %+v", left)
	}
}

func why() store.Refusal { return store.Refusal{Fault: "invalid", Detail: "sage: no such nic"} }

// withdraw takes back a resource at version 1.
func withdraw(t *testing.T, s *store.Store, kind, id string) error {
	t.Helper()
	return s.Links.Withdraw(t.Context(), by("acme", "sage", "other"), kind, id, 1, why())
}

// left is how many links the resource has.
func left(t *testing.T, s *store.Store, id string) int {
	t.Helper()
	links, err := s.Links.OfResource(t.Context(), "acme", id)
	if err != nil {
		t.Fatal(err)
	}
	return len(links)
}

func withdrawing(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana := create(t, s, w, "ana")
	set(t, s, "sage", refused)
	if err := withdraw(t, s, scim.TypeUser, ana.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Directory.Get(t.Context(), "acme", scim.TypeUser, ana.ID); !errors.Is(err, store.ErrNotFound) || left(t, s, ana.ID) != 0 {
		t.Errorf("%v, and %d links", err, left(t, s, ana.ID))
	}
	if err := withdraw(t, s, scim.TypeUser, ana.ID); !errors.Is(err, store.ErrUsed) {
		t.Errorf("twice: %v", err)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 1)
	if err != nil || len(events) != 1 || events[0].Kind != "resource.withdrawn" || events[0].Fault != "invalid" || events[0].Detail != "sage: no such nic" {
		t.Errorf("%+v, %v", events, err)
	}
	create(t, s, w, "ana") // the name is free

	bob := create(t, s, w, "bob")
	staff, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, newID(t), store.Revision{Body: []byte(`{"displayName":"Staff"}`),
		Keys: store.Keys{Name: "staff"}, Active: true, Members: scim.MemberEdit{Add: []string{bob.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := withdraw(t, s, scim.TypeGroup, staff.ID); err != nil {
		t.Fatal(err)
	}
	if members, err := s.Directory.IsMember(t.Context(), "acme", staff.ID, []string{bob.ID}); err != nil || members[bob.ID] || left(t, s, bob.ID) != 2 {
		t.Errorf("%v, %v, and %d links of the member", members, err, left(t, s, bob.ID))
	}
}

func withdrawingUsed(t *testing.T, open Open) {
	type used func(t *testing.T, s *store.Store, w store.Write, id string)
	for name, use := range map[string]used{
		"changed": func(t *testing.T, s *store.Store, w store.Write, id string) {
			change(t, s, w, id, user("changed too"))
		},
		"linked": func(t *testing.T, s *store.Store, _ store.Write, _ string) {
			set(t, s, "other", func(k store.Link) store.Link { return applied(k, "v-"+k.Resource).Next })
		},
		"under way": func(t *testing.T, s *store.Store, _ store.Write, id string) {
			lease := acquire(t, s, "acme", "other", "w1")
			if err := s.Links.Begin(t.Context(), lease, []store.Intent{{Resource: id, Key: "under way"}}); err != nil {
				t.Fatal(err)
			}
		},
		"a member": func(t *testing.T, s *store.Store, w store.Write, id string) {
			_, err := s.Directory.Create(t.Context(), w, scim.TypeGroup, newID(t), store.Revision{Body: []byte(`{"displayName":"Staff"}`),
				Keys: store.Keys{Name: "staff"}, Active: true, Members: scim.MemberEdit{Add: []string{id}}})
			if err != nil {
				t.Fatal(err)
			}
		},
		"deleted": func(t *testing.T, s *store.Store, w store.Write, id string) {
			if err := s.Directory.Delete(t.Context(), w, scim.TypeUser, id, nil); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, w := start(t, open), by("acme", "sage", "other")
			ana := create(t, s, w, name)
			use(t, s, w, ana.ID)
			before := left(t, s, ana.ID)
			if err := withdraw(t, s, scim.TypeUser, ana.ID); !errors.Is(err, store.ErrUsed) || left(t, s, ana.ID) != before {
				t.Errorf("%v, and %d links of %d", err, left(t, s, ana.ID), before)
			}
		})
	}
}

// withdrawingDuringTurn has a turn read the link before it is withdrawn, and begin and record after.
func withdrawingDuringTurn(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana := create(t, s, w, "ana")
	lease := acquire(t, s, "acme", "other", "w1")
	work := dueNow(t, s, "acme", "other")
	if err := withdraw(t, s, scim.TypeUser, ana.ID); err != nil {
		t.Fatal(err)
	}
	if n := left(t, s, ana.ID); n != 1 {
		t.Fatalf("%d links, want that of the turn", n)
	}
	if err := s.Links.Begin(t.Context(), lease, []store.Intent{{Resource: ana.ID, Key: "ana"}}); err != nil {
		t.Fatal(err)
	}
	made := applied(work[0].Link, "v1")
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{made}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	again := dueNow(t, s, "acme", "other")
	if len(again) != 1 || !again[0].Deleted || again[0].Link.VendorID != "v1" {
		t.Fatalf("what was made is not taken back: %+v", again)
	}
	gone := store.Outcome{Next: again[0].Link, Gone: true, Kind: "link.applied"}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{gone}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if n := left(t, s, ana.ID); n != 0 {
		t.Errorf("%d links are left", n)
	}
}

func withdrawingAwaited(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	boss, ana := create(t, s, w, "boss"), create(t, s, w, "ana")
	set(t, s, "sage", func(k store.Link) store.Link {
		if k.Resource == ana.ID {
			k.State, k.WaitsFor, k.NextAt = "parked", boss.ID, store.Never()
			return k
		}
		return refused(k)
	})
	if err := withdraw(t, s, scim.TypeUser, boss.ID); err != nil {
		t.Fatal(err)
	}
	due := dueNow(t, s, "acme", "sage")
	if len(due) != 1 || due[0].Link.Resource != ana.ID || due[0].Link.NextAt.After(s.Now().Add(time.Minute)) {
		t.Errorf("due %+v", due)
	}
}
