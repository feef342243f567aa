package store

import (
	"context"
	"os"
)

// Trouble is what keeps the store from doing its work, in a word.
type Trouble string

// The troubles. The empty one is none.
const (
	Down       Trouble = "down"        // it does not answer
	ReadOnly   Trouble = "read_only"   // it takes no writes
	DiskFull   Trouble = "disk_full"   // it has no room for writes
	DiskFailed Trouble = "disk_failed" // the disk did not keep what it was told to; only a restart helps
	Busy       Trouble = "busy"        // somebody waited too long a moment ago
	LongLog    Trouble = "long_log"    // the write-ahead log has grown beyond its measure
)

// Serving reports whether requests can be answered all the same.
func (t Trouble) Serving() bool { return t == "" || t == Busy || t == LongLog }

// maxLog is how long the write-ahead log of a file may become. A reader that never ends keeps it
// from being taken over into the database.
const maxLog = 256 << 20

// Health says how the store is. It takes no connection from those who work, and no longer than
// the context lasts.
func (s *Store) Health(ctx context.Context) Trouble {
	trouble := s.db.watch.now()
	if trouble.Serving() && !s.db.engine.server() {
		if _, err := s.db.watch.ask(ctx); err != nil {
			return Down
		}
	}
	if trouble == "" && s.LogBytes() > maxLog {
		return LongLog
	}
	return trouble
}

// LogBytes is how long the write-ahead log of a file is, 0 for a server.
func (s *Store) LogBytes() int64 {
	if s.db.engine.log == "" {
		return 0
	}
	info, err := os.Stat(s.db.engine.log)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Failed is closed when the disk did not keep what it was told to: the store takes no more writes,
// and the process should end and begin again from what is really there.
func (s *Store) Failed() <-chan struct{} { return s.db.watch.failed }
