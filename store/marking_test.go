package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// marked is a PostgreSQL with a target whose links are to be looked at again: all are in sync but
// the last one, which is set aside.
type marked struct {
	*store.Store
	raw    *sql.DB
	people []string // ids, in order
}

func newMarked(t *testing.T, people int) marked {
	t.Helper()
	url := databases.New(t)
	m := marked{Store: openAt(t, url, store.Options{})}
	var err error
	if m.raw, err = sql.Open("pgx", url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.raw.Close() })
	for i := range people {
		m.people = append(m.people, fmt.Sprintf("%08d-%s", i, uuid.NewString()[9:]))
		if _, err := m.Directory.Create(t.Context(), acme, scim.TypeUser, m.people[i], named(m.people[i])); err != nil {
			t.Fatal(err)
		}
	}
	lease, _, err := m.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	work, err := m.Links.Due(t.Context(), "acme", "sage", people)
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []store.Outcome
	for _, w := range work {
		k := w.Link
		if k.Applied, k.VendorID = k.Wanted, "v-"+k.Resource; k.Resource == m.people[people-1] {
			k.Applied, k.VendorID, k.State, k.NextAt = 0, "", "escrow", store.Never()
		}
		outcomes = append(outcomes, store.Outcome{Next: k})
	}
	if err := m.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
	if err := m.Targets.Mend(t.Context(), "acme", "sage", "settings"); err != nil {
		t.Fatal(err)
	}
	return m
}

// beside runs an act while another transaction has the target's row, and then once it has done
// more and has committed.
func (m marked) beside(t *testing.T, have string, act func(context.Context) error, then func(*sql.Tx)) {
	t.Helper()
	other, err := m.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.Exec(have); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- act(t.Context()) }()
	until(t, "it waits for a lock", func() bool { return locked(t, m.raw) })
	if then != nil {
		then(other)
	}
	if err := other.Commit(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// locked reports whether somebody waits for a lock in the PostgreSQL database.
func locked(t *testing.T, db *sql.DB) (waits bool) {
	t.Helper()
	err := db.QueryRow(`SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
	if err != nil {
		t.Fatal(err)
	}
	return waits
}

// A Record has its target's row before it takes links. Whoever has links and then waits for the
// row meets it in a circle, and a Record that loses too often throws a chunk's outcomes away.
func TestWhoeverTriesManyLinksAgainTakesTheTargetFirst(t *testing.T) {
	t.Parallel()
	order := store.Order{Tenant: "acme", Target: "sage", Actor: "ann", Reason: "a test"}
	for name, act := range map[string]func(*store.Store) func(context.Context) error{
		"new settings": func(s *store.Store) func(context.Context) error {
			return func(ctx context.Context) error { return s.Targets.Mend(ctx, "acme", "sage", "others") }
		},
		"marking": func(s *store.Store) func(context.Context) error {
			return s.Targets.Recheck
		},
		"clearing": func(s *store.Store) func(context.Context) error {
			return func(ctx context.Context) error { _, err := s.Links.Clear(ctx, order); return err }
		},
		"reevaluating": func(s *store.Store) func(context.Context) error {
			return func(ctx context.Context) error { return s.Targets.Reevaluate(ctx, order) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarked(t, 5)
			if _, err := m.raw.Exec(`UPDATE targets SET rechecking = TRUE`); err != nil {
				t.Fatal(err)
			}
			m.beside(t, `UPDATE targets SET fence = fence`, act(m.Store), func(other *sql.Tx) {
				if _, err := other.Exec(`SELECT 1 FROM links FOR UPDATE NOWAIT`); err != nil {
					t.Errorf("it has links and waits for the target: %v", err)
				}
			})
		})
	}
}

// A mark that was under way when the target got new settings must not go on where it was: those
// before it are to be looked at with the new ones.
func TestNewSettingsBesideAMarkReachEverybody(t *testing.T) {
	t.Parallel()
	m := newMarked(t, 5)
	_, err := m.raw.Exec(`UPDATE targets SET rechecking = TRUE, recheck_after = $1`, m.people[2])
	if err != nil {
		t.Fatal(err)
	}
	m.beside(t, `UPDATE targets SET settings = 'others', recheck_after = ''`, m.Targets.Recheck, nil)
	if err := m.Targets.Recheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	if counts, err := m.Links.Count(t.Context(), "acme", "sage"); err != nil || counts.Pending != len(m.people) {
		t.Errorf("%d of %d are looked at: %+v, %v", counts.Pending, len(m.people), counts, err)
	}
}
