package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// X60, P5, P8: a create was lost, and the person has another user name since. What was made is
// theirs; the account of somebody else who has the new name is not.
func TestALostCreateIsNoClaimOnAnotherKey(t *testing.T) {
	t.Parallel()
	for _, adopt := range []tenants.Adoption{"", tenants.AdoptNever} {
		for name, lag := range map[string]time.Duration{"shown at once": 0, "shown late": 20 * time.Second} {
			t.Run(name+", adopt "+string(adopt), func(t *testing.T) {
				t.Parallel()
				w := mailed(t, "user.userName", adopt)
				start := w.Clock.Now()
				w.Vendor.Hidden = func(key string) bool { return key == "mallory" && w.Clock.Now().Before(start.Add(lag)) }
				lost(w, true)
				id := w.Person("mallory", ana("mallory@evil.test"))
				w.Turn()
				w.Vendor.After = nil
				victim(w, "victim")
				w.Change(id, "victim", ana("mallory@evil.test"))
				turns(w, 90*time.Second)
				wantMail(t, w, "victim", "victim@acme.test")
				if k := synced(t, w, id); k.VendorID != "1" {
					t.Errorf("what was made for the person belongs to nobody, link %+v", k)
				}
			})
		}
	}
}

// P3, P4: somebody else has the account that was made under the old key. The person is to get
// another, and a deleted one is done with.
func TestWhoseLostAccountIsAnothersGetsOneOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		w := relaytest.New(t)
		lost(w, true)
		first := w.Person("x", nil)
		w.Turn()
		w.Vendor.After = nil
		w.Change(first, "y", nil)
		second := w.Person("x", nil)
		work, err := w.Store.Links.One(t.Context(), relaytest.Tenant, relaytest.Target, second)
		if err != nil {
			t.Fatal(err)
		}
		outcomes, health := w.ChunkOf([]store.Work{work}, w.Begin())
		w.Record(outcomes, health)
		w.End()
		if k := synced(t, w, second); k.VendorID != "1" {
			t.Fatalf("link %+v", k)
		}
		if deleted {
			w.Delete(first)
		}
		turns(w, 2*time.Minute)
		if k, there := w.Link(first); deleted && there || !deleted && (k.Applied != k.Wanted || k.VendorID != "2") {
			t.Errorf("deleted %v: link %+v", deleted, k)
		}
		account(t, w, "x", true)
	}
}

// Reliability rules 3.2 step 6: who is deleted before anybody knows whether a create was sent for
// them may have no account here at all, and the one under their key may be somebody else's. A target
// that adopts nobody leaves it alone; one that adopts would have taken it, and lets it go as its own.
func TestAnAccountThatNobodyKnowsTheOriginOfIsNotTakenAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		adopt    tenants.Adoption
		onDelete string
		held     bool
	}{
		"deleted, adopts nobody":      {tenants.AdoptNever, "delete", true},
		"switched off, adopts nobody": {tenants.AdoptNever, "deactivate", true},
		"deleted, adopts":             {tenants.AdoptCarefully, "delete", false},
		"switched off, adopts":        {"", "deactivate", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Capabilities.Delete, w.Session.Target.OnDelete, w.Session.Target.Adopt = true, c.onDelete, c.adopt
			w.Vendor.Put("ana", true, nil)
			id := w.Person("ana", nil)
			diesAtItsFirstRead(t, w)
			w.Delete(id)
			turns(w, 2*time.Minute)
			if c.held {
				account(t, w, "ana", true)
				k, _ := w.Link(id)
				if k.State != "held" || k.Fault != string(connectors.Confirm) || k.VendorID != "" {
					t.Fatalf("link %+v", k)
				}
				if n, err := approve(w, id, "it was hers"); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				w.Turn()
			}
			a, there := w.Vendor.Account("ana")
			if there != (c.onDelete == "deactivate") || a.Active {
				t.Errorf("account %+v, there %v", a, there)
			}
			if k, there := w.Link(id); there {
				t.Errorf("link %+v", k)
			}
		})
	}
}

// diesAtItsFirstRead is a process that commits its intents and dies.
func diesAtItsFirstRead(t *testing.T, w *relaytest.World) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		stop()
		return connectors.FaultOf(context.Canceled)
	}
	w.ChunkIn(ctx, w.Begin())
	w.End()
	w.Vendor.Before = nil
}

// And so a group.
func TestAGroupThatNobodyKnowsTheOriginOfIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Target.Adopt = tenants.AdoptNever
	if _, err := w.Vendor.Create(t.Context(), connectors.Record{Type: scim.TypeGroup, Key: "Staff"}); err != nil {
		t.Fatal(err)
	}
	id := w.Group("Staff")
	diesAtItsFirstRead(t, w)
	w.DeleteGroup(id)
	turns(w, 2*time.Minute)
	if k, _ := w.Link(id); len(w.Vendor.Groups()) != 1 || k.State != "held" {
		t.Errorf("groups %v, link %+v", w.Vendor.Groups(), k)
	}
}

// What a create is known to have been sent for is the person's, and goes with them.
func TestWhatALostCreateMadeIsDeletedWithThePerson(t *testing.T) {
	t.Parallel()
	for _, adopt := range []tenants.Adoption{"", tenants.AdoptNever} {
		w := relaytest.New(t)
		w.Session.Capabilities.Delete, w.Session.Target.OnDelete, w.Session.Target.Adopt = true, "delete", adopt
		lost(w, true)
		id := w.Person("ana", nil)
		w.Turn()
		w.Vendor.After = nil
		w.Delete(id)
		turns(w, 2*time.Minute)
		if _, there := w.Link(id); there || w.Vendor.Accounts() != 0 {
			t.Errorf("adopt %q: %d accounts, link there %v", adopt, w.Vendor.Accounts(), there)
		}
	}
}

// P5: what a lost create made is found under its key, and the process dies before it has recorded
// that, with the group's new name at the vendor. It is found again all the same.
func TestWhatALostCreateMadeIsNotLostByANewKey(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		w := relaytest.New(t)
		lost(w, true)
		id := w.Group("x")
		w.Turn()
		w.Vendor.After = nil
		w.ChangeGroup(id, "y", nil, scim.MemberEdit{})
		w.Clock.Advance(time.Minute)
		w.Chunk(w.Begin()) // and dies
		w.End()
		if deleted {
			w.DeleteGroup(id)
		}
		turns(w, 2*time.Minute)
		_, x := w.Vendor.Group("x")
		_, y := w.Vendor.Group("y")
		if n := len(w.Vendor.Calls(relaytest.Create)); x || y == deleted || n != 1 {
			t.Errorf("deleted %v: x %v, y %v, %d creations", deleted, x, y, n)
		}
	}
}
