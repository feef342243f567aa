package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/store/storetest"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

func openAt(t *testing.T, url string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func named(name string) store.Revision {
	return store.Revision{Body: fmt.Appendf(nil, `{"userName":%q}`, name), Keys: store.Keys{Name: name}, Active: true}
}

// P12: what is due must be workable. A link without its resource is counted as due and never
// handed out, so its target is rung for without end. Seeding a tenant's first target while
// people are deleted makes some.
func TestSeedingBesideDeletionsLeavesNoLinkWithoutItsResource(t *testing.T) {
	for name, url := range map[string]string{"sqlite": storetest.Fresh(t, t.TempDir()), "postgres": databases.New(t)} {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, url, store.Options{})
			w := store.Write{Tenant: "acme", Actor: "test"} // no target yet
			const people = 3000
			ids := make([]string, people)
			var creators errgroup.Group
			creators.SetLimit(64)
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
			var all errgroup.Group
			all.SetLimit(64)
			var seeded sync.WaitGroup
			for i, id := range ids {
				if i == people/4 {
					seeded.Go(func() {
						for done := false; !done; { // as the sweeper does
							_, err := s.Targets.Seed(t.Context(), "acme", "sage")
							done = err == nil
						}
					})
				}
				all.Go(func() error { return s.Directory.Delete(t.Context(), w, scim.TypeUser, id, nil) })
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
			seeded.Wait()
			// Work on everything there is, as turns do.
			lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for {
				work, err := s.Links.Due(t.Context(), "acme", "sage", 100)
				if err != nil {
					t.Fatal(err)
				}
				if len(work) == 0 {
					break
				}
				var outcomes []store.Outcome
				for _, k := range work {
					k.Link.Applied = k.Link.Wanted
					outcomes = append(outcomes, store.Outcome{Next: k.Link, Gone: k.Deleted})
				}
				if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
					t.Fatal(err)
				}
			}
			_, due, err := s.Links.MostUrgent(t.Context(), "acme", "sage")
			counts, _ := s.Links.Count(t.Context(), "acme", "sage")
			if err != nil || due {
				t.Errorf("nothing can be handed out and the target is due all the same: %+v, %v", counts, err)
			}
		})
	}
}

// What cannot be read of a target's health must not keep everybody from it.
func TestATargetWhoseHealthCannotBeReadIsServed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	s := openAt(t, "sqlite://"+path, store.Options{})
	lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Targets.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// As a newer version of the gateway may have written it before a roll-back.
	if _, err := db.Exec(`UPDATE targets SET health = '{"step":"two"}'`); err != nil {
		t.Fatal(err)
	}
	if _, status, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w2", time.Minute); err != nil || !reflect.DeepEqual(status.Health, quarantine.State{}) {
		t.Errorf("the target cannot be worked on: %+v, %v", status, err)
	}
}

// A 2xx is fsynced: a PostgreSQL that acknowledges before that is no store of the gateway.
func TestAPostgreSQLThatDoesNotSyncIsRefused(t *testing.T) {
	board.Begin(t, "S39")
	s, err := store.Open(t.Context(), databases.New(t)+"&synchronous_commit=off", store.Options{})
	if err == nil {
		_ = s.Close()
		t.Error("opened with synchronous_commit=off, and nobody was told")
	}
}
