package store

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxBatch   = 128             // writes that share one commit
	maxWaiting = 4096            // writes that wait for a lane
	maxAgain   = 3               // how often a transaction that lost to another is repeated
	busyAfter  = 2 * time.Second // how long a write waits for a place among them, and a request's for its lane, unless Options say
)

// A job is one caller's write. It must refuse (return an error) before it changes anything,
// so that a refusal needs no rollback and the rest of its batch commits.
type job struct {
	create *creation // a creation, which a batch inserts together with the others; or
	apply  func(ctx context.Context, t *tx) error
	locks  locks
	ctx    context.Context
	// hurried says that somebody waits for an answer: a job that no lane has taken in time is
	// withdrawn, and has not happened.
	hurried bool
	taken   atomic.Bool // by the lane that begins with it, or back by its caller
	err     error
	done    chan struct{}
}

// locks says which rows a job changes. Transactions take them in one order, so that lanes do not
// wait for each other in a circle: a host's incidents and a tenant's roster before targets,
// targets before resources, and of these memberships before links, each by name. The jobs of a
// batch are sorted, and one that goes through many rows by itself, or needs the roster or all of a
// tenant's tokens, has a transaction of its own. Those whom a Record wakes or frees it takes last,
// whatever their names: should it meet a batch in a circle there, the database breaks it and the
// transaction is repeated.
type locks struct {
	row  string
	many bool
}

func lockTarget(tenant, target string) locks     { return locks{row: "1 " + tenant + " " + target} }
func lockResource(tenant, resource string) locks { return locks{row: "2 " + tenant + " " + resource} }
func lockMany() locks                            { return locks{many: true} }

// committer gathers concurrent writes into shared transactions: one fsync acknowledges many.
// There is no timer: a lane takes what waits, and while it commits the next batch gathers. A lane
// takes only what it begins with at once. What takes long has a line of its own: it holds the lane
// that works on it, and nobody who waits. The first lane takes none of that: however many large
// writes there are, one lane is left for answers and leases.
type committer struct {
	db       *database
	onCommit func(int, time.Duration)
	shared   chan *job // what shares transactions
	alone    chan *job // what has one of its own
	lanes    sync.WaitGroup

	mu     sync.RWMutex // held for reading while a job is handed over
	closed bool
}

func startCommitter(db *database, onCommit func(int, time.Duration)) *committer {
	c := &committer{db: db, onCommit: onCommit, shared: make(chan *job, maxWaiting), alone: make(chan *job, maxWaiting)}
	for i := range db.engine.lanes {
		l := &lane{committer: c, large: c.alone, texts: make(map[insertionKey]string)}
		if i == 0 {
			l.large = nil
		}
		c.lanes.Go(l.run)
	}
	return c
}

// close lets the lanes finish what waits and stops them.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.shared)
		close(c.alone)
	}
	c.mu.Unlock()
	c.lanes.Wait()
}

// do runs one write in some shared transaction and returns once it is committed or refused, or
// the caller's context ends. Then the lane may be at it still: what apply sets of the caller's
// may be looked at only after do has returned nil.
func (c *committer) do(ctx context.Context, l locks, apply func(context.Context, *tx) error) error {
	return c.submit(&job{apply: apply, locks: l, ctx: ctx, done: make(chan struct{})})
}

// answer is do for a caller whom somebody waits for: when no lane has begun with the write in
// time it is not made, and the error is ErrBusy.
func (c *committer) answer(ctx context.Context, l locks, apply func(context.Context, *tx) error) error {
	return c.submit(&job{apply: apply, locks: l, ctx: ctx, hurried: true, done: make(chan struct{})})
}

// probe commits something that changes nothing for anybody.
func (c *committer) probe(ctx context.Context) error {
	return c.answer(ctx, locks{row: "5"}, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO settings (name, value) VALUES ('store.probe', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, strconv.FormatInt(t.now, 10))
	})
}

func (c *committer) submit(j *job) error {
	epoch, err := c.db.watch.writable()
	if err != nil {
		return unavailable("write", err)
	}
	if err := c.hand(j); err != nil {
		return err
	}
	var late <-chan time.Time
	if j.hurried {
		timer := time.NewTimer(c.db.engine.busyAfter)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-j.done:
			return j.err
		case <-late:
			if j.taken.CompareAndSwap(false, true) {
				return c.db.watch.turnedAway()
			}
			late = nil
		case <-epoch.Done(): // as below
			return unavailable("wait for a commit", errSilent)
		case <-j.ctx.Done(): // the write may still happen: the outcome is unknown
			return unavailable("wait for a commit", context.Cause(j.ctx))
		}
	}
}

// hand gives the job to the lanes, waiting a little when too many wait already.
func (c *committer) hand(j *job) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return fmt.Errorf("store: %w: closed", ErrUnavailable)
	}
	line := c.line(j)
	select {
	case line <- j:
		return nil
	default:
	}
	timer := time.NewTimer(c.db.engine.busyAfter)
	defer timer.Stop()
	select {
	case line <- j:
		return nil
	case <-timer.C:
		return c.db.watch.turnedAway()
	case <-j.ctx.Done():
		return unavailable("wait for a writer", context.Cause(j.ctx))
	}
}

// line is where the job waits. A single lane meets nobody: there all share transactions.
func (c *committer) line(j *job) chan<- *job {
	if j.locks.many && c.db.engine.lanes > 1 {
		return c.alone
	}
	return c.shared
}
