package storetest

import (
	"fmt"
	"testing"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// bring records that everything due at the target is at its vendor; more says what else is
// known of a link.
func bring(t *testing.T, s *store.Store, lease store.Lease, more func(*store.Outcome)) (n int) {
	t.Helper()
	for {
		work := dueNow(t, s, lease.Tenant, lease.Target)
		if len(work) == 0 {
			return n
		}
		var outcomes []store.Outcome
		for _, w := range work {
			o := applied(w.Link, w.Link.VendorID)
			if o.Next.Type == scim.TypeUser {
				o.Next.VendorID = "v-" + w.Link.Resource
			} else {
				o.Next.Since, o.Next.SinceMember = w.Link.Wanted+1, ""
			}
			if more != nil {
				more(&o)
			}
			outcomes = append(outcomes, o)
		}
		if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
			t.Fatal(err)
		}
		n += len(work)
	}
}

func one(t *testing.T, s *store.Store, target, resource string) store.Link {
	t.Helper()
	w, err := s.Links.One(t.Context(), "acme", target, resource)
	if err != nil {
		t.Fatal(err)
	}
	return w.Link
}

func rechecking(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	const people = 1005
	for i := range people {
		create(t, s, w, fmt.Sprint("user", i))
	}
	for _, target := range w.Targets {
		lease := acquire(t, s, "acme", target, "w1")
		bring(t, s, lease, func(o *store.Outcome) { o.Next.Digest = "as it was" })
	}
	late := create(t, s, w, "late")
	mend := func(settings string) {
		t.Helper()
		if err := s.Targets.Mend(t.Context(), "acme", "sage", settings); err != nil {
			t.Fatal(err)
		}
		if err := s.Targets.Recheck(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mend("first")
	if counts, err := s.Links.Count(t.Context(), "acme", "sage"); err != nil || counts.Pending != 1 {
		t.Fatalf("the first settings are news: %+v, %v", counts, err)
	}
	mend("second")
	mend("second")
	for target, pending := range map[string]int{"sage": people + 1, "other": 1} {
		if counts, err := s.Links.Count(t.Context(), "acme", target); err != nil || counts.Due != pending {
			t.Fatalf("%s: %+v, %v", target, counts, err)
		}
	}
	for _, work := range dueNow(t, s, "acme", "sage") {
		if k := work.Link; k.Resource != late.ID && (!k.Recheck || k.Digest != "as it was" || k.Applied != k.Wanted-1) {
			t.Fatalf("link %+v", k)
		}
	}
	changed := create(t, s, w, "changed")
	change(t, s, w, changed.ID, user("changed again"))
	if k := one(t, s, "sage", changed.ID); k.Recheck {
		t.Error("somebody changed is only looked at")
	}
}

func spreading(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "roles", "clubs")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	sales := found(t, s, w, "Sales", ana.ID)
	roles, clubs := acquire(t, s, "acme", "roles", "w1"), acquire(t, s, "acme", "clubs", "w1")
	bring(t, s, clubs, nil)
	touched := false
	bring(t, s, roles, func(o *store.Outcome) {
		if o.Next.Type == scim.TypeGroup {
			o.Next.Spreads = true
			if !touched {
				o.Touched, touched = []string{ana.ID}, true
			}
		}
	})
	if n := bring(t, s, roles, nil); n != 0 {
		t.Fatalf("%d are due", n)
	}
	of, err := s.Links.GroupsOf(t.Context(), "acme", []string{ana.ID, bob.ID})
	if err != nil || len(of[ana.ID]) != 1 || of[ana.ID][0].ID != sales.ID || len(of[bob.ID]) != 0 {
		t.Fatalf("groups %v, %v", of, err)
	}
	if err := s.Directory.Delete(t.Context(), w, scim.TypeGroup, sales.ID, nil); err != nil {
		t.Fatal(err)
	}
	if k := one(t, s, "roles", ana.ID); k.Applied == k.Wanted || k.Urgency != store.UrgencyUpdate {
		t.Errorf("who was in it keeps what it gave: %+v", k)
	}
	if k := one(t, s, "clubs", ana.ID); k.Applied != k.Wanted {
		t.Errorf("a member of a club is looked at: %+v", k)
	}
	if k := one(t, s, "roles", bob.ID); k.Applied != k.Wanted {
		t.Errorf("somebody else is looked at: %+v", k)
	}
}

// touchedMeanwhile has what groups give change while a turn works on their people.
func touchedMeanwhile(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "roles")
	ana := create(t, s, w, "ana")
	sales := found(t, s, w, "Sales", ana.ID)
	lease := acquire(t, s, "acme", "roles", "w1")
	begun := dueNow(t, s, "acme", "roles") // the person's creation, with the group's name
	if err := s.Directory.Delete(t.Context(), w, scim.TypeGroup, sales.ID, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var late []store.Outcome
		for _, work := range begun {
			if work.Link.Type == scim.TypeUser {
				late = append(late, applied(work.Link, "v1"))
			}
		}
		if err := s.Links.Record(t.Context(), lease, late, quarantine.State{}); err != nil {
			t.Fatal(err)
		}
		if k := one(t, s, "roles", ana.ID); k.Applied == k.Wanted || k.VendorID != "v1" || k.NextAt.After(s.Now()) {
			t.Fatalf("the link is at rest with what it was given before: %+v", k)
		}
	}
	bring(t, s, lease, nil)
	if k := one(t, s, "roles", ana.ID); k.Applied != k.Wanted {
		t.Errorf("link %+v", k)
	}
}

// renamedMeanwhile has a group get another name while a turn tells its members.
func renamedMeanwhile(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "roles")
	ana := create(t, s, w, "ana")
	sales := found(t, s, w, "Sales", ana.ID)
	lease := acquire(t, s, "acme", "roles", "w1")
	told := func(k store.Link) store.Outcome {
		o := applied(k, "")
		o.Next.Spreads, o.Next.Since = true, k.Wanted+1
		return o
	}
	rename := func(name string) {
		t.Helper()
		_, err := s.Directory.Update(t.Context(), w, scim.TypeGroup, sales.ID, func(scim.Resource) (store.Revision, error) {
			return group(name, scim.MemberEdit{}), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	begun := one(t, s, "roles", sales.ID)
	rename("Marketing")
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{told(begun)}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	k := one(t, s, "roles", sales.ID)
	if changed, err := s.Links.Changed(t.Context(), k, 10); err != nil || len(changed) != 1 {
		t.Fatalf("nobody is told of the new name: %+v, %v", changed, err)
	}
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{told(k)}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if k := one(t, s, "roles", sales.ID); k.Since != k.Wanted+1 {
		t.Fatalf("link %+v", k)
	}
	rename("Sales")
	if changed, err := s.Links.Changed(t.Context(), one(t, s, "roles", sales.ID), 10); err != nil || len(changed) != 1 {
		t.Fatalf("nobody is told of the old name: %+v, %v", changed, err)
	}
}
