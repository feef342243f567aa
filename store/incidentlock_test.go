package store_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// Where several processes write, an incident may end between a turn's look at it and its commit.
// A target that began to wait then would wait for nothing.
func TestATargetThatOpensWhileAnIncidentEndsDoesNotWaitForIt(t *testing.T) {
	t.Parallel()
	url := databases.New(t)
	s := openAt(t, url, store.Options{})
	const host = "api.vendor.example"
	opens := func(tenant string) error {
		lease, _, err := s.Targets.Acquire(t.Context(), tenant, "sage", "w1", time.Minute)
		if err != nil {
			return err
		}
		lease.Host = host
		now := s.Now()
		return s.Links.Record(t.Context(), lease, nil, quarantine.State{Phase: quarantine.Quarantined, Reason: quarantine.Unreachable,
			Until: now.Add(time.Hour), Began: now, Opened: now, Count: 1})
	}
	for i := range 5 {
		if err := opens(fmt.Sprint("t", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Targets.Survey(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.Begin() // another process's survey, about to end it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	for _, step := range []string{"SELECT pg_advisory_xact_lock(hashtextextended('incident " + host + "', 0))",
		"UPDATE incidents SET ended = began + 1"} {
		if _, err := other.Exec(step); err != nil {
			t.Fatal(err)
		}
	}
	late := make(chan error, 1)
	go func() { late <- opens("late") }()
	recorded := false
	for waiting := 0; waiting == 0 && !recorded; {
		select {
		case err = <-late:
			recorded = true
		default:
			err = db.QueryRow(`SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&waiting)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if !recorded {
		if err := <-late; err != nil {
			t.Fatal(err)
		}
	}
	status, err := s.Targets.Status(t.Context(), "late", "sage")
	if h := status.Health; err != nil || !h.Incident.IsZero() || h.Phase != quarantine.Quarantined {
		t.Errorf("health %+v, %v", h, err)
	}
}
