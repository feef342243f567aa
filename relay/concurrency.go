package relay

import (
	"errors"
	"sync"
	"time"

	"scimrelay/connectors"
)

const (
	// slower is how many times its own least latency a call may take before the vendor is taken
	// to be overloaded, and noticeable what it must take at least: the small ones vary a lot.
	slower     = 4
	noticeable = 200 * time.Millisecond
	// enoughCalls is how many calls of a kind tell what it takes now.
	enoughCalls = 5
	// memory is how long the least latency of a kind counts: a vendor may become slow for good.
	memory = 10 * time.Minute
	// mostKinds bounds what is remembered; connectors have a dozen kinds of calls.
	mostKinds = 64
)

// bearing is how many links at once the vendor has borne: half as many when it throttles, fails or
// slows down, one more when as many in a row went well. It belongs to the session and outlives
// turns, but not the process: a new one finds out again.
type bearing struct {
	mu    sync.Mutex
	limit int // 0 is the target's own
	well  int // links in a row that went well since limit changed
	cut   time.Time
	calls map[string]*latency
}

// latency is what one kind of call takes.
type latency struct {
	least, before time.Duration // in this span of memory and in the one before it
	since         time.Time
	now           float64 // moving mean
	n             int
}

// atOnce is how many links may be worked on now, of the most that the target allows.
func (b *bearing) atOnce(most int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(most)
}

func (b *bearing) of(most int) int {
	most = max(1, most)
	if b.limit == 0 || b.limit > most {
		return most
	}
	return b.limit
}

// link takes the end of a link's run that began then.
func (b *bearing) link(fault *connectors.Fault, began, now time.Time, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case overloads(fault):
		b.halve(began, now, most)
	case fault == nil:
		if b.well++; b.well >= b.of(most) {
			b.limit, b.well = min(b.of(most)+1, max(1, most)), 0
		}
	}
}

// overloads reports a fault that fewer calls at once may help. That our own bucket had no place
// says nothing about the vendor.
func overloads(fault *connectors.Fault) bool {
	if fault == nil || unplaced(fault) {
		return false
	}
	return fault.Class == connectors.Throttled || fault.Class == connectors.Transient || fault.Class == connectors.Unknown
}

// unplaced reports a call that was not made because our own bucket had no place for it.
func unplaced(fault *connectors.Fault) bool {
	var ours *connectors.NotBeforeError
	return fault != nil && errors.As(fault.Err, &ours)
}

// halve believes only what began after the last time: all that is under way together with what
// failed fails with it, and says it once.
func (b *bearing) halve(began, now time.Time, most int) {
	b.well = 0
	if !b.cut.IsZero() && !began.After(b.cut) {
		return
	}
	b.limit, b.cut = max(1, b.of(most)/2), now
	for _, l := range b.calls {
		l.n, l.now = 0, 0
	}
}

// call takes one call of the connector's, for its latency.
func (b *bearing) call(c connectors.Called, now time.Time, most int) {
	if c.Class != "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l, known := b.calls[c.Call]
	if !known {
		if len(b.calls) >= mostKinds {
			return
		}
		if b.calls == nil {
			b.calls = make(map[string]*latency)
		}
		l = &latency{since: now}
		b.calls[c.Call] = l
	}
	if l.add(c.Took, now) {
		b.halve(now.Add(-c.Took), now, most)
	}
}

// add takes one call and reports that the kind has become slow.
func (l *latency) add(took time.Duration, now time.Time) (slow bool) {
	if now.Sub(l.since) >= memory {
		l.before, l.least, l.since = l.least, 0, now
	}
	if l.least == 0 || took < l.least {
		l.least = took
	}
	if l.n++; l.n == 1 {
		l.now = float64(took)
	}
	l.now += (float64(took) - l.now) * 0.3
	least := l.least
	if l.before > 0 {
		least = min(least, l.before)
	}
	return l.n >= enoughCalls && l.now > float64(max(slower*least, noticeable))
}
