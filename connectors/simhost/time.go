package simhost

import (
	"slices"
	"time"
)

// Clock is where a simulator reads the time: now, and time.Now where that is nil.
func Clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// Window counts calls the way vendors' limits do: it opens with a call, and the first call after
// its Length opens the next one.
type Window struct {
	Length time.Duration // a minute when it is 0
	began  time.Time
	calls  int
}

func (w *Window) length() time.Duration {
	if w.Length == 0 {
		return time.Minute
	}
	return w.Length
}

// Over counts a call, and says whether it is one too many; at most 0 none is.
func (w *Window) Over(now time.Time, most int) bool {
	if now.Sub(w.began) >= w.length() {
		w.began, w.calls = now, 0
	}
	w.calls++
	return most > 0 && w.calls > most
}

// Calls is how many calls have been counted since the window opened.
func (w *Window) Calls() int { return w.calls }

// Left is how long it is until the window closes.
func (w *Window) Left(now time.Time) time.Duration { return w.length() - now.Sub(w.began) }

// Past is what an object has been, for reads that lag behind its changes.
type Past[T any] struct{ states []state[T] }

type state[T any] struct {
	was   T
	until time.Time
}

// Keep notes what the object was until now. It is forgotten after the lag that reads have, and not
// within the hour.
func (p *Past[T]) Keep(was T, now time.Time, lag time.Duration) {
	p.states = slices.DeleteFunc(p.states, func(s state[T]) bool { return now.Sub(s.until) > max(lag, time.Hour) })
	p.states = append(p.states, state[T]{was, now})
}

// Seen is what a read sees that shows things as they were at the time: of an object made then or
// before, what it was, and is where that has not changed. Of one made later there is nothing.
func (p *Past[T]) Seen(made, at time.Time, is T) (seen T, there bool) {
	if made.After(at) {
		return seen, false
	}
	for _, s := range p.states {
		if s.until.After(at) {
			return s.was, true
		}
	}
	return is, true
}
