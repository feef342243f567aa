package store_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// What a chunk asks of the links costs the same however many accounts the target has already, also
// where PostgreSQL has no statistics yet, as it has none when an initial load begins.
func TestAnInitialLoadReadsEachLinkAFewTimesOnly(t *testing.T) {
	t.Parallel()
	const people, chunk = 3000, 100
	url := databases.New(t)
	raw, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`ALTER TABLE links SET (autovacuum_enabled = false)`); err != nil {
		t.Fatal(err)
	}
	for i := range people {
		_, err := s.Directory.Create(t.Context(), store.Write{Tenant: "acme", Targets: []string{"sage"}}, scim.TypeUser,
			fmt.Sprint("person", i), named(fmt.Sprint("person", i)))
		if err != nil {
			t.Fatal(err)
		}
	}
	lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	before := fetched(t, raw)
	for done := 0; done < people; done += chunk {
		relayChunk(t, s, lease, chunk)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	alone(t, raw)
	each := float64(fetched(t, raw)-before) / people
	t.Logf("%.1f rows of links read for each", each)
	if each < 2 || each > 10 {
		t.Errorf("%.1f rows of links were read for each, want 2 to 10", each)
	}
}

// alone waits until the database has no other connection: each tells what it has read at its end at
// the latest.
func alone(t *testing.T, db *sql.DB) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for others := -1; ; <-tick.C {
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		if others == 0 {
			return
		}
	}
}

// fetched is how many rows of links all connections have read that have told.
func fetched(t *testing.T, db *sql.DB) (n int64) {
	t.Helper()
	err := db.QueryRow(`SELECT seq_tup_read + COALESCE(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'links'`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// relayChunk does what a turn does with a chunk of creations.
func relayChunk(t *testing.T, s *store.Store, lease store.Lease, size int) {
	t.Helper()
	work, err := s.Links.Due(t.Context(), lease.Tenant, lease.Target, size)
	if err != nil || len(work) != size {
		t.Fatalf("%d due, %v", len(work), err)
	}
	var intents []store.Intent
	var ids []string
	var outcomes []store.Outcome
	for _, w := range work {
		intents = append(intents, store.Intent{Resource: w.Link.Resource, Version: w.Link.Wanted, Key: w.Link.Resource})
		k := w.Link
		k.Applied, k.VendorID = k.Wanted, "v-"+k.Resource
		ids = append(ids, k.VendorID)
		outcomes = append(outcomes, store.Outcome{Next: k, Linked: true, Kind: "link.applied"})
	}
	if err := s.Links.Begin(t.Context(), lease, intents); err != nil {
		t.Fatal(err)
	}
	for _, w := range work {
		if _, err := s.Links.Wanted(t.Context(), lease.Tenant, lease.Target, w.Link.Resource); err != nil {
			t.Fatal(err)
		}
	}
	if held, err := s.Links.Holders(t.Context(), lease.Tenant, lease.Target, scim.TypeUser, ids); err != nil || len(held) != 0 {
		t.Fatalf("held %v, %v", held, err)
	}
	if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
		t.Fatal(err)
	}
}
