package store

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteEngine opens one writer with immediate transactions (deferred ones that read and
// then write fail with SQLITE_BUSY) and a second, read-only pool beside it. FULL is what
// makes a commit in WAL mode wait for fsync.
func sqliteEngine(path string) (engine, error) {
	if path == "" {
		return engine{}, errors.New("store: sqlite URL names no file")
	}
	if err := private(path); err != nil {
		return engine{}, fmt.Errorf("store: make the database's file: %w", err)
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(8000)"
	return engine{
		name: "sqlite3", driver: "sqlite",
		writes: base + "&_txlock=immediate",
		reads:  base + "&_pragma=query_only(1)",
		begin:  "BEGIN IMMEDIATE",
		mark:   func(int) string { return "?" },
		lanes:  1, conns: 2 + runtime.GOMAXPROCS(0),
		again:      func(error) bool { return false },
		inputError: func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT },
		duplicate:  func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT },
		busy: func(err error) bool {
			return sqliteCode(err) == sqlite3.SQLITE_BUSY || sqliteCode(err) == sqlite3.SQLITE_LOCKED
		},
		trouble: sqliteTrouble,
		look:    "SELECT EXISTS (SELECT 1 FROM settings WHERE name = '')", file: path, log: path + "-wal",
		// Whoever waits for an answer waits for another process, a command, no longer than for a lane.
		tune: func(busyAfter time.Duration) string {
			return fmt.Sprintf("PRAGMA busy_timeout = %d", busyAfter.Milliseconds())
		},
	}, nil
}

// private makes the file before SQLite does, for its owner alone: it holds people's data, and
// the files SQLite puts beside it get the same mode.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// sqliteTrouble tells what is wrong with the file or its disk. An error while the disk was to
// keep something is the worst: the system may have forgotten that it did not.
func sqliteTrouble(err error) Trouble {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC:
		return DiskFailed
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR: // a quota that is used up is an I/O error
		return DiskFull
	case sqlite3.SQLITE_READONLY:
		return ReadOnly
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return Down
	}
	return ""
}
