package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxBatch   = 128             // writes that share one commit
	maxWaiting = 4096            // writes that wait for a lane
	busyAfter  = 2 * time.Second // how long a write waits for a place among them
)

// A job is one caller's write. It must refuse (return an error) before it changes anything,
// so that a refusal needs no rollback and the rest of its batch commits.
type job struct {
	create *creation // a creation, which a batch inserts together with the others; or
	apply  func(ctx context.Context, t *tx) error
	locks  locks
	ctx    context.Context
	err    error
	done   chan struct{}
}

// locks says which rows a job changes. All transactions take them in one order, targets before
// resources and each by name, so that lanes never wait for each other in a circle: the jobs of
// a batch are sorted, and one that goes through many rows by itself has a transaction of its own.
type locks struct {
	row  string
	many bool
}

func lockTarget(tenant, target string) locks     { return locks{row: "1 " + tenant + " " + target} }
func lockResource(tenant, resource string) locks { return locks{row: "2 " + tenant + " " + resource} }
func lockMany() locks                            { return locks{many: true} }

// committer gathers concurrent writes into shared transactions: one fsync acknowledges many.
// There is no timer: a lane takes what waits, and while it commits the next batch gathers.
type committer struct {
	db       *database
	onCommit func(int, time.Duration)
	jobs     chan *job
	lanes    sync.WaitGroup

	mu     sync.RWMutex // held for reading while a job is handed over
	closed bool
}

func startCommitter(db *database, onCommit func(int, time.Duration)) *committer {
	c := &committer{db: db, onCommit: onCommit, jobs: make(chan *job, maxWaiting)}
	for range db.engine.lanes {
		c.lanes.Go(func() { (&lane{committer: c, texts: make(map[insertionKey]string)}).run() })
	}
	return c
}

// close lets the lanes finish what waits and stops them.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.jobs)
	}
	c.mu.Unlock()
	c.lanes.Wait()
}

// do runs one write in some shared transaction and returns once it is committed or refused.
func (c *committer) do(ctx context.Context, l locks, apply func(context.Context, *tx) error) error {
	return c.submit(&job{apply: apply, locks: l, ctx: ctx, done: make(chan struct{})})
}

func (c *committer) submit(j *job) error {
	if err := c.hand(j); err != nil {
		return err
	}
	select {
	case <-j.done:
		return j.err
	case <-j.ctx.Done(): // the write may still happen: the outcome is unknown
		return unavailable("wait for a commit", context.Cause(j.ctx))
	}
}

// hand gives the job to the lanes, waiting a little when too many wait already.
func (c *committer) hand(j *job) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return fmt.Errorf("store: %w: closed", ErrUnavailable)
	}
	select {
	case c.jobs <- j:
		return nil
	default:
	}
	timer := time.NewTimer(busyAfter)
	defer timer.Stop()
	select {
	case c.jobs <- j:
		return nil
	case <-timer.C:
		return ErrBusy
	case <-j.ctx.Done():
		return unavailable("wait for a writer", context.Cause(j.ctx))
	}
}

// lane is one writer: a connection of its own, with its prepared statements.
type lane struct {
	*committer
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	texts map[insertionKey]string
}

func (l *lane) run() {
	defer l.drop()
	for first := range l.jobs { // what was accepted before closing is still written
		l.batch(first)
	}
}

// batch takes what waits, commits it and tells everyone.
func (l *lane) batch(first *job) {
	jobs := append(make([]*job, 0, maxBatch), first)
	for len(jobs) < maxBatch {
		select {
		case j, open := <-l.jobs:
			if open {
				jobs = append(jobs, j)
				continue
			}
		default:
		}
		break
	}
	start := l.db.now()
	for _, transaction := range l.split(jobs) {
		l.commitAll(transaction)
	}
	if l.onCommit != nil {
		l.onCommit(len(jobs), l.db.now().Sub(start))
	}
	for _, j := range jobs {
		close(j.done)
	}
}

// split brings a batch into transactions. A single lane meets nobody and needs one only.
func (l *lane) split(jobs []*job) [][]*job {
	if l.db.engine.lanes == 1 {
		return [][]*job{jobs}
	}
	var shared []*job
	var all [][]*job
	for _, j := range jobs {
		if j.locks.many {
			all = append(all, []*job{j})
		} else {
			shared = append(shared, j)
		}
	}
	slices.SortStableFunc(shared, func(a, b *job) int { return strings.Compare(a.locks.row, b.locks.row) })
	if len(shared) > 0 {
		all = append(all, shared)
	}
	return all
}

// commitAll writes the jobs in one transaction. When one job's data breaks it, each is tried
// alone, so that only the guilty one fails.
func (l *lane) commitAll(jobs []*job) {
	err := l.transact(jobs)
	if err == nil {
		return
	}
	if len(jobs) > 1 && l.db.engine.inputError(err) {
		for _, j := range jobs {
			l.commitAll([]*job{j})
		}
		return
	}
	if l.db.engine.duplicate(err) {
		err = ErrConflict
	} else {
		err = unavailable("commit", err)
	}
	for _, j := range jobs {
		j.err = err
	}
}

// transact runs one transaction. A job's refusal is the job's; an engine's error is returned
// after a rollback.
func (l *lane) transact(jobs []*job) error {
	ctx, cancel := l.db.engine.bounded()
	defer cancel()
	if err := l.connect(ctx); err != nil {
		return err
	}
	t := &tx{lane: l, now: l.db.millis()}
	if err := t.exec(ctx, l.db.engine.begin); err != nil {
		l.drop()
		return err
	}
	err := t.all(ctx, jobs)
	if err == nil {
		err = t.exec(ctx, "COMMIT")
	}
	if err != nil && t.exec(ctx, "ROLLBACK") != nil {
		l.drop()
	}
	return err
}

// connect takes a connection and keeps it: statements stay prepared on it.
func (l *lane) connect(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	conn, err := l.db.write.Conn(ctx)
	if err != nil {
		return err
	}
	l.conn, l.stmts = conn, make(map[string]*sql.Stmt)
	return nil
}

// drop gives up a connection whose state is not known.
func (l *lane) drop() {
	if l.conn == nil {
		return
	}
	for _, s := range l.stmts {
		_ = s.Close()
	}
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // makes the pool discard it
	_ = l.conn.Close()
	l.conn, l.stmts = nil, nil
}
