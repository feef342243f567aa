package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// seats is a vendor where a licence is given back by a second step, which fails the first time.
type seats struct {
	*relaytest.Vendor
	held, failed bool
}

// Find implements connectors.Connector.
func (s *seats) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	have, err := s.Vendor.Find(ctx, want)
	have.Lingers = err == nil && !have.Active && s.held
	return have, err
}

// Deactivate implements connectors.Deactivator.
func (s *seats) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	off, err := s.Vendor.Deactivate(ctx, have)
	if err == nil && !s.failed {
		s.failed = true
		return off, connectors.Faultf(connectors.Transient, "the licence is held still")
	}
	s.held = false
	return off, err
}

func TestADeactivationThatFailedHalfWayIsFinished(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *relaytest.World, id string){
		"switched off": func(w *relaytest.World, id string) { w.Change(id, "ana", scim.Document{"active": false}) },
		"deleted":      func(w *relaytest.World, id string) { w.Delete(id) },
		"switched off, where nothing else is synchronised": func(w *relaytest.World, id string) {
			w.Session.Target.Sync.Update = false
			w.Change(id, "ana", scim.Document{"active": false})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			vendor := &seats{Vendor: w.Vendor, held: true}
			w.Session.Connector = vendor
			id := w.Person("ana", nil)
			w.Turn()
			leave(w, id)
			w.Turn()
			account(t, w, "ana", false)
			if k, _ := w.Link(id); !vendor.held || k.State != "retry" {
				t.Fatalf("link %+v", k)
			}
			w.Clock.Advance(time.Minute)
			w.Turn()
			if vendor.held {
				t.Fatal("the licence is held for ever")
			}
			if k, there := w.Link(id); there && k.Applied != k.Wanted {
				t.Errorf("link %+v", k)
			}
			if n := len(w.Vendor.Calls(relaytest.Deactivate)); n != 2 {
				t.Errorf("%d deactivations", n)
			}
		})
	}
}
