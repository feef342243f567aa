package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is what differs between the two databases: how to open them, the words that begin
// a write transaction, how many writers make sense, and how their errors read.
type engine struct {
	name   string // goose's name of the dialect
	driver string
	reads  string // data source of the read pool
	writes string
	begin  string
	lanes  int // writers that commit independently of each other
	conns  int // read connections
	clock  string
	// share and exclude take a tenant's roster: whoever changes who is in which group shares it,
	// and whoever takes members away for good has it alone. Whoever drops a group's removals has
	// these alone. One lane needs neither.
	share, exclude string
	// look asks a server whether it takes no writes, and a file whether it can be read.
	look string
	log  string // path of a file's write-ahead log, empty for a server
	// tune is said on a lane's connection before anything else, with busyAfter in milliseconds.
	tune string
	// busyAfter is how long somebody waits for a place before they are turned away.
	busyAfter time.Duration
	// patience bounds one batch, zero where nothing can fall silent; a job that goes through
	// many rows has six times as long.
	patience time.Duration
	// inputError reports an error that one statement's data caused, so that the rest of a
	// batch can be tried without it.
	inputError func(error) bool
	// again reports an error that only says that another transaction was in the way.
	again func(error) bool
	// duplicate reports a violated unique constraint.
	duplicate func(error) bool
	// moment is what lets a transaction that only reads see one moment.
	moment sql.IsolationLevel
	// busy reports that others kept the database from it for too long.
	busy func(error) bool
	// trouble is what a commit's error says of the database, nothing of most.
	trouble func(error) Trouble
}

// server reports that the database is a process of its own, which can fall silent.
func (e engine) server() bool { return e.clock != "" }

// engineFor chooses the engine by the URL's scheme.
func engineFor(storeURL string) (engine, error) {
	scheme, rest, _ := strings.Cut(storeURL, "://")
	switch scheme {
	case "sqlite":
		return sqliteEngine(rest)
	case "postgres", "postgresql":
		return postgresEngine(storeURL), nil
	}
	return engine{}, fmt.Errorf("store: unknown scheme %q; want sqlite or postgres", scheme)
}

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
		lanes:  1, conns: 2 + runtime.GOMAXPROCS(0),
		again:      func(error) bool { return false },
		inputError: func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT },
		duplicate:  func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT },
		busy: func(err error) bool {
			return sqliteCode(err) == sqlite3.SQLITE_BUSY || sqliteCode(err) == sqlite3.SQLITE_LOCKED
		},
		trouble: sqliteTrouble,
		look:    "SELECT EXISTS (SELECT 1 FROM settings WHERE name = '')", log: path + "-wal",
		// Whoever waits for an answer waits for another process, a command, no longer than for a lane.
		tune: "PRAGMA busy_timeout = %d",
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

// connectLimit bounds one attempt to reach a server, unless its URL says otherwise: one that
// accepts and says nothing would hold the start, or a writer, for ever.
const connectLimit = 10 * time.Second

func postgresEngine(dsn string) engine {
	return engine{
		name: "postgres", driver: "pgx", writes: dsn, reads: dsn,
		busy:     func(err error) bool { return postgresClass(err, "53300", "55P03", "40") },
		trouble:  postgresTrouble,
		look:     "SELECT pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS BOOLEAN)",
		begin:    "BEGIN",
		share:    "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
		exclude:  "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
		patience: 10 * time.Second,
		lanes:    4, conns: 16,
		clock: "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		// 23503: a resource went while its links were being made; the next look does not see it.
		again:      func(err error) bool { return postgresClass(err, "40", "23503") },
		inputError: func(err error) bool { return postgresClass(err, "22", "23", "40", "54") },
		duplicate:  func(err error) bool { return postgresClass(err, "23505") },
		moment:     sql.LevelRepeatableRead,
	}
}

func postgresTrouble(err error) Trouble {
	switch {
	case postgresClass(err, "53100", "58030"): // a full disk, an I/O error
		return DiskFull
	case postgresClass(err, "25006"):
		return ReadOnly
	}
	return ""
}

// brokenConn reports that a connection to a server turned out to be of no use, which says nothing
// of the server that runs now.
func brokenConn(err error) bool {
	var refused *pgconn.ConnectError
	var network net.Error
	switch {
	case err == nil, errors.As(err, &refused):
		return false
	case postgresClass(err, "57P01", "57P02"): // it was told to end, or has crashed
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.As(err, &network) && !network.Timeout()
}

// postgresClass reports whether err carries an SQLSTATE that begins with one of the prefixes.
func postgresClass(err error, prefixes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, p := range prefixes {
		if strings.HasPrefix(e.Code, p) {
			return true
		}
	}
	return false
}

// bounded is the context of one batch, which ends with the epoch. A file needs no limit, and without one its driver
// saves a goroutine for each statement; a server that went silent must not hold a lane.
func (e engine) bounded(epoch context.Context, many bool) (context.Context, context.CancelFunc) {
	if e.patience == 0 {
		return epoch, func() {}
	}
	patience := e.patience
	if many {
		patience *= 6
	}
	return context.WithTimeout(epoch, patience)
}

// checkDurable refuses a server that acknowledges what it has not written: a 2xx would be a
// promise nobody keeps. SQLite's connections are told how to behave when they are made.
func (e engine) checkDurable(ctx context.Context, db *sql.DB) error {
	if e.name != "postgres" {
		return nil
	}
	var mode string
	if err := db.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&mode); err != nil {
		return unavailable("read synchronous_commit", err)
	}
	if mode == "off" {
		return errors.New("store: PostgreSQL runs with synchronous_commit=off, which acknowledges writes that can be lost")
	}
	return nil
}

// open makes the pools for reading and for writing, and the one connection that watches.
func (e engine) open() (read, write, look *sql.DB, err error) {
	if write, err = e.pool(e.writes); err != nil {
		return nil, nil, nil, err
	}
	if read, err = e.pool(e.reads); err != nil {
		return nil, nil, nil, err
	}
	if look, err = e.pool(e.reads); err != nil {
		return nil, nil, nil, err
	}
	write.SetMaxOpenConns(e.lanes + 1) // the lanes, and migrations or a CLI beside them
	if e.lanes == 1 {
		write.SetMaxOpenConns(1)
	}
	read.SetMaxOpenConns(e.conns)
	read.SetMaxIdleConns(e.conns)
	read.SetConnMaxIdleTime(5 * time.Minute)
	look.SetMaxOpenConns(1)
	return read, write, look, nil
}

func (e engine) pool(source string) (*sql.DB, error) {
	if !e.server() {
		db, err := sql.Open(e.driver, source)
		if err != nil {
			return nil, fmt.Errorf("store: open: %w", err)
		}
		return db, nil
	}
	config, err := pgx.ParseConfig(source)
	if err != nil { // it quotes what it could not read, without the password
		return nil, fmt.Errorf("store: open: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit
	}
	return stdlib.OpenDB(*config), nil
}

// skew asks the database's clock how far it is from ours; SQLite's clock is ours.
func (e engine) skew(ctx context.Context, db *reader, now func() time.Time) (time.Duration, error) {
	if e.clock == "" {
		return 0, nil
	}
	var ms int64
	var before, after time.Time
	for range 2 { // the first question may pay for a connection, whose time is nobody's clock
		before = now()
		if err := db.QueryRowContext(ctx, e.clock).Scan(&ms); err != nil {
			return 0, unavailable("read the clock", err)
		}
		after = now()
	}
	middle := before.Add(after.Sub(before) / 2)
	return time.UnixMilli(ms).Sub(middle), nil
}
