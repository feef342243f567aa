package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// What was told is of no use after a while. Nothing of it may stay, or the tables grow for ever.
func TestNothingStaysOfWhatWasTold(t *testing.T) {
	t.Parallel()
	for dialect, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "n.db"), "pgx": databases.New(t)} {
		t.Run(dialect, func(t *testing.T) {
			var ahead atomic.Int64
			s := openAt(t, url, store.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
			db, err := sql.Open(dialect, strings.TrimPrefix(url, "sqlite://"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			moved := store.Outlet{Tenant: "acme", Channel: store.ChannelEmail, Address: "a0"}
			right := store.Outlet{Tenant: "acme", Channel: store.ChannelEmail, Address: "a1"}
			tell := func(to store.Outlet, end store.Settlement) {
				t.Helper()
				_, err := s.Notices.Spread(t.Context(), 10, func(store.KeptNotice) []store.Outlet { return []store.Outlet{to} })
				if err != nil {
					t.Fatal(err)
				}
				all, err := s.Notices.Claim(t.Context(), 10, store.Terms{TTL: time.Minute, MaxAge: time.Hour, Notices: 10})
				if err != nil || len(all) != 1 {
					t.Fatal(all, err)
				}
				if err := s.Notices.Settle(t.Context(), all[0], end); err != nil {
					t.Fatal(err)
				}
			}
			n := store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeEntered}}
			if err := s.Notices.Tell(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			tell(moved, store.Settlement{End: store.OutletMoved})
			tell(right, store.Settlement{End: store.MessageDelivered, Quiet: time.Hour})
			counted(t, db, map[string]int{"notices": 1, "deliveries": 1, "outlets": 1})
			ahead.Store(int64(91 * 24 * time.Hour))
			if n, err := s.Notices.Forget(t.Context(), 10); n != 1 || err != nil {
				t.Fatalf("forgot %d, %v", n, err)
			}
			counted(t, db, map[string]int{"notices": 0, "deliveries": 0, "outlets": 0})
		})
	}
}

func counted(t *testing.T, db *sql.DB, want map[string]int) {
	t.Helper()
	for table, rows := range want {
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil || n != rows {
			t.Errorf("%d rows of %s, want %d: %v", n, table, rows, err)
		}
	}
}
