package relay_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// stopped is a turn in a process that is stopped as a whole while its first calls go out and goes
// on once its lease may be another's: so many calls are permitted, and then none. The vendor's
// client asks before each, as the real one does.
func stopped(t *testing.T, w *relaytest.World, permitted int) context.Context {
	t.Helper()
	w.Session.Concurrency = 1
	var left atomic.Int64
	left.Store(int64(permitted))
	w.Vendor.Before = func(ctx context.Context, _ relaytest.Operation, _ string) error {
		left.Add(-1)
		if err := connectors.MayCall(ctx); err != nil {
			return &connectors.Fault{Class: connectors.Transient, Detail: "the call was cut short before it was sent", Err: err}
		}
		return nil
	}
	return relay.OnlyWhile(t.Context(), func() error {
		if left.Load() < 0 {
			return errors.New("the lease may be over")
		}
		return nil
	})
}

// P21: what is refused because the lease may be over is our own end. It uses no attempt, says
// nothing of the vendor, and leaves everything due.
func TestCallsWithoutAPermitCountForNothing(t *testing.T) {
	t.Parallel()
	for name, permitted := range map[string]int{"none": -1, "before a search": 0, "before a creation": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			ids := people(w, 8)
			ctx := stopped(t, w, permitted)
			outcomes, health := w.ChunkIn(ctx, w.Begin())
			w.Record(outcomes, health)
			w.End()
			if health.Resting() || health.Failures > 0 {
				t.Errorf("the target is blamed: %+v", health)
			}
			for _, k := range links(t, w, ids) {
				if k.State != "" || k.Attempts > 0 || k.Fault != "" || !k.Intent.IsZero() || k.NextAt.After(w.Clock.Now()) {
					t.Errorf("link %+v", k)
				}
			}
			w.Vendor.Before = nil
			w.Turn()
			for _, id := range ids {
				synced(t, w, id)
			}
		})
	}
}

// What was done before is recorded, and the rest goes on where it stopped.
func TestAGroupWhosePermitEndsGoesOn(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 25)
	w.Turn()
	staff := w.Group("Staff", ids...)
	ctx := stopped(t, w, 3) // a search, the creation, ten members
	w.Vendor.Calls()
	outcomes, health := w.ChunkIn(ctx, w.Begin())
	w.Record(outcomes, health)
	w.End()
	k, _ := w.Link(staff)
	if k.State == "escrow" || k.Attempts > 0 || !k.Failing.IsZero() || k.VendorID == "" || k.Since == 0 || k.NextAt.After(w.Clock.Now()) || health.Failures > 0 {
		t.Errorf("link %+v, target %+v", k, health)
	}
	w.Vendor.Before = nil
	w.Turn()
	inGroup(t, w, 25)
	if edits := sent(w); len(edits) != 4 {
		t.Errorf("sent %v", edits)
	}
}

// 2.3: a prober that may have lost its lease has not judged the target.
func TestAProbeWithoutAPermitTakesNothing(t *testing.T) {
	t.Parallel()
	for name, permitted := range map[string]int{"before the read": 0, "before the change": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Connector = &finder{w.Vendor}
			id := w.Person("ana", nil)
			refusing(w, relaytest.Create, connectors.Invalid)
			w.Turn()
			before, _ := w.Link(id)
			ctx := stopped(t, w, permitted)
			w.Begin()
			health := w.ProbeIn(ctx, quarantine.State{Phase: quarantine.Probing, Reason: quarantine.Auth, Step: 3, Began: w.Clock.Now()})
			w.End()
			if health.Phase != quarantine.Quarantined || health.Step != 3 || !health.Until.Equal(w.Clock.Now()) {
				t.Errorf("target %+v", health)
			}
			if after, _ := w.Link(id); after.Attempts != before.Attempts || after.State != before.State || !after.NextAt.Equal(before.NextAt) {
				t.Errorf("link %+v, was %+v", after, before)
			}
		})
	}
}

// finder is a vendor whose read for probes is a search.
type finder struct{ *relaytest.Vendor }

func (f finder) Probe(ctx context.Context) error {
	_, err := f.Find(ctx, connectors.Record{Type: scim.TypeUser, Key: "nobody"})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}
