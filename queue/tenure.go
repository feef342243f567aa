package queue

import (
	"errors"
	"sync/atomic"
	"time"
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
