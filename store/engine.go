package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// engine is what differs between the two databases: how to open them, the words that begin
// a write transaction, how many writers make sense, and how their errors read.
type engine struct {
	name   string // goose's name of the dialect
	driver string
	reads  string // data source of the read pool
	writes string
	begin  string
	// mark stands for the n-th value of a statement with many. SQLite's driver looks each numbered
	// one up among all of them by its name.
	mark func(n int) string
	// arrays says that many rows are sent as an array for each of their columns.
	arrays bool
	lanes  int // writers that commit independently of each other
	conns  int // read connections
	clock  string
	// share and exclude take a tenant's roster: whoever changes who is in which group shares it,
	// and whoever takes members away for good has it alone. Whoever drops a group's removals has
	// these alone, and so has whoever changes a tenant's tokens. A target that can no longer reach
	// its vendor shares the host's incidents; who begins or ends one has them alone. One lane needs
	// neither.
	share, exclude string
	// look asks a server whether it takes no writes, and a file whether it can be read.
	look string
	file string // path of the file, empty for a server
	log  string // and of its write-ahead log
	// tune is said on a lane's connection before anything else.
	tune func(busyAfter time.Duration) string
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
