package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/scim"
	"scimrelay/store"
)

// BenchmarkCommits writes with 64 clients: creations only, which share commits, and as many
// changes of which every fourth is a deletion, which has a transaction of its own where there
// are several writers; and prints the rate of these beside that of the creations.
func BenchmarkCommits(b *testing.B) {
	for name, open := range bothStores() {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(b.Context(), open(b), store.Options{Busy: time.Minute})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			const writes = 4000
			writeMany(b, s, writes) // warm
			var shared, mixed time.Duration
			rounds := 0
			for b.Loop() {
				shared += writeMany(b, s, writes)
				mixed += writeAndDelete(b, s, writes)
				rounds++
			}
			b.ReportMetric(float64(rounds*writes)/shared.Seconds(), "shared/s")
			b.ReportMetric(shared.Seconds()/mixed.Seconds(), "mixed/shared")
		})
	}
}

func writeAndDelete(b *testing.B, s *store.Store, writes int) time.Duration {
	b.Helper()
	var all errgroup.Group
	all.SetLimit(64)
	began := time.Now()
	by := store.Write{Tenant: "acme", Actor: "token:key00001"}
	for range writes / 4 {
		all.Go(func() error {
			var id string
			for range 3 {
				id = uuid.NewString()
				if _, err := s.Directory.Create(b.Context(), by, scim.TypeUser, id, named(id)); err != nil {
					return err
				}
			}
			return s.Directory.Delete(b.Context(), by, scim.TypeUser, id, nil)
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
