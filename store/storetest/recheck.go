package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"scimrelay/scim"
	"scimrelay/store"
)

// crowd makes so many people, whom all the targets' vendors have.
func crowd(t *testing.T, s *store.Store, w store.Write, people int) {
	t.Helper()
	var all errgroup.Group
	all.SetLimit(64)
	for i := range people {
		all.Go(func() error {
			_, err := s.Directory.Create(t.Context(), w, scim.TypeUser, newID(t), user(fmt.Sprint("user", i)))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, target := range w.Targets {
		lease := acquire(t, s, w.Tenant, target, "w1")
		bring(t, s, lease, func(o *store.Outcome) { o.Next.Digest = "as it was" })
		if err := s.Targets.Release(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
	}
}

func recheck(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Targets.Recheck(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// reevaluating has the process that re-evaluates end after its first thousand links.
func reevaluating(t *testing.T, open Open) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var begun atomic.Bool
	var commits atomic.Int64
	s, err := store.Open(t.Context(), open(t), store.Options{OnCommit: func(int, time.Duration) {
		if begun.Load() && commits.Add(1) == 3 { // what waits is cleared, and the order given
			stop()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	const people = 1_105
	crowd(t, s, by("acme", "sage"), people)
	due := func() int {
		t.Helper()
		counts, err := s.Links.Count(t.Context(), "acme", "sage")
		if err != nil {
			t.Fatal(err)
		}
		return counts.Due
	}
	begun.Store(true)
	if err := s.Targets.Reevaluate(ctx, orderFor("sage")); err == nil || due() == people {
		t.Fatalf("it was not cut off: %v, %d are due", err, due())
	}
	if err := s.Targets.Mend(t.Context(), "acme", "sage", "first"); err != nil { // which are no reason to end it
		t.Fatal(err)
	}
	recheck(t, s)
	if n := due(); n != people {
		t.Errorf("%d of %d are looked at again", n, people)
	}
	known := 0
	bring(t, s, acquire(t, s, "acme", "sage", "w1"), func(o *store.Outcome) {
		if o.Next.Digest != "" {
			known++
		}
	})
	if known > 0 {
		t.Errorf("%d are not compared with the vendor", known)
	}
}

// recheckingFairly has new settings for a large tenant's target and for a small one's behind it.
func recheckingFairly(t *testing.T, open Open) {
	s := start(t, open)
	const large, small = 2_105, 5
	crowd(t, s, by("large", "sage"), large)
	crowd(t, s, by("small", "sage"), small)
	for _, settings := range []string{"first", "second"} {
		for _, tenant := range []string{"large", "small"} {
			if err := s.Targets.Mend(t.Context(), tenant, "sage", settings); err != nil {
				t.Fatal(err)
			}
		}
	}
	marked := func(tenant string) int {
		t.Helper()
		counts, err := s.Links.Count(t.Context(), tenant, "sage")
		if err != nil {
			t.Fatal(err)
		}
		return counts.Pending
	}
	recheck(t, s)
	if one, other := marked("large"), marked("small"); one == 0 || one == large || other != small {
		t.Fatalf("at once, %d links of the large tenant and %d of the small one", one, other)
	}
	recheck(t, s)
	if n := marked("large"); n != large {
		t.Errorf("%d links of the large tenant", n)
	}
}
