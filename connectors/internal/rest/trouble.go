package rest

import (
	"sync"
	"time"

	"scimrelay/connectors"
)

const (
	// longRest is a rest after which a vendor that was in trouble is not met with a burst. It is
	// below the shortest rest of a quarantine.
	longRest = 20 * time.Second
	// longestUntold is the longest pause for a vendor that throttles and never says how long.
	longestUntold = time.Minute
)

// trouble remembers how the vendor's last answer ended.
type trouble struct {
	mu     sync.Mutex
	bad    bool      // it did not work, whoever it was for
	at     time.Time // when
	untold int       // throttling answers in a row that did not say how long
}

// note takes one call's end and returns the pause it asks for, zero when none. Who throttles
// without a time is asked again after a second, then two, and so on; the fault says so too.
func (t *trouble) note(fault *connectors.Fault, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = now
	if fault == nil {
		t.bad, t.untold = false, 0
		return 0
	}
	switch fault.Class {
	case connectors.Throttled:
	case connectors.Transient, connectors.Unknown, connectors.Nonsense, connectors.Auth, connectors.Plan:
		t.bad = true
		return 0
	default:
		t.bad, t.untold = false, 0
		return 0
	}
	if fault.RetryAfter > 0 {
		t.untold = 0
		return fault.RetryAfter
	}
	pause := min(minPause<<min(t.untold, 10), longestUntold)
	if t.untold++; t.untold > 1 {
		fault.RetryAfter = pause
	}
	return pause
}

// restedFrom reports, once, that the vendor was in trouble when it was last called, and has been
// left alone for long.
func (t *trouble) restedFrom(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	rested := t.bad && now.Sub(t.at) >= longRest
	if rested {
		t.bad = false
	}
	return rested
}
