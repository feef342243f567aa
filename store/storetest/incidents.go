package storetest

import (
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// numbered opens a store whose targets rest by other numbers than the usual ones.
func numbered(t *testing.T, open Open, change func(*quarantine.Policy)) *store.Store {
	t.Helper()
	policy := quarantine.Default()
	change(&policy)
	s, err := store.Open(t.Context(), open(t), store.Options{Quarantine: policy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func surveyed(t *testing.T, s *store.Store, host string) {
	t.Helper()
	if err := s.Targets.Survey(t.Context(), host); err != nil {
		t.Fatal(err)
	}
}

// stranded has a target wait for an incident that is over, as when it began to wait while that
// ended: nothing else would ever have it tried again.
func stranded(t *testing.T, open Open) {
	s := numbered(t, open, func(p *quarantine.Policy) { p.ReleaseOver = 0 }) // released for now
	const host = "api.vendor.example"
	ago := s.Now().Add(-time.Hour)
	reports(t, s, "acme", host, quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Unreachable,
		Until: ago, Began: ago, Opened: ago, Count: 1, Incident: ago, Untold: true})
	if hosts, err := s.Targets.Troubled(t.Context()); err != nil || !slices.Equal(hosts, []string{host}) {
		t.Fatalf("troubled %v, %v", hosts, err)
	}
	surveyed(t, s, host)
	h := healthOf(t, s, "acme", "sage")
	if !h.Incident.IsZero() || h.Phase != quarantine.Quarantined || h.Excused < time.Hour {
		t.Fatalf("health %+v", h)
	}
	if hosts, err := s.Targets.Troubled(t.Context()); err != nil || len(hosts) != 0 {
		t.Errorf("troubled %v, %v", hosts, err)
	}
	var called []string
	if err := s.Targets.Tend(t.Context(), func(tenant, _ string) { called = append(called, tenant) }); err != nil || !slices.Equal(called, []string{"acme"}) {
		t.Errorf("called %v, %v", called, err)
	}
}

// canaries has nobody probe, as when the files of those that opened first are gone: each of the
// targets gets its turn at asking for all.
func canaries(t *testing.T, open Open) {
	s := numbered(t, open, func(p *quarantine.Policy) { p.CanaryEvery = -time.Hour }) // each probe is overdue at once
	const host = "api.vendor.example"
	order := []string{"e", "a", "d", "b", "c"}
	for i, tenant := range order {
		at := s.Now().Add(time.Duration(i) * time.Second)
		reports(t, s, tenant, host, quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Unreachable,
			Until: at.Add(time.Hour), Began: at, Opened: at, Count: 1})
	}
	var got []string
	for range len(order) + 1 {
		surveyed(t, s, host)
		for _, tenant := range order {
			if healthOf(t, s, tenant, "sage").Canary {
				got = append(got, tenant)
			}
		}
	}
	if want := append(order, order[0]); !slices.Equal(got, want) {
		t.Errorf("canaries %v, want %v", got, want)
	}
}

// takenBack has an incident begin with a quarantine of which one tenant is being told, and others
// have not been yet.
func takenBack(t *testing.T, open Open) {
	s := start(t, open)
	const host = "api.vendor.example"
	hooks := func(n store.KeptNotice) []store.Outlet {
		return []store.Outlet{{Tenant: n.Tenant, Channel: store.ChannelWebhook, Address: "b1"}}
	}
	spread := func() {
		t.Helper()
		if _, err := s.Notices.Spread(t.Context(), 100, hooks); err != nil {
			t.Fatal(err)
		}
	}
	kinds := func(d store.Delivery) (all []quarantine.NoticeKind) {
		for _, n := range d.Notices {
			all = append(all, n.Kind)
		}
		return all
	}
	opens(t, s, "told", host)
	spread()
	message := claimed(t, s, 1)[0]
	settled(t, s, message, store.Settlement{End: store.MessageAgain, Next: s.Now(), Detail: "it answered 500"})
	for _, tenant := range []string{"a", "b", "c", "d"} {
		opens(t, s, tenant, host)
	}
	spread()
	surveyed(t, s, host)
	spread()
	for _, d := range claimed(t, s, 5) {
		want := []quarantine.NoticeKind{quarantine.NoticeIncident}
		if d.Tenant == "told" {
			want = []quarantine.NoticeKind{quarantine.NoticeEntered}
		}
		if got := kinds(d); !slices.Equal(got, want) || d.Tenant == "told" && d.ID != message.ID {
			t.Errorf("%s is told %v in %s, want %v", d.Tenant, got, d.ID, want)
		}
		waits := len(want)
		if d.Tenant == "told" {
			waits++ // the incident, in the next message
		}
		if b := undelivered(t, s, d.Tenant); len(b) != 1 || b[0].Waiting != waits {
			t.Errorf("%s: %+v", d.Tenant, b)
		}
	}
}
