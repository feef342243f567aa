package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAKeyThatIsMadeIsSyncedWithItsFolder: the database syncs what is hashed with the key, so the
// key's name must last at least as long.
func TestAKeyThatIsMadeIsSyncedWithItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var synced []string
	files := keyFiles{dir, func(folder string) error {
		text, err := os.ReadFile(filepath.Join(folder, tokenKeyFile))
		synced = append(synced, string(text))
		return err
	}}
	key, err := files.Ensure(t.Context(), tokenKeyFile, "first")
	if err != nil || key != "first" || len(synced) != 1 || synced[0] != "first" {
		t.Errorf("%q, %v; synced %q", key, err, synced)
	}
	if err := files.Replace(t.Context(), tokenKeyFile, "first", "second"); err != nil || len(synced) != 2 || synced[1] != "second" {
		t.Errorf("%v; synced %q", err, synced)
	}
	if key, err := files.Ensure(t.Context(), tokenKeyFile, "third"); err != nil || key != "second" {
		t.Errorf("%q, %v", key, err)
	}
}

func TestAKeyWhoseNameMayNotLastIsNotUsed(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk does not sync")
	files := keyFiles{t.TempDir(), func(string) error { return broken }}
	if key, err := files.Ensure(t.Context(), tokenKeyFile, "first"); !errors.Is(err, broken) || key != "" {
		t.Errorf("%q, %v", key, err)
	}
}
