package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"scimrelay/internal/services"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

var databases services.Databases

func TestMain(m *testing.M) { os.Exit(services.Main(m, &databases)) }

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) string { return storetest.Fresh(tb, tb.TempDir()) })
}

func TestPostgreSQL(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) string { return databases.New(tb) })
}

func TestOnlyTheOwnerMayReadTheDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "test.db")
	s, err := store.Open(t.Context(), "sqlite://"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v: %v", files, err)
	}
	for _, f := range append(files, filepath.Dir(path)) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: %v", f, info.Mode(), err)
		}
	}
}

// A PostgreSQL that was restarted has closed every connection; nobody may notice.
func TestADatabaseThatClosedItsConnectionsCostsNobodyAnAnswer(t *testing.T) {
	t.Parallel()
	url := databases.New(t)
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := store.Write{Tenant: "acme", Targets: []string{"sage"}}
	create := func(name string) error {
		_, err := s.Directory.Create(t.Context(), write, "User", name, store.Revision{Body: []byte("{}"), Keys: store.Keys{Name: name}})
		return err
	}
	for i := range 20 { // so that every lane has a connection
		if err := create(fmt.Sprint("before", i)); err != nil {
			t.Fatal(err)
		}
	}
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	_, err = admin.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := create(fmt.Sprint("after", i)); err != nil {
			t.Error(err)
		}
		if _, err := s.Directory.Get(t.Context(), "acme", "User", fmt.Sprint("after", i)); err != nil {
			t.Error(err)
		}
	}
}
