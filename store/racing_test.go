package store_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"

	"scimrelay/store"
)

// A gateway and a command, or two commands, may find a new file, or a new version's, at once.
func TestWhoeverOpensANewFileAtOnceFindsItWhole(t *testing.T) {
	t.Parallel()
	for range 3 {
		url := "sqlite://" + filepath.Join(t.TempDir(), "test.db")
		const openers = 6
		errs := make([]error, openers)
		var all sync.WaitGroup
		for i := range openers {
			all.Go(func() {
				s, err := store.Open(t.Context(), url, store.Options{})
				if err == nil {
					_, err = s.Settings.Ensure(t.Context(), "name", "value")
					_ = s.Close()
				}
				errs[i] = err
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhoeverWaitsForAnotherToMigrateSaysSo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	other := flock.New(path + ".schema.lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Open(ctx, "sqlite://"+path, store.Options{})
	if err == nil || !strings.Contains(err.Error(), "another process brings the schema of "+path+" up to date") {
		t.Errorf("opened beside a migration: %v", err)
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite://"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
