package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// Reliability rules 2.4: what waits, for whatever reason, wakes with a new want, without any
// time passing.
func TestANewWantWakesALinkFromEveryWait(t *testing.T) {
	t.Parallel()
	for state, class := range map[string]connectors.Class{"escrow": connectors.Invalid, "held": connectors.Seats,
		"retry": connectors.EditConflict, "verify": connectors.Unknown} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
				if op == relaytest.Create {
					return connectors.Faultf(class, "no")
				}
				return nil
			}
			id := w.Person("ana", nil)
			w.Turn()
			k, _ := w.Link(id)
			if k.State != state || !k.NextAt.After(w.Clock.Now()) {
				t.Fatalf("link %+v", k)
			}
			w.Vendor.Calls()
			w.Change(id, "ana", scim.Document{"title": "T"})
			woken, _ := w.Link(id)
			if woken.State != "" || woken.Attempts != 0 || woken.NextAt.After(w.Clock.Now()) {
				t.Errorf("a new want leaves it waiting: %+v", woken)
			}
			w.Vendor.Before = nil
			w.Turn()
			if len(w.Vendor.Calls()) == 0 {
				t.Error("nobody looked")
			}
			w.Clock.Advance(time.Minute) // a lost create is searched for twice
			w.Turn()
			synced(t, w, id)
		})
	}
}
