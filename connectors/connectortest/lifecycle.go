package connectortest

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/scim"
)

func createdIsFound(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	made := w.create(s, want)
	if made.ID == "" || !made.Active || !strings.EqualFold(made.Key, want.Key) {
		t.Fatalf("create returned %q, active %v", made.ID, made.Active)
	}
	byKey, err := s.Find(t.Context(), want)
	if err != nil || byKey.ID != made.ID {
		t.Fatalf("by key: %q, %v", byKey.ID, err)
	}
	want.VendorID = made.ID
	byID, err := s.Find(t.Context(), want)
	if err != nil || byID.ID != made.ID || !byID.Active || !strings.EqualFold(byID.Key, want.Key) {
		t.Fatalf("by id: %q, %v", byID.ID, err)
	}
	if differs := connectors.Difference(byID.Fields, made.Fields); len(differs) > 0 {
		t.Errorf("what create returned differs from what is found in %d fields", len(differs))
	}
}

func createTwice(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	first := w.create(s, want)
	second, err := s.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Exists) && (err != nil || second.ID != first.ID) {
		t.Errorf("the second create gave %q, %v", second.ID, err)
	}
	if n := len(w.accounts(want.Key)); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
}

func unknown(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	if _, err := s.Find(t.Context(), w.record(s, 1)); !connectors.Is(err, connectors.NotFound) {
		t.Fatal(err)
	}
}

func updateTwice(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	w.create(s, want)
	before := w.writes()
	for range 2 {
		have := w.find(s, want)
		if _, err := s.Update(t.Context(), have, want); err != nil {
			t.Fatal(err)
		}
	}
	if sent := w.writes() - before; sent != 0 {
		t.Errorf("%d writes were sent for nothing", sent)
	}
}

func changeArrives(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	made := w.create(s, w.record(s, 1))
	want := w.record(s, 1, func(doc scim.Document) {
		doc["displayName"] = "Canaria Neu"
		doc["name"] = map[string]any{"givenName": "Canaria", "familyName": "Neu"}
	})
	want.VendorID = made.ID
	before := w.writes()
	updated, err := s.Update(t.Context(), w.find(s, want), want)
	if err != nil || updated.ID != made.ID {
		t.Fatal(updated.ID, err)
	}
	if w.writes() == before {
		t.Fatal("nothing was sent")
	}
	before = w.writes()
	if _, err := s.Update(t.Context(), w.find(s, want), want); err != nil || w.writes() != before {
		t.Fatalf("the change did not arrive: %v", err)
	}
}

func leaveAndReturn(t *testing.T, h Harness) {
	w := h.world(t)
	if h.capabilities(t, w).Deactivate == connectors.DeactivateNone {
		t.Skip("the product cannot deactivate")
	}
	s := w.open(h.Customer("acme"), 0)
	power, ok := s.Connector.(connectors.Deactivator)
	if !ok {
		t.Fatal("the product declares a power its connector lacks")
	}
	want := w.record(s, 1)
	made := w.create(s, want)
	for range 2 { // everything may run twice
		off, err := power.Deactivate(t.Context(), made)
		if err != nil || off.Active {
			t.Fatal(err)
		}
	}
	for _, account := range w.accounts(want.Key) {
		if account.Active {
			t.Error("the account still works")
		}
	}
	if h.capabilities(t, w).Deactivate.Spends() {
		w.returnAnew(s, want, made)
		return
	}
	want.VendorID = made.ID
	want.Fields = w.record(s, 1, func(doc scim.Document) {
		doc["displayName"] = "Canaria Zurück"
		doc["name"] = map[string]any{"givenName": "Canaria", "familyName": "Zurück"}
	}).Fields
	back, err := power.Reactivate(t.Context(), w.find(s, want), want)
	if err != nil || !back.Active || back.ID != made.ID {
		t.Fatal(back.ID, err)
	}
	before := w.writes()
	have := w.find(s, want)
	if _, err := s.Update(t.Context(), have, want); err != nil || w.writes() != before || !have.Active {
		t.Errorf("the account that came back is not as wanted: %v", err)
	}
}

// capabilities are the product's as the sample's target has them.
func (h Harness) capabilities(t *testing.T, w *world) connectors.Capabilities {
	t.Helper()
	settings, faults := h.Product.Settings(w.target(h.Customer("acme")))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return h.Product.CapabilitiesOf(settings)
}

// returnAnew has somebody return whose account was spent.
func (w *world) returnAnew(s subject, want connectors.Record, spent connectors.Remote) {
	w.t.Helper()
	byID := want
	byID.VendorID = spent.ID
	for _, record := range []connectors.Record{byID, want} {
		if _, err := s.Find(w.t.Context(), record); !connectors.Is(err, connectors.NotFound) {
			w.t.Fatalf("the spent account is found: %v", err)
		}
	}
	back, err := s.Create(w.t.Context(), want)
	if err != nil || !back.Active {
		w.t.Fatal(err)
	}
	if same := back.ID == spent.ID; same != (w.h.Product.Capabilities.Reactivate == connectors.ReactivateReattach) {
		w.t.Errorf("the id %q came back as %q", spent.ID, back.ID)
	}
	if again := w.find(s, want); again.ID != back.ID || !again.Active {
		w.t.Errorf("%q is found, active %v", again.ID, again.Active)
	}
}

func deleteAbsent(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	made := w.create(s, want)
	if !h.Product.Capabilities.Delete {
		if err := s.Delete(t.Context(), made); !connectors.Is(err, connectors.Denied) {
			t.Fatalf("a product that never deletes answered %v", err)
		}
		if len(w.accounts(want.Key)) != 1 {
			t.Fatal("it was deleted all the same")
		}
		return
	}
	for range 2 {
		if err := s.Delete(t.Context(), made); err != nil {
			t.Fatal(err)
		}
	}
}
