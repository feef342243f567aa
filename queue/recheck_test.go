package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// inSync fills the target with so many people, whom its vendor all has.
func inSync(t *testing.T, s *store.Store, people int) {
	t.Helper()
	w := store.Write{Tenant: relaytest.Tenant, Targets: []string{relaytest.Target}, Actor: "test"}
	var all errgroup.Group
	all.SetLimit(128)
	for i := range people {
		all.Go(func() error {
			_, err := s.Directory.Create(t.Context(), w, scim.TypeUser, uuid.NewString(), person(fmt.Sprint("user", i), 0))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	lease, _, err := s.Targets.Acquire(t.Context(), relaytest.Tenant, relaytest.Target, "before", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	work, err := s.Links.Due(t.Context(), relaytest.Tenant, relaytest.Target, people)
	if err != nil || len(work) != people {
		t.Fatalf("%d due, %v", len(work), err)
	}
	outcomes := make([]store.Outcome, len(work))
	for i, w := range work {
		outcomes[i].Next = w.Link
		outcomes[i].Next.Applied, outcomes[i].Next.VendorID, outcomes[i].Next.Digest = w.Link.Wanted, "v-"+w.Link.Resource, "as it was"
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

// Reliability rules 2.4: a mapping change reaches everybody, and not only as many as one sweep has
// the time for.
func TestNewSettingsReachEverybodyHoweverMany(t *testing.T) {
	inFull(t)
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	const people = 2_500 // more than one sweep marks
	inSync(t, s, people)
	if err := s.Targets.Mend(t.Context(), relaytest.Tenant, relaytest.Target, "first"); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	sweeper := &queue.Sweeper{Links: s.Links, Keeper: s.Targets, Bell: queue.NewBell(queue.NewInProcess(), s.Targets, s.Now, log),
		Every: 20 * time.Millisecond, Log: log, Targets: func() map[queue.Key]string {
			return map[queue.Key]string{{Tenant: relaytest.Tenant, Target: relaytest.Target}: "second"}
		}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sweeper.Run(ctx) }()
	eventually(t, "everybody is looked at again", func() bool {
		counts, err := s.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target)
		return err == nil && counts.Due == people
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
