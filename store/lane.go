package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

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
	jobs := l.gather(first)
	if len(jobs) == 0 {
		return
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

// gather takes what waits, but for what was withdrawn meanwhile.
func (l *lane) gather(first *job) []*job {
	jobs := make([]*job, 0, maxBatch)
	take := func(j *job) {
		if j.taken.CompareAndSwap(false, true) {
			jobs = append(jobs, j)
		}
	}
	take(first)
	for len(jobs) < maxBatch {
		select {
		case j, open := <-l.jobs:
			if open {
				take(j)
				continue
			}
		default:
		}
		break
	}
	return jobs
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
	for tries := 0; err != nil && l.db.engine.again(err) && tries < maxAgain; tries++ {
		err = l.transact(jobs)
	}
	if err == nil {
		return
	}
	if len(jobs) > 1 && l.db.engine.inputError(err) {
		for _, j := range jobs {
			l.commitAll([]*job{j})
		}
		return
	}
	switch {
	case l.db.engine.duplicate(err):
		err = ErrConflict
	case l.db.engine.busy(err):
		err = fmt.Errorf("%w: %w", l.db.watch.turnedAway(), err)
	default:
		err = unavailable("commit", err)
	}
	for _, j := range jobs {
		j.err = err
	}
}

// transact runs one transaction. A job's refusal is the job's; an engine's error is returned
// after a rollback. The disk may have failed since the jobs were accepted.
func (l *lane) transact(jobs []*job) (err error) {
	epoch, err := l.db.watch.writable()
	if err != nil {
		return err
	}
	defer func() { l.db.watch.committed(err) }()
	ctx, cancel := l.db.engine.bounded(epoch, jobs[0].locks.many)
	defer cancel()
	t, err := l.begin(ctx)
	if err != nil {
		return because(epoch, err)
	}
	err = t.all(ctx, jobs)
	if err == nil {
		err = t.exec(ctx, "COMMIT")
	}
	if err != nil && t.exec(ctx, "ROLLBACK") != nil {
		l.drop()
	}
	return because(epoch, err)
}

// begin starts a transaction, on a new connection when the old one turns out to be dead: a
// database that was restarted costs nobody an answer.
func (l *lane) begin(ctx context.Context) (*tx, error) {
	for fresh := l.conn == nil; ; fresh = true {
		if err := l.connect(ctx); err != nil {
			return nil, err
		}
		t := &tx{lane: l, now: l.db.millis()}
		err := t.exec(ctx, l.db.engine.begin)
		if err == nil {
			return t, nil
		}
		l.drop()
		if fresh {
			return nil, err
		}
	}
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
	if l.db.engine.tune == "" {
		return nil
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(l.db.engine.tune, l.db.engine.busyAfter.Milliseconds())); err != nil {
		l.drop()
		return err
	}
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
