package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"scimrelay/store"
)

// Fresh puts an empty SQLite database of the present schema into the folder and returns its URL. It
// is a copy: under the race detector making the tables takes longer than most tests.
func Fresh(tb testing.TB, dir string) (url string) {
	tb.Helper()
	content, err := template()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(dir, "fresh.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite://" + path
}

// template is the content of a database that has just been made, once for a test process.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "scimrelay-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	s, err := store.Open(context.Background(), "sqlite://"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
