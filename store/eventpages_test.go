package store_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"scimrelay/store"
)

// Whoever is told of events may take their time: nothing of the database is held meanwhile, or the
// log of a file could not begin anew and would grow as long as somebody looks at an export. The
// pages leave nothing out, and tell nothing twice.
func TestReadingTheRecordHoldsNothingOpen(t *testing.T) {
	t.Parallel()
	const events = 2*1000 + 500 // more than two pages
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, url, store.Options{})
			add := func(n int) error {
				return s.Events.Append(t.Context(), "acme", store.Event{Kind: "test", Detail: fmt.Sprint(n)})
			}
			var all errgroup.Group
			all.SetLimit(256)
			for n := range events {
				all.Go(func() error { return add(n) })
			}
			if err := all.Wait(); err != nil {
				t.Fatal(err)
			}
			beside := beside(t, url)
			told, last := make(map[string]bool), ""
			err := s.Events.Each(t.Context(), store.EventQuery{Tenant: "acme"}, func(e store.Event) error {
				if e.ID <= last || told[e.Detail] {
					t.Errorf("%s comes after %s", e.ID, last)
				}
				last, told[e.Detail] = e.ID, true
				if len(told)%1000 != 1 || !strings.HasPrefix(url, "sqlite") {
					return nil
				}
				if err := add(events + len(told)); err != nil { // something new is in the log
					return err
				}
				var kept, pages, taken int
				err := beside.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&kept, &pages, &taken)
				if kept != 0 {
					t.Errorf("after %d events the log cannot begin anew", len(told))
				}
				return err
			})
			if err != nil || len(told) < events {
				t.Errorf("told of %d events: %v", len(told), err)
			}
		})
	}
}
