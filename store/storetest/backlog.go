package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/quarantine"
	"scimrelay/store"
)

func backlog(t *testing.T, open Open) {
	s := start(t, open)
	count := func(most int) map[store.Urgency]int {
		t.Helper()
		counts, err := s.Links.DueByUrgency(t.Context(), most)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	if n := count(100); len(n) != 0 {
		t.Errorf("an empty store has %v", n)
	}
	for i := range 5 {
		create(t, s, by("acme", "sage"), fmt.Sprint("a", i))
		create(t, s, by("beta", "sage"), fmt.Sprint("b", i))
	}
	if diff := cmp.Diff(map[store.Urgency]int{store.UrgencyCreate: 10}, count(100)); diff != "" {
		t.Error(diff)
	}
	if n := count(7)[store.UrgencyCreate]; n != 7 {
		t.Errorf("%d are counted of at most 7", n)
	}
	lease := acquire(t, s, "acme", "sage", "w1")
	var outcomes []store.Outcome
	for i, k := range dueNow(t, s, "acme", "sage") {
		outcomes = append(outcomes, applied(k.Link, fmt.Sprint("v", i)))
	}
	outcomes[0].Next.Applied, outcomes[0].Next.NextAt = 0, s.Now().Add(1<<40) // it waits for another try
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[store.Urgency]int{store.UrgencyCreate: 5}, count(100)); diff != "" {
		t.Error(diff)
	}
}

func stances(t *testing.T, open Open) {
	s := start(t, open)
	count := func() (map[store.Stance]int, int) {
		t.Helper()
		counts, held, err := s.Targets.Stances(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return counts, held
	}
	if counts, held := count(); len(counts) != 0 || held != 0 {
		t.Errorf("an empty store has %v, %d", counts, held)
	}
	for i, health := range []quarantine.State{{}, {Phase: quarantine.Quarantined, Reason: quarantine.Auth}, {Phase: quarantine.Quarantined, Reason: quarantine.Auth}} {
		target := fmt.Sprint("target", i)
		create(t, s, by("acme", target), target)
		lease := acquire(t, s, "acme", target, "w1")
		work := dueNow(t, s, "acme", target)
		k := applied(work[0].Link, "v")
		if i == 0 {
			k.Next.Applied, k.Next.State, k.Hold = 0, "held", &store.Hold{Link: true}
		}
		if err := s.Links.Record(t.Context(), lease, []store.Outcome{k}, health); err != nil {
			t.Fatal(err)
		}
	}
	counts, held := count()
	want := map[store.Stance]int{{}: 1, {Phase: quarantine.Quarantined, Reason: quarantine.Auth}: 2}
	if diff := cmp.Diff(want, counts); diff != "" || held != 1 {
		t.Errorf("%d held, %s", held, diff)
	}
}
