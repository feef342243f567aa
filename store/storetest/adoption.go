package storetest

import (
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// intents: an intent says for which version it was, until what became of it is recorded.
func intents(t *testing.T, open Open) {
	s, w := start(t, open), by("acme", "sage", "other")
	ana, bob := create(t, s, w, "ana"), create(t, s, w, "bob")
	lease := acquire(t, s, "acme", "sage", "w1")
	begin := func(intents ...store.Intent) {
		t.Helper()
		if err := s.Links.Begin(t.Context(), lease, intents); err != nil {
			t.Fatal(err)
		}
	}
	change(t, s, w, bob.ID, user("bob2"))
	begin(store.Intent{Resource: ana.ID, Version: 1, Key: "ana"}, store.Intent{Resource: bob.ID, Version: 2, Key: "bob2"})
	change(t, s, w, ana.ID, user("ana2"))
	begin(store.Intent{Resource: ana.ID, Version: 2, Key: "ana2"}) // there is one already
	k := linkOf(t, s, "sage", ana.ID).Link
	if k.Adopted != 1 || k.IntentKey != "ana" || k.Wanted != 2 {
		t.Errorf("link %+v", k)
	}
	if b := linkOf(t, s, "sage", bob.ID).Link; b.Adopted != 2 || b.IntentKey != "bob2" {
		t.Errorf("link %+v", b)
	}
	if o := linkOf(t, s, "other", ana.ID).Link; o.Adopted != 0 || !o.Intent.IsZero() {
		t.Errorf("link of another target %+v", o)
	}
	k.Intent, k.IntentKey, k.VendorID, k.Adopted, k.VendorKey, k.FormerID = time.Time{}, "", "v2", 0, "ana", "v1"
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: k, Kind: "link.failed"}}, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if k = linkOf(t, s, "sage", ana.ID).Link; k.Adopted != 0 || k.VendorKey != "ana" || k.FormerID != "v1" {
		t.Errorf("link %+v", k)
	}
}
