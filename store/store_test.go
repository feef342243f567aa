package store_test

import (
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
	storetest.Run(t, func(tb testing.TB) string { return "sqlite://" + filepath.Join(tb.TempDir(), "test.db") })
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
	if err != nil || len(files) != 3 {
		t.Fatalf("files %v: %v", files, err)
	}
	for _, f := range append(files, filepath.Dir(path)) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: %v", f, info.Mode(), err)
		}
	}
}
