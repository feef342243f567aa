// Package quarantine decides when a failing target rests, when it may try again, and when it is
// given up. It keeps no state and calls no one: it is pure functions over a State that the store
// keeps and the relay passes in. Time and chance are parameters.
//
// What a vendor's answer means is the connectors' business; here it is one of a few signals.
package quarantine

import "time"

// Phase is where a target stands.
type Phase string

// The phases. The zero Phase is Active.
const (
	Active      Phase = ""
	Throttled   Phase = "throttled"   // the vendor asked to wait; nothing is wrong
	Quarantined Phase = "quarantined" // rests until its next probe
	Probing     Phase = "probing"     // one caller asks whether it works again
	Recovering  Phase = "recovering"  // it works again, and is given more bit by bit
	Disabled    Phase = "disabled"    // given up, by the clock or an administrator
)

// Reason is why a target is quarantined or disabled.
type Reason string

// The reasons.
const (
	Admin       Reason = "admin"       // an administrator has switched it off
	Auth        Reason = "auth"        // its credentials are refused
	Plan        Reason = "plan"        // the vendor's plan does not allow the calls
	Quota       Reason = "quota"       // the vendor asked for a pause of more than an hour
	Unreachable Reason = "unreachable" // calls fail, whoever they are for
	Ratio       Reason = "ratio"       // too large a part of its people and groups is refused
	Escrows     Reason = "escrows"     // too many changes have been set aside
)

// State is a target's health, as the store keeps it.
type State struct {
	Phase  Phase  `json:"phase,omitempty"`
	Reason Reason `json:"reason,omitempty"`
	// Until is when a pause ends, when the next probe is, or from when on a prober that has not
	// reported counts as dead.
	Until time.Time `json:"until,omitzero"`
	// Step is k: a probe that fails is followed by another after base·2^k.
	Step int `json:"step,omitempty"`
	// Began is when this series of rests began, zero when there is none; Count is its rests.
	Began time.Time `json:"began,omitzero"`
	Count int       `json:"count,omitempty"`
	// Opened is when the target last went from work to rest.
	Opened time.Time `json:"opened,omitzero"`
	// Resume is the phase after a pause.
	Resume Phase `json:"resume,omitempty"`
	// Healthy is since when the target has been well, for Step to fall.
	Healthy time.Time `json:"healthy,omitzero"`
	// Warned is the latest day of the series that a warning was given for; Untold says that
	// nobody has been told yet that the target rests.
	Warned int  `json:"warned,omitempty"`
	Untold bool `json:"untold,omitempty"`
	// ByClock says of a disabled target that it was given up, not switched off.
	ByClock bool `json:"by_clock,omitempty"`

	// Incident is since when the whole vendor has been down, zero when it is not: the target waits
	// for the Canary, and its clock stands. Excused is how long it has stood in this series.
	Incident time.Time     `json:"incident,omitzero"`
	Canary   bool          `json:"canary,omitempty"`
	Excused  time.Duration `json:"excused,omitempty"`

	Failures  int       `json:"failures,omitempty"`  // bad signals in a row
	Failing   []string  `json:"failing,omitempty"`   // the first resources they were about
	FirstAuth time.Time `json:"first_auth,omitzero"` // the first refusal of the credentials
	Calls     Window    `json:"calls,omitempty"`     // good and bad, for the health breaker
	Resources Window    `json:"resources,omitempty"` // done and refused, for the ratio
	Trial     Trial     `json:"trial,omitzero"`      // while it recovers
}

// Signal is what one call to the vendor says about the target as a whole.
type Signal int

// The signals.
const (
	Neutral  Signal = iota // about nothing
	Good                   // done
	Answered               // the vendor works; whether it does what is asked is not known yet
	Rejected               // the vendor works, and refuses this one resource
	Bad                    // the vendor did not work, whoever it was for
	Refused                // the credentials were refused
	Gated                  // the plan does not allow it
	Slowdown               // the vendor asks to wait
)

// Observation is one signal with what it carries.
type Observation struct {
	Signal     Signal
	RetryAfter time.Duration
	// Resource is whom the call was for, and Before what was last counted of them.
	Resource string
	Before   Tried
	Now      time.Time
	Jitter   float64 // in [0,1), fresh for each observation
}

// Admit returns the state in which a turn starts now, and whether it may start at all. A prober
// that died is followed by another; nothing is taken from it.
func (s State) Admit(now time.Time) (State, bool) {
	switch s.Phase {
	case Active, Recovering:
		return s, true
	case Disabled:
		return s, false
	}
	if now.Before(s.Until) || s.waits() {
		return s, false
	}
	if s.Phase == Throttled {
		s.Phase, s.Resume = s.Resume, Active
	} else {
		s.Phase = Probing
	}
	s.Until = time.Time{}
	return s, true
}

// waits reports whether another target probes for this one.
func (s State) waits() bool { return s.Phase == Quarantined && !s.Incident.IsZero() && !s.Canary }

// Resting reports whether no further call may go out in this turn.
func (s State) Resting() bool {
	return s.Phase == Throttled || s.Phase == Quarantined || s.Phase == Disabled
}

// never is the end of a rest that no time ends; the store's Never is the same.
func never() time.Time { return time.UnixMilli(1 << 52).UTC() }

// Rest is when the next turn may start: zero for at once.
func (s State) Rest() time.Time {
	switch {
	case s.Phase == Disabled || s.waits():
		return never()
	case s.Phase == Throttled || s.Phase == Quarantined || s.Phase == Probing:
		return s.Until
	}
	return time.Time{}
}

// Concurrency is how many calls may go out at once where normal is usual: one in a probe and when
// credentials have been refused once, and in a recovery one and twice as many after each so many
// successes. The relay asks nothing of a target that rests.
func (p Policy) Concurrency(s State, normal int) int {
	normal = max(1, normal)
	switch {
	case s.Phase == Probing || !s.FirstAuth.IsZero():
		return 1
	case s.Phase == Recovering:
		return min(normal, 1<<min(20, s.Trial.Successes/max(1, p.Double)))
	}
	return normal
}

// Chunk is how many links may be started before the concurrency is asked for again.
func (p Policy) Chunk(s State, most int) int {
	if s.Phase != Recovering || p.Double <= 0 {
		return most
	}
	return min(most, p.Double-s.Trial.Successes%p.Double)
}
