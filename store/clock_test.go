package store_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"scimrelay/store"
)

// stepped is the time that a machine tells whose clock was put forward by so many seconds: its
// monotonic clock, which at carries too, does not know of it. No exported function makes such a
// time, for Add moves both: the seconds lie above the nanoseconds in the first word.
func stepped(at time.Time, seconds int64) time.Time {
	*(*uint64)(unsafe.Pointer(&at)) += uint64(seconds) << 30
	return at
}

// Reliability rules 2.3: all times are from the database's clock. A machine whose clock is put
// forward, as when it is set right, must not take the leases of the others before it has asked the
// server again.
func TestAStepOfTheMachinesClockMovesNoLease(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if after := stepped(now, 300); after.Sub(now) != 0 || after.Round(0).Sub(now.Round(0)) != 5*time.Minute {
		t.Fatalf("%v is not %v after a step: time.Time is made in another way", after, now)
	}
	url := databases.New(t)
	var ahead atomic.Int64
	quiet := openAt(t, url, store.Options{})
	moved := openAt(t, url, store.Options{Now: func() time.Time { return stepped(time.Now(), ahead.Load()) }})
	if _, _, err := quiet.Targets.Acquire(t.Context(), "acme", "sage", "w1", 4*time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int64{300, -300} {
		ahead.Store(step)
		if d := moved.Now().Sub(quiet.Now()); d > time.Minute || d < -time.Minute {
			t.Errorf("after a step of %d s the database's time is %v off", step, d)
		}
		if _, _, err := moved.Targets.Acquire(t.Context(), "acme", "sage", "w2", time.Minute); !errors.Is(err, store.ErrFenced) {
			t.Errorf("after a step of %d s a live lease is taken: %v", step, err)
		}
	}
}
