package queue

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/store"
)

// Sessions opens targets; false means that this process knows no such target.
type Sessions interface {
	Open(tenant, target string) (*relay.Session, bool, error)
}

// Leases is the part of store.Targets a turn needs.
type Leases interface {
	Acquire(ctx context.Context, tenant, target, owner string, ttl time.Duration) (store.Lease, store.Status, error)
	Extend(ctx context.Context, l store.Lease) error
	Release(ctx context.Context, l store.Lease) error
}

// Links is the part of store.Links a turn needs.
type Links interface {
	Due(ctx context.Context, tenant, target string, limit int) ([]store.Work, error)
	One(ctx context.Context, tenant, target, resource string) (store.Work, error)
	MostUrgent(ctx context.Context, tenant, target string) (store.Urgency, bool, error)
	Record(ctx context.Context, lease store.Lease, outcomes []store.Outcome, health quarantine.State) error
	Trials(ctx context.Context, tenant, target string, limit int, any bool) ([]store.Work, error)
	SetAside(ctx context.Context, tenant, target string, most int) (escrowed, parked int, err error)
}

// The measures of a turn.
const (
	leaseTTL   = 15 * time.Second // a dead worker's target is free after this
	slice      = 5 * time.Second  // then the others have their turn
	sliceLinks = 200              // or after as many links, when others wait
	firstChunk = 16
	mostChunk  = 200
	goodChunk  = 250 * time.Millisecond // a chunk's length: outcomes are recorded that often
	recordTime = 10 * time.Second       // to record and release after the process was told to stop
	callTime   = 32 * time.Second       // for the calls under way then, which end by themselves
)

// Turns serves turns.
type Turns struct {
	Sessions Sessions
	Leases   Leases
	Links    Links
	Bell     *Bell
	// Hosts hears of vendors that may be down for all; nil leaves them to the sweeper.
	Hosts     Hosts
	Transport Transport
	Owner     string // unlike any other process's
	Limit     int    // turns at once
	Now       func() time.Time
	Log       *slog.Logger

	running  atomic.Int64
	accounts accounts
}

// Run serves turns until ctx ends and every running one has ended.
func (t *Turns) Run(ctx context.Context) error {
	return t.Transport.Serve(ctx, t.Limit, t.serve)
}

func (t *Turns) serve(ctx context.Context, key Key) {
	t.running.Add(1)
	defer t.running.Add(-1)
	err := t.turn(ctx, key)
	if err != nil && !errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrOverruled) && ctx.Err() == nil {
		t.Log.ErrorContext(ctx, "turn ended early", "tenant", key.Tenant, "target", key.Target, "err", err)
	}
}

// turn works on one target: lease, chunks, release, and one more look.
func (t *Turns) turn(ctx context.Context, key Key) error {
	session, known, err := t.Sessions.Open(key.Tenant, key.Target)
	if err != nil || !known || !session.Target.Activate { // its writes queue until it is activated
		return err
	}
	if !t.accounts.enter(session.Account, key, t.Now()) {
		return nil
	}
	defer t.next(session.Account)
	lease, ours, status, err := t.acquire(ctx, key)
	if err != nil {
		return err
	}
	lease.Host = session.Host
	health, admitted := status.Health.Admit(t.Now())
	resting := status.Paused || !admitted
	if !resting {
		health, err = t.serveTarget(ctx, session, lease, ours, health)
		t.tell(ctx, key, status.Health, health)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if releaseErr := t.Leases.Release(ending, lease); err == nil {
		err = releaseErr
	}
	if err == nil && !resting {
		err = t.survey(ending, session.Host, status.Health, health)
	}
	if err != nil && !errors.Is(err, store.ErrOverruled) || resting || health.Resting() || ctx.Err() != nil {
		return err
	}
	return t.lookAgain(ctx, key)
}

// acquire takes the target's lease. It lasts from when it was asked for: a while may pass before the
// answer is heard.
func (t *Turns) acquire(ctx context.Context, key Key) (store.Lease, *tenure, store.Status, error) {
	ours := newTenure(leaseTTL)
	lease, status, err := t.Leases.Acquire(ctx, key.Tenant, key.Target, t.Owner, leaseTTL)
	return lease, ours, status, err
}

// serveTarget probes the target first, where it has to, and works on what is due.
func (t *Turns) serveTarget(ctx context.Context, session *relay.Session, lease store.Lease, ours *tenure, health quarantine.State) (quarantine.State, error) {
	leave := ctx.Done()
	ctx, stop := t.keep(ctx, lease, ours)
	defer stop()
	if health.Phase == quarantine.Probing {
		var err error
		if health, err = t.probe(ctx, leave, session, lease, health); err != nil || health.Resting() {
			return health, err
		}
	}
	return t.work(ctx, leave, session, lease, health)
}

// lookAgain rings for what became due while the turn ran, or was left when its slice was over.
func (t *Turns) lookAgain(ctx context.Context, key Key) error {
	urgency, due, err := t.Links.MostUrgent(ctx, key.Tenant, key.Target)
	if err != nil || !due {
		return err
	}
	class := Bulk
	if urgency <= store.UrgencyDelete {
		class = Urgent
	}
	t.Bell.add(key, call{class: class})
	return nil
}

// work takes chunks until nothing is due, the target must rest, or its slice is over.
func (t *Turns) work(ctx context.Context, leave <-chan struct{}, session *relay.Session, lease store.Lease, health quarantine.State) (quarantine.State, error) {
	began, links, size := t.Now(), 0, t.firstSize(session)
	for ctx.Err() == nil && !closed(leave) && !t.over(session, began, links) {
		due, err := t.Links.Due(ctx, lease.Tenant, lease.Target, session.Policy().Chunk(health, size))
		if err != nil || len(due) == 0 {
			return t.idle(ctx, session, lease, health, err)
		}
		start := t.Now()
		var outcomes []store.Outcome
		var workErr error
		outcomes, health, workErr = session.Chunk(ctx, leave, lease, due, health)
		if err := t.record(ctx, lease, outcomes, health); err != nil || workErr != nil {
			return health, errors.Join(err, workErr)
		}
		if health, err = t.cap(ctx, session, lease, outcomes, health); err != nil {
			return health, err
		}
		if health.Resting() || len(outcomes) == 0 {
			return health, nil
		}
		links += len(outcomes)
		size = nextSize(size, t.Now().Sub(start))
	}
	return health, ctx.Err()
}

// over reports whether the others must have their turn.
func (t *Turns) over(s *relay.Session, began time.Time, links int) bool {
	crowded := t.running.Load() >= int64(t.Limit)
	took := t.Now().Sub(began)
	return took >= slice || (crowded && links >= sliceLinks) || (took >= shortSlice && t.wanted(s))
}

// record commits what happened even when the process has been told to stop meanwhile.
func (t *Turns) record(ctx context.Context, lease store.Lease, outcomes []store.Outcome, health quarantine.State) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return t.Links.Record(ctx, lease, outcomes, health)
}

// nextSize grows chunks at a quick vendor and shrinks them at a slow one, so that outcomes are
// recorded often and an urgent change never waits long.
func nextSize(size int, took time.Duration) int {
	switch {
	case took < goodChunk/2:
		return min(mostChunk, max(2*size, firstChunk))
	case took > 2*goodChunk:
		return max(4, size/2)
	}
	return size
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// keep renews the lease while the turn works and ends the calls' context when it is lost: no
// call goes out without it, which is asked before each. A process that is told to stop lets calls
// under way end: a create that is cut off would have to be searched for.
func (t *Turns) keep(process context.Context, lease store.Lease, ours *tenure) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(process))
	forget := context.AfterFunc(process, func() {
		end := time.AfterFunc(callTime, func() { cancel(context.Cause(process)) })
		context.AfterFunc(ctx, func() { end.Stop() })
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.renew(ctx, lease, ours, cancel)
	}()
	return relay.OnlyWhile(ctx, ours.holds), func() { forget(); cancel(nil); <-done }
}
