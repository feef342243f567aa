package store

import (
	"path/filepath"
	"testing"

	"scimrelay/internal/board"
)

// M10: NORMAL acknowledges without fsync, and nothing that can be tested from outside shows it
// before the power fails. The connection that commits must say FULL (2) of itself.
func TestAnAcknowledgedWriteIsSynced(t *testing.T) {
	t.Parallel()
	settings := board.Begin(t, "S39").Sum("settings of SQLite looked at", 3)
	s, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// The lane takes its connection with the first write; before that the pool's only one is free.
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		settings.Add(1)
		var got string
		if err := s.db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s: %v", pragma, got, want, err)
		}
	}
}
