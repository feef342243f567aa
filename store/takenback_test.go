package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// Whoever goes back a version keeps the notices, and may come again.
func TestDeliveriesCanBeTakenBack(t *testing.T) {
	t.Parallel()
	for dialect, url := range map[string]string{"sqlite3": "sqlite://" + filepath.Join(t.TempDir(), "down.db"), "postgres": databases.New(t)} {
		s := openAt(t, url, store.Options{})
		told := store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeEntered}}
		if err := s.Notices.Tell(t.Context(), told); err != nil {
			t.Fatal(err)
		}
		driver, source := "pgx", url
		if dialect == "sqlite3" {
			driver, source = "sqlite", strings.TrimPrefix(url, "sqlite://")
		}
		db, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		provider, err := goose.NewProvider(goose.Dialect(dialect), db, os.DirFS("migrations"))
		if err == nil {
			_, err = provider.DownTo(t.Context(), 8)
		}
		if err == nil {
			_, err = provider.Up(t.Context())
		}
		if err != nil {
			t.Errorf("%s: %v", dialect, err)
			continue
		}
		again := openAt(t, url, store.Options{})
		n, err := again.Notices.Spread(t.Context(), 2, func(store.KeptNotice) []store.Outlet { return nil })
		if err != nil || n != 1 {
			t.Errorf("%s: %d are kept, %v", dialect, n, err)
		}
	}
}
