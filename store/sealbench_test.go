package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// BenchmarkWritesBesideTheSealer writes with 64 clients, in turns with and without a sealer that
// works in the rhythm of a process, and prints the ratio of the writes in the same time, and
// what an event takes.
func BenchmarkWritesBesideTheSealer(b *testing.B) {
	for name, open := range bothStores() {
		b.Run(name, func(b *testing.B) {
			url := open(b)
			s, err := store.Open(b.Context(), url, store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			const writes, rounds = 5000, 4 // an even number: who comes first meets the smaller database
			writeMany(b, s, writes)        // warm
			before := bytesOf(b, url)
			events := 0
			for b.Loop() {
				var without, with time.Duration
				for round := range 2 * rounds {
					if _, err := s.Events.Seal(b.Context()); err != nil { // one round's work is not the next one's
						b.Fatal(err)
					}
					events += writes
					if turn := round % 4; turn == 0 || turn == 3 {
						without += writeMany(b, s, writes)
						continue
					}
					stop := sealBeside(b, s)
					with += writeMany(b, s, writes)
					stop()
				}
				b.ReportMetric(float64(without)/float64(with), "with/without")
				b.ReportMetric(float64(rounds*writes)/with.Seconds(), "writes/s")
			}
			if _, err := s.Events.Seal(b.Context()); err != nil {
				b.Fatal(err)
			}
			if after := bytesOf(b, url); after > 0 {
				b.ReportMetric(float64(after-before)/float64(events), "B/event")
			}
		})
	}
}

// sealBeside seals until the returned function is called.
func sealBeside(b *testing.B, s *store.Store) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var sealing sync.WaitGroup
	sealing.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := s.Events.Seal(ctx); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		}
	})
	return func() { cancel(); sealing.Wait() }
}

func writeMany(b *testing.B, s *store.Store, writes int) time.Duration {
	b.Helper()
	var all errgroup.Group
	all.SetLimit(64)
	began := time.Now()
	for range writes {
		all.Go(func() error {
			id := uuid.NewString()
			_, err := s.Directory.Create(b.Context(), store.Write{Tenant: "acme", Actor: "token:key00001"}, scim.TypeUser, id, named(id))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// bytesOf is what events, seals and what waits for one take, with their indexes.
func bytesOf(b *testing.B, url string) (total int64) {
	b.Helper()
	driver, source, query := "pgx", url, `SELECT sum(pg_total_relation_size(c.oid))::BIGINT FROM pg_class c WHERE c.relname IN ('events', 'seals')`
	if path, ok := cutSQLite(url); ok {
		driver, source = "sqlite", "file:"+path
		query = `SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name IN ('events', 'seals', 'sqlite_autoindex_events_1', 'sqlite_autoindex_seals_1', 'seals_sealed_at')`
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&total); err != nil {
		b.Log(fmt.Errorf("sizes: %w", err))
		return 0
	}
	return total
}

func cutSQLite(url string) (string, bool) {
	const scheme = "sqlite://"
	if len(url) < len(scheme) || url[:len(scheme)] != scheme {
		return "", false
	}
	return url[len(scheme):], true
}

// bothStores are where a new, empty store is, by its kind.
func bothStores() map[string]func(tb testing.TB) string {
	return map[string]func(tb testing.TB) string{
		"sqlite":   func(tb testing.TB) string { return storetest.Fresh(tb, tb.TempDir()) },
		"postgres": func(tb testing.TB) string { return databases.New(tb) },
	}
}
