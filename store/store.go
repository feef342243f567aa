package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"scimrelay/quarantine"
)

// Store is the open database, one field for each role.
type Store struct {
	Directory *Directory
	Links     *Links
	Targets   *Targets
	Tokens    *Tokens
	Events    *Events
	Settings  *Settings
	// Transactions are what clients hear of later.
	Transactions *Transactions
	// Notices are what people have to be told.
	Notices *Notices

	db *database
}

// Options are the parts of a store that tests replace. The zero value is right elsewhere.
type Options struct {
	Now func() time.Time
	// OnCommit hears how many writes each commit carried, for metrics.
	OnCommit func(writes int, took time.Duration)
	// Quarantine is by which numbers targets rest; without any, the usual ones.
	Quarantine quarantine.Policy
	// Busy is how long a request waits for a writer or a connection before it is turned away;
	// 0 is two seconds.
	Busy time.Duration
}

// database is what the roles share: the read pool, the committer and the clock.
type database struct {
	engine engine
	read   *reader
	write  *sql.DB
	watch  *watch
	commit *committer
	asking *asking
	policy quarantine.Policy
	now    func() time.Time
	clock  atomic.Pointer[reckoning] // nil where the database's clock is this machine's
	closed chan struct{}
	once   sync.Once
}

// Open opens the database at the URL (sqlite://path or postgres://…), brings its schema up
// to date and starts the writers. Racing openers of one database wait for each other.
func Open(ctx context.Context, storeURL string, opts Options) (*Store, error) {
	e, err := engineFor(storeURL)
	if err != nil {
		return nil, err
	}
	if e.busyAfter = opts.Busy; e.busyAfter == 0 {
		e.busyAfter = busyAfter
	}
	db := &database{engine: e, now: opts.Now, policy: opts.Quarantine, closed: make(chan struct{})}
	if db.now == nil {
		db.now = time.Now
	}
	if db.policy.GiveUp == 0 {
		db.policy = quarantine.Default()
	}
	read, write, look, err := e.open()
	if err != nil {
		return nil, err
	}
	db.write, db.watch = write, newWatch(e, look)
	db.read = newReader(read, e.conns, db.watch)
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.closePools())
	}
	db.commit = startCommitter(db, opts.OnCommit)
	db.watch.probe = db.commit.probe
	db.asking = &asking{db: db}
	go db.watch.run(db.closed)
	if e.clock != "" {
		go db.keepClock(context.WithoutCancel(ctx))
	}
	return &Store{
		Directory: &Directory{db}, Links: &Links{db}, Targets: &Targets{db},
		Tokens: &Tokens{db}, Events: &Events{db}, Settings: &Settings{db},
		Transactions: &Transactions{db}, Notices: &Notices{db}, db: db,
	}, nil
}

// prepare migrates and sets the clock.
func (db *database) prepare(ctx context.Context) error {
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if err := db.engine.checkDurable(ctx, db.write); err != nil {
		return err
	}
	return db.syncClock(ctx)
}

// Close waits for the writes already accepted and closes the database. The watch ends after them:
// a server that falls silent meanwhile must not hold them for ever.
func (s *Store) Close() error {
	s.db.commit.close()
	s.db.once.Do(func() { close(s.db.closed) })
	return s.db.closePools()
}

func (db *database) closePools() error {
	return errors.Join(db.read.close(), db.write.Close(), db.watch.db.Close())
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
