package relay_test

import (
	"testing"
	"time"

	"scimrelay/relay/relaytest"
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
