package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"scimrelay/internal/services"
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
