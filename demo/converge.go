package demo

import (
	"context"
	"math"
	"time"
)

// Watch waits for a vendor to become equal to the directory.
type Watch struct {
	// Fetch reads what the vendor holds.
	Fetch func(ctx context.Context) (State, error)
	// Every is how often it is read.
	Every time.Duration
	// Patience is how long nothing may become better before the wait is over.
	Patience time.Duration
	// Pending, if set, says how many changes the gateway has accepted and not yet brought to the
	// vendor: equal is final only when there are none.
	Pending func(ctx context.Context) (int, error)
	// Seen, if set, is told each comparison.
	Seen func(c Comparison)
}

// Until returns the comparison that is equal, or the last one when patience has run out: ask
// it whether it is OK. The error is a state that cannot be read, or the end of ctx.
func (w Watch) Until(ctx context.Context, v Vendor, people []Person) (Comparison, error) {
	ticker := time.NewTicker(w.Every)
	defer ticker.Stop()
	patience := time.NewTimer(w.Patience)
	defer patience.Stop()
	best := math.MinInt
	for {
		c, err := w.look(ctx, v, people)
		if err != nil || c.OK() {
			return c, err
		}
		if c.progress() > best {
			best = c.progress()
			patience.Reset(w.Patience)
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-patience.C:
			return c, nil
		case <-ticker.C:
		}
	}
}

// look compares once. What is pending is asked before the vendor is: afterwards could be after
// the last change, of which the vendor's answer knows nothing.
func (w Watch) look(ctx context.Context, v Vendor, people []Person) (Comparison, error) {
	pending := 0
	if w.Pending != nil {
		var err error
		if pending, err = w.Pending(ctx); err != nil {
			return Comparison{}, err
		}
	}
	state, err := w.Fetch(ctx)
	if err != nil {
		return Comparison{}, err
	}
	c := Compare(v, people, state)
	c.Pending = pending
	if w.Seen != nil {
		w.Seen(c)
	}
	return c, nil
}

// progress grows as the vendor comes nearer: an account that is there counts, and again each
// person who is as wanted and each change that has been brought.
func (c Comparison) progress() int {
	return c.Wanted - c.Missing + c.Equal - len(c.Extra) - len(c.Odd) - c.Pending
}
