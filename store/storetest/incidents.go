package storetest

import (
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

func surveyed(t *testing.T, s *store.Store, host string) {
	t.Helper()
	if err := s.Targets.Survey(t.Context(), host); err != nil {
		t.Fatal(err)
	}
}

// stranded has a target wait for an incident that is over, as when it began to wait while that
// ended: nothing else would ever have it tried again.
func stranded(t *testing.T, open Open) {
	s, forward := later(t, open)
	const host = "api.vendor.example"
	ago := s.Now().Add(-time.Hour)
	reports(t, s, "acme", host, quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Unreachable,
		Until: ago, Began: ago, Opened: ago, Count: 1, Incident: ago, Untold: true})
	if hosts, err := s.Targets.Troubled(t.Context()); err != nil || !slices.Equal(hosts, []string{host}) {
		t.Fatalf("troubled %v, %v", hosts, err)
	}
	surveyed(t, s, host)
	h := healthOf(t, s, "acme", "sage")
	if wait := h.Until.Sub(s.Now()); !h.Incident.IsZero() || h.Phase != quarantine.Quarantined || wait > 5*time.Minute || h.Excused == 0 {
		t.Fatalf("health %+v", h)
	}
	if hosts, err := s.Targets.Troubled(t.Context()); err != nil || len(hosts) != 0 {
		t.Errorf("troubled %v, %v", hosts, err)
	}
	forward(5 * time.Minute)
	var called []string
	if err := s.Targets.Tend(t.Context(), func(tenant, _ string) { called = append(called, tenant) }); err != nil || !slices.Equal(called, []string{"acme"}) {
		t.Errorf("called %v, %v", called, err)
	}
}
