package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// What a turn records, and what requests write and administrators order meanwhile, must not make
// each other fail. A Record that fails throws a chunk's outcomes away, creations among them.
func TestRecordingBesideRequestsNeverFails(t *testing.T) {
	s := openAt(t, databases.New(t), store.Options{})
	w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
	const people = 120
	ids := make([]string, people)
	var creators errgroup.Group
	for i := range ids {
		ids[i] = uuid.NewString()
		creators.Go(func() error {
			_, err := s.Directory.Create(t.Context(), w, scim.TypeUser, ids[i], named(fmt.Sprint("user", i)))
			return err
		})
	}
	if err := creators.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 12*time.Second)
	defer stop()
	var all errgroup.Group
	for range 24 {
		all.Go(func() error {
			for n := 0; ctx.Err() == nil; n++ {
				id := ids[(n*7)%people]
				_, err := s.Directory.Update(t.Context(), w, scim.TypeUser, id, func(now scim.Resource) (store.Revision, error) {
					rev := named("x" + id)
					rev.Body = fmt.Appendf(nil, `{"n":%d}`, now.Version)
					return rev, nil
				})
				if err != nil {
					return fmt.Errorf("update: %w", err)
				}
			}
			return nil
		})
	}
	all.Go(func() error {
		order := store.Order{Tenant: "acme", Target: "sage", Actor: "ann"}
		for n := 0; ctx.Err() == nil; n++ {
			if err := s.Targets.Mend(t.Context(), "acme", "sage", fmt.Sprint("settings ", n)); err != nil {
				return fmt.Errorf("mend: %w", err)
			}
			if err := s.Targets.Recheck(t.Context()); err != nil {
				return fmt.Errorf("recheck: %w", err)
			}
			if err := s.Targets.Reevaluate(t.Context(), order); err != nil {
				return fmt.Errorf("reevaluate: %w", err)
			}
		}
		return nil
	})
	lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	records, failed := 0, 0
	var slowest time.Duration
	for ctx.Err() == nil {
		work, err := s.Links.Due(t.Context(), "acme", "sage", 100)
		if err != nil {
			t.Fatal(err)
		}
		var outcomes []store.Outcome
		var begun []store.Intent
		for i, k := range work {
			begun = append(begun, store.Intent{Resource: k.Link.Resource, Key: "key"})
			if i%2 == 0 { // in sync, for those who have everything looked at again
				k.Link.Applied, k.Link.VendorID, k.Link.Intent = k.Link.Wanted, "v-"+k.Link.Resource, time.Time{}
				outcomes = append(outcomes, store.Outcome{Next: k.Link, Linked: true, Kind: "link.applied"})
				continue
			}
			// Everybody else waits for somebody, and everybody is linked anew: the worst of wakes.
			k.Link.WaitsFor, k.Link.State, k.Link.NextAt = work[(i+1)%len(work)].Link.Resource, "parked", store.Never()
			outcomes = append(outcomes, store.Outcome{Next: k.Link, Linked: true, Kind: "link.parked"})
		}
		for what, do := range map[string]func() error{
			"begin":  func() error { return s.Links.Begin(t.Context(), lease, begun) },
			"record": func() error { return s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}) },
		} {
			began := time.Now()
			if err := do(); err != nil {
				failed++
				t.Logf("%s: %v", what, err)
			}
			slowest = max(slowest, time.Since(began))
			records++
		}
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d writes of the turn, slowest %v", records, slowest)
	if failed > 0 {
		t.Errorf("%d of %d writes of the turn failed", failed, records)
	}
}
