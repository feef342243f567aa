package relay_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// brittle is a store that cannot be asked about some things for a while.
type brittle struct {
	relay.Links
	holders, changed bool
}

func (b *brittle) Holders(ctx context.Context, tenant, target, kind string, ids []string) (map[string]string, error) {
	if b.holders {
		return nil, fmt.Errorf("read links: %w", store.ErrUnavailable)
	}
	return b.Links.Holders(ctx, tenant, target, kind, ids)
}

func (b *brittle) Changed(ctx context.Context, link store.Link, limit int) ([]store.Membership, error) {
	if b.changed {
		return nil, fmt.Errorf("read memberships: %w", store.ErrUnavailable)
	}
	return b.Links.Changed(ctx, link, limit)
}

// breaks works on the links in a chunk that ends with an error of the store's, and records what it
// returned all the same.
func breaks(t *testing.T, w *relaytest.World, ids ...string) {
	t.Helper()
	var work []store.Work
	for _, id := range ids {
		one, err := w.Store.Links.One(t.Context(), relaytest.Tenant, relaytest.Target, id)
		if err != nil {
			t.Fatal(err)
		}
		work = append(work, one)
	}
	outcomes, health, err := w.TryChunkOf(work, w.Begin())
	if !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("the chunk ended with %v", err)
	}
	w.Record(outcomes, health)
	w.End()
}

// P17: what went out before the store failed is in the audit, and done.
func TestWhatWasDoneBeforeTheStoreFailedIsRecorded(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1
	b := &brittle{Links: w.Relay.Links}
	w.Relay.Links = b
	ids := people(w, 15)
	w.Turn()
	for i, id := range ids {
		w.Change(id, fmt.Sprintf("u%02d", i), scim.Document{"title": "T"})
	}
	w.Vendor.Put("zoe", true, nil)
	zoe, last := w.Person("zoe", nil), w.Person("last", nil)
	b.holders = true
	w.Vendor.Calls()
	breaks(t, w, append(ids, zoe, last)...)
	b.holders = false
	for _, id := range ids {
		synced(t, w, id)
		wantDone(t, w, id, "link.intent", "link.applied "+vendorID(t, w, id)+" created", "link.applied "+vendorID(t, w, id)+" updated(title)")
	}
	if calls := w.Vendor.Calls(); len(calls) != 31 {
		t.Errorf("%d calls, want two for each and one search: nothing is begun once the store has failed", len(calls))
	}
	w.Turn()
	if again := w.Vendor.Calls(relaytest.Update); len(again) != 0 {
		t.Errorf("sent again: %v", again)
	}
	synced(t, w, zoe)
	synced(t, w, last)
}

func vendorID(t *testing.T, w *relaytest.World, id string) string {
	t.Helper()
	k, _ := w.Link(id)
	return k.VendorID
}

// P17, P5: the run in which the store failed has made something, and the intent stays: whoever
// comes next searches before it makes anything.
func TestARunThatTheStoreEndsIsInTheAuditAndSearchedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin func(w *relaytest.World, b *brittle) (id string)
		where func(*brittle) *bool
	}{
		"within the run": {func(w *relaytest.World, _ *brittle) string { return w.Group("Staff") }, func(b *brittle) *bool { return &b.changed }},
		"at its end":     {func(w *relaytest.World, _ *brittle) string { return w.Person("ana", nil) }, func(b *brittle) *bool { return &b.holders }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			b := &brittle{Links: w.Relay.Links}
			w.Relay.Links = b
			id := c.begin(w, b)
			*c.where(b) = true
			breaks(t, w, id)
			wantDone(t, w, id, "link.intent", "link.acted 1 created")
			if k, _ := w.Link(id); k.Intent.IsZero() || k.Attempts > 0 || k.Applied == k.Wanted || k.NextAt.After(w.Clock.Now()) {
				t.Errorf("link %+v", k)
			}
			*c.where(b) = false
			w.Vendor.Calls()
			w.Turn()
			if k := synced(t, w, id); k.VendorID != "1" {
				t.Errorf("link %+v", k)
			}
			if made := w.Vendor.Calls(relaytest.Create); len(made) > 0 {
				t.Errorf("made again: %v", made)
			}
		})
	}
}

// A probe's change is no other.
func TestWhatAProbeDidBeforeTheStoreFailedIsReturned(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	b := &brittle{Links: w.Relay.Links}
	w.Relay.Links = b
	id := w.Person("ana", nil)
	refusing(w, relaytest.Create, connectors.Invalid)
	w.Turn()
	w.Vendor.Before = nil
	work, err := w.Store.Links.Trials(t.Context(), relaytest.Tenant, relaytest.Target, 2, true)
	if err != nil || len(work) != 1 {
		t.Fatalf("%v, %v", work, err)
	}
	b.holders = true
	outcomes, err := w.TryProbe(work)
	if !errors.Is(err, store.ErrUnavailable) || len(outcomes) != 1 || outcomes[0].Did != "created" || outcomes[0].Next.Resource != id {
		t.Errorf("%+v, %v", outcomes, err)
	}
}
