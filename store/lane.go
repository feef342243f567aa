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
	large chan *job // nil where it takes only what shares transactions
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	texts map[insertionKey]string
}

// run works on what waits, those that share a transaction and those that have one of their own
// in no order: nobody is in hand of a lane that works on somebody else.
func (l *lane) run() {
	defer l.drop()
	shared, alone := l.shared, l.large
	for shared != nil || alone != nil { // what was accepted before closing is still written
		select {
		case j, open := <-shared:
			if !open {
				shared = nil
				continue
			}
			l.batch(l.gather(j))
		case j, open := <-alone:
			if !open {
				alone = nil
				continue
			}
			l.batch([]*job{j})
		}
	}
}

// gather takes what waits to share a transaction.
func (l *lane) gather(first *job) []*job {
	jobs := append(make([]*job, 0, maxBatch), first)
	for len(jobs) < maxBatch {
		select {
		case j, open := <-l.shared:
			if open {
				jobs = append(jobs, j)
				continue
			}
		default:
		}
		break
	}
	return jobs
}

// batch begins with the jobs, but for those that were withdrawn meanwhile. A single lane meets
// nobody and need not sort them.
func (l *lane) batch(jobs []*job) {
	jobs = slices.DeleteFunc(jobs, func(j *job) bool { return !j.taken.CompareAndSwap(false, true) })
	if len(jobs) == 0 {
		return
	}
	if l.db.engine.lanes > 1 {
		slices.SortStableFunc(jobs, func(a, b *job) int { return strings.Compare(a.locks.row, b.locks.row) })
	}
	l.commitAll(jobs)
}

// commitAll writes the jobs in one transaction and tells everyone. When one job's data breaks it,
// each is tried alone, so that only the guilty one fails.
func (l *lane) commitAll(jobs []*job) {
	start := l.db.now()
	err := l.transact(jobs)
	for tries := 0; err != nil && l.db.engine.again(err) && tries < maxAgain; tries++ {
		err = l.transact(jobs)
	}
	if len(jobs) > 1 && l.db.engine.inputError(err) {
		for _, j := range jobs {
			l.commitAll([]*job{j})
		}
		return
	}
	if err == nil && l.onCommit != nil {
		l.onCommit(len(jobs), l.db.now().Sub(start))
	}
	err = l.verdict(err)
	for _, j := range jobs {
		if err != nil {
			j.err = err
		}
		close(j.done)
	}
}

// verdict is what a transaction's error means for its jobs.
func (l *lane) verdict(err error) error {
	switch {
	case err == nil:
		return nil
	case l.db.engine.duplicate(err):
		return ErrConflict
	case l.db.engine.busy(err):
		return fmt.Errorf("%w: %w", l.db.watch.turnedAway(), err)
	}
	return unavailable("commit", err)
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
	if _, err := conn.ExecContext(ctx, l.db.engine.tune(l.db.engine.busyAfter)); err != nil {
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
