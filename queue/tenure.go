package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"scimrelay/store"
)

// errTenure says that the lease may be another's by now.
var errTenure = errors.New("queue: the lease may be over")

// tenure is until when a turn's lease is surely its own, by the clock of this process that nobody
// sets.
type tenure struct {
	began time.Time
	sure  atomic.Int64 // nanoseconds after it
}

func newTenure(ttl time.Duration) *tenure {
	t := &tenure{began: time.Now()}
	t.sure.Store(int64(ttl))
	return t
}

// renewed notes that the lease lasts ttl from the time at.
func (t *tenure) renewed(at time.Time, ttl time.Duration) {
	t.sure.Store(int64(at.Sub(t.began) + ttl))
}

// left is how much of it is left.
func (t *tenure) left() time.Duration {
	return time.Duration(t.sure.Load()) - time.Since(t.began)
}

// holds returns nil while the lease is surely the turn's.
func (t *tenure) holds() error {
	if t.left() <= 0 {
		return errTenure
	}
	return nil
}

// patience is how long the store may take to extend it: no longer than it surely lasts. Of one that
// may be over, as after the process was stopped for a while, only the store knows; no call goes out
// before it has said so.
func (t *tenure) patience(most time.Duration) time.Duration {
	if left := t.left(); left > 0 {
		return min(most, left)
	}
	return most
}

// renew extends the lease each time a third of it is over, and calls lost once it is another's or
// nobody can say any more that it is not.
func (t *Turns) renew(ctx context.Context, lease store.Lease, ours *tenure, lost context.CancelCauseFunc) {
	third := lease.TTL / 3
	for {
		timer := time.NewTimer(max(0, min(third, ours.left()-third)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		at := time.Now()
		err := t.extend(ctx, lease, ours.patience(third))
		switch {
		case err == nil:
			ours.renewed(at, lease.TTL)
		case errors.Is(err, store.ErrFenced), ours.left() <= third:
			lost(err)
			return
		}
	}
}

// extend asks for no longer than there is time.
func (t *Turns) extend(ctx context.Context, lease store.Lease, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return t.Leases.Extend(ctx, lease)
}
