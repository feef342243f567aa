package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

func orderFor(target string) store.Order {
	return store.Order{Tenant: "acme", Target: target, Actor: "ann", Reason: "a test"}
}

// opens records that the target can no longer reach its vendor at the host.
func opens(t *testing.T, s *store.Store, tenant, host string) {
	t.Helper()
	now := s.Now()
	reports(t, s, tenant, host, quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Unreachable,
		Until: now.Add(time.Hour), Began: now, Opened: now, Count: 1})
}

// reports has a turn end with the health.
func reports(t *testing.T, s *store.Store, tenant, host string, health quarantine.State) {
	t.Helper()
	lease := acquire(t, s, tenant, "sage", "w1")
	lease.Host = host
	link := store.Outcome{Next: store.Link{}, Gone: true} // something was worked on
	if err := s.Links.Record(t.Context(), lease, []store.Outcome{link}, health); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

func healthOf(t *testing.T, s *store.Store, tenant, target string) quarantine.State {
	t.Helper()
	status, err := s.Targets.Status(t.Context(), tenant, target)
	if err != nil {
		t.Fatal(err)
	}
	return status.Health
}

func overruling(t *testing.T, open Open) {
	s := start(t, open)
	lease := acquire(t, s, "acme", "sage", "w1")
	if err := s.Links.Record(t.Context(), lease, nil, quarantine.State{Failures: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Links.Record(t.Context(), lease, nil, quarantine.State{Failures: 2}); err != nil {
		t.Fatalf("the owner's own change is in its way: %v", err)
	}
	create(t, s, store.Write{Tenant: "acme", Targets: []string{"sage"}}, "ana")
	if done, err := s.Targets.Disable(t.Context(), orderFor("sage")); !done || err != nil {
		t.Fatalf("disabled %v, %v", done, err)
	}
	work := dueNow(t, s, "acme", "sage")
	err := s.Links.Record(t.Context(), lease, []store.Outcome{applied(work[0].Link, "v1")}, quarantine.State{Failures: 3})
	if !errors.Is(err, store.ErrOverruled) {
		t.Errorf("recorded over an administrator's word: %v", err)
	}
	if h := healthOf(t, s, "acme", "sage"); h.Phase != quarantine.Disabled || h.Reason != quarantine.Admin {
		t.Errorf("health %+v", h)
	}
	if k := linkOf(t, s, "sage", work[0].Resource.ID); k.Link.Applied != k.Link.Wanted {
		t.Errorf("the outcome was lost: %+v", k.Link)
	}
	why, err := s.Targets.Disabled(t.Context(), "acme")
	if err != nil || len(why) != 1 || why["sage"] == "" {
		t.Errorf("disabled %v, %v", why, err)
	}
	events, err := s.Events.Latest(t.Context(), "acme", 10)
	i := slices.IndexFunc(events, func(e store.Event) bool { return e.Kind == "target.disabled" })
	if err != nil || i < 0 || events[i].Actor != "ann" || events[i].Detail != "a test" {
		t.Errorf("events %+v, %v", events, err)
	}
}

func incidents(t *testing.T, open Open) {
	s := start(t, open)
	const host = "api.vendor.example"
	tenant := func(i int) string { return fmt.Sprint("tenant", i) }
	survey := func() {
		t.Helper()
		if err := s.Targets.Survey(t.Context(), host); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		opens(t, s, tenant(i), host)
	}
	opens(t, s, "elsewhere", "api.other.example")
	if survey(); !healthOf(t, s, tenant(0), "sage").Incident.IsZero() {
		t.Fatal("four are an incident")
	}
	opens(t, s, tenant(4), host)
	if hosts, err := s.Targets.Troubled(t.Context()); err != nil || !slices.Contains(hosts, host) {
		t.Errorf("troubled %v, %v", hosts, err)
	}
	survey()
	opens(t, s, tenant(5), host) // and one that comes later
	canaries, canary := 0, ""
	for i := range 6 {
		h := healthOf(t, s, tenant(i), "sage")
		if h.Incident.IsZero() {
			t.Errorf("%s does not wait: %+v", tenant(i), h)
		}
		if h.Canary {
			canaries, canary = canaries+1, tenant(i)
		}
	}
	if canaries != 1 || !healthOf(t, s, "elsewhere", "sage").Incident.IsZero() {
		t.Fatalf("%d canaries", canaries)
	}
	lease := acquire(t, s, canary, "sage", "w1")
	well := quarantine.Default().Observe(quarantine.State{Phase: quarantine.Probing, Reason: quarantine.Unreachable,
		Began: s.Now(), Incident: s.Now(), Canary: true}, quarantine.Observation{Signal: quarantine.Good, Now: s.Now()})
	if err := s.Links.Record(t.Context(), lease, nil, well); err != nil {
		t.Fatal(err)
	}
	survey()
	for i := range 6 {
		h := healthOf(t, s, tenant(i), "sage")
		if wait := h.Until.Sub(s.Now()); !h.Incident.IsZero() || tenant(i) != canary && (h.Phase != quarantine.Quarantined || wait > 5*time.Minute) {
			t.Errorf("%s after the incident: %+v", tenant(i), h)
		}
	}
	survey()
	for i := range 6 {
		if h := healthOf(t, s, tenant(i), "sage"); !h.Incident.IsZero() {
			t.Errorf("what has ended begins again: %+v", h)
		}
	}
}

func clearing(t *testing.T, open Open) {
	s := start(t, open)
	lease := acquire(t, s, "acme", "sage", "w1")
	id := create(t, s, store.Write{Tenant: "acme", Targets: []string{"sage"}}, "ana").ID
	work := dueNow(t, s, "acme", "sage")
	k := work[0].Link
	k.State, k.Attempts, k.NextAt = "escrow", 3, s.Now().Add(time.Hour)
	k.Tried = quarantine.TriedAt(s.Now(), true)
	aside := func() {
		t.Helper()
		if err := s.Links.Record(t.Context(), lease, []store.Outcome{{Next: k}}, quarantine.State{}); err != nil {
			t.Fatal(err)
		}
	}
	aside()
	if escrowed, parked, err := s.Links.SetAside(t.Context(), "acme", "sage", 10); escrowed != 1 || parked != 0 || err != nil {
		t.Errorf("%d escrowed, %d parked, %v", escrowed, parked, err)
	}
	for state, want := range map[string]int{"escrow": 1, "": 0, "parked": 0} {
		if got, err := s.Links.WaitingIn(t.Context(), "acme", "sage", state, 10); err != nil || len(got) != want {
			t.Errorf("waiting in %q: %v, %v", state, got, err)
		}
	}
	if got := linkOf(t, s, "sage", id).Link; got.Tried != k.Tried {
		t.Errorf("tried %d, want %d", got.Tried, k.Tried)
	}
	if trials, err := s.Links.Trials(t.Context(), "acme", "sage", 5, false); len(trials) != 1 || err != nil {
		t.Errorf("%d trials, %v", len(trials), err)
	}
	if found, err := s.Links.Retry(t.Context(), orderFor("sage"), id); !found || err != nil || len(dueNow(t, s, "acme", "sage")) != 1 {
		t.Errorf("retried %v, %v", found, err)
	}
	aside()
	if n, err := s.Links.Clear(t.Context(), orderFor("sage")); n != 1 || err != nil || len(dueNow(t, s, "acme", "sage")) != 1 {
		t.Errorf("cleared %d, %v", n, err)
	}
	if got := linkOf(t, s, "sage", id).Link; got.Wanted == got.Applied || got.Attempts != 0 {
		t.Errorf("link %+v", got)
	}
	k.Intent = s.Now() // and a creation that may have happened
	aside()
	if found, err := s.Links.Retry(t.Context(), orderFor("sage"), id); !found || err != nil || len(dueNow(t, s, "acme", "sage")) != 1 {
		t.Errorf("retried a search %v, %v", found, err)
	}
	aside()
	if n, err := s.Links.Clear(t.Context(), orderFor("sage")); n != 1 || err != nil || linkOf(t, s, "sage", id).Link.Intent.IsZero() {
		t.Errorf("cleared %d, %v", n, err)
	}
	if err := s.Targets.Reevaluate(t.Context(), orderFor("sage")); err != nil {
		t.Error(err)
	}
}

// Who enables a target has looked after it: what it has given up is tried once more. What waits for
// a person waits on.
func enabling(t *testing.T, open Open) {
	s := start(t, open)
	lease := acquire(t, s, "acme", "sage", "w1")
	var outcomes []store.Outcome
	states := []string{"escrow", "held"}
	for _, state := range states {
		id := create(t, s, store.Write{Tenant: "acme", Targets: []string{"sage"}}, state).ID
		k := linkOf(t, s, "sage", id).Link
		k.State, k.Attempts, k.NextAt, k.Failing = state, 30, store.Never(), s.Now().Add(-28*quarantine.Day)
		outcomes = append(outcomes, store.Outcome{Next: k})
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if due := dueNow(t, s, "acme", "sage"); len(due) != 0 {
		t.Fatalf("%d due", len(due))
	}
	for _, step := range []func(context.Context, store.Order) (bool, error){s.Targets.Disable, s.Targets.Enable} {
		if done, err := step(t.Context(), orderFor("sage")); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	due := dueNow(t, s, "acme", "sage")
	if len(due) != 1 || due[0].Link.State != "escrow" || !due[0].Link.Failing.IsZero() {
		t.Errorf("after it was enabled %+v", due)
	}
}
