// Package quarantine decides when a failing target rests and when it may try again. It keeps
// no state and calls no one: it is pure functions over a State that the store keeps and the
// relay passes in.
//
// What a vendor's answer means is the connectors' business; here it is one of five signals.
package quarantine

import "time"

// Phase is where a target stands.
type Phase string

// The phases. The zero Phase is Active.
const (
	Active      Phase = ""
	Throttled   Phase = "throttled"   // the vendor asked to wait; nothing is wrong
	Quarantined Phase = "quarantined" // rests until its next probe
	Probing     Phase = "probing"     // one change goes out, to see
)

// Reason is why a target is quarantined.
type Reason string

// The reasons.
const (
	Auth        Reason = "auth"        // its credentials are refused
	Unreachable Reason = "unreachable" // calls fail, whoever they are for
	Plan        Reason = "plan"        // the vendor's plan does not allow the calls
	Quota       Reason = "quota"       // the vendor asked for a pause of more than an hour
)

// State is a target's health, as the store keeps it.
type State struct {
	Phase     Phase     `json:"phase,omitempty"`
	Reason    Reason    `json:"reason,omitempty"`
	Until     time.Time `json:"until,omitzero"` // rest until then
	Step      int       `json:"step,omitempty"` // how many rests in a row, for their length
	Began     time.Time `json:"began,omitzero"` // when this series of rests began
	Failures  int       `json:"failures,omitempty"`
	FirstAuth time.Time `json:"first_auth,omitzero"`
}

// Signal is what one call to the vendor says about the target as a whole.
type Signal int

// The signals.
const (
	Neutral  Signal = iota // about one person, or about nothing
	Good                   // the vendor worked
	Bad                    // the vendor did not work, whoever it was for
	Refused                // the credentials were refused
	Gated                  // the plan does not allow it
	Slowdown               // the vendor asks to wait
)

// Policy is the numbers. They are configuration, not law.
type Policy struct {
	Failures  int           // bad signals in a row that end in quarantine
	AuthApart time.Duration // two refusals at least this far apart end in quarantine
	Base      map[Reason]time.Duration
	Longest   time.Duration
	Pause     time.Duration // a slow-down longer than this is a quarantine for quota
	Shortest  time.Duration // a slow-down without a time
}

// Default is the policy of reliability rules 2.3.
func Default() Policy {
	return Policy{
		Failures: 5, AuthApart: 5 * time.Second, Longest: 24 * time.Hour, Pause: time.Hour, Shortest: time.Second,
		Base: map[Reason]time.Duration{Auth: 15 * time.Minute, Unreachable: 30 * time.Second, Plan: 6 * time.Hour, Quota: time.Hour},
	}
}

// Observation is one signal with what it carries.
type Observation struct {
	Signal     Signal
	RetryAfter time.Duration
	Now        time.Time
	Jitter     float64 // in [0,1), fresh for each observation
}

// Admit returns the state in which a turn starts now, and whether it may start at all.
func (s State) Admit(now time.Time) (State, bool) {
	if s.Phase == Active {
		return s, true
	}
	if now.Before(s.Until) {
		return s, false
	}
	s.Until = time.Time{}
	switch s.Phase {
	case Throttled:
		s.Phase = Active
		if s.Step > 0 { // the vendor asked to wait before a probe was passed
			s.Phase = Probing
		}
	case Quarantined:
		s.Phase = Probing
	}
	return s, true
}

// Observe returns the state after one observation. Calls that were under way when the target
// went into quarantine change nothing: only a probe does.
func (p Policy) Observe(s State, o Observation) State {
	if s.Phase == Quarantined {
		return s
	}
	switch o.Signal {
	case Good:
		return good(s)
	case Slowdown:
		return p.throttle(s, o)
	case Refused:
		return p.refused(s, o)
	case Gated:
		return p.rest(s, Plan, o)
	case Bad:
		s.Failures++
		if s.Phase == Probing || s.Failures >= p.Failures {
			return p.rest(s, Unreachable, o)
		}
	}
	return s
}

// good ends a series, unless a call beside this one has just sent the target to rest.
func good(s State) State {
	if s.Phase == Active || s.Phase == Probing {
		return State{}
	}
	s.Failures, s.FirstAuth = 0, time.Time{}
	return s
}

// Resting reports whether no further call may go out in this turn.
func (s State) Resting() bool { return s.Phase == Throttled || s.Phase == Quarantined }

// throttle honours what the vendor asked for. It is no failure.
func (p Policy) throttle(s State, o Observation) State {
	wait := max(o.RetryAfter, p.Shortest)
	if wait > p.Pause {
		s = p.rest(s, Quota, o)
		s.Until = o.Now.Add(wait)
		return s
	}
	s.Phase, s.Until = Throttled, later(s.Until, o.Now.Add(wait))
	return s
}

// refused waits for a second opinion: one refusal may be a session that ended in between.
func (p Policy) refused(s State, o Observation) State {
	switch {
	case s.Phase == Probing:
		return p.rest(s, Auth, o)
	case s.FirstAuth.IsZero():
		s.FirstAuth = o.Now
		s.Phase, s.Until = Throttled, o.Now.Add(p.AuthApart)
		return s
	case o.Now.Sub(s.FirstAuth) >= p.AuthApart:
		return p.rest(s, Auth, o)
	}
	return s
}

// rest starts or lengthens a rest: base·2^step, capped, ±25 %.
func (p Policy) rest(s State, reason Reason, o Observation) State {
	if s.Began.IsZero() {
		s.Began = o.Now
	}
	wait := p.Longest
	if s.Step < 20 {
		wait = min(p.Longest, p.Base[reason]<<s.Step)
	}
	wait = time.Duration(float64(wait) * (0.75 + o.Jitter/2))
	s.Phase, s.Reason, s.Until = Quarantined, reason, o.Now.Add(wait)
	s.Step++
	s.Failures, s.FirstAuth = 0, time.Time{}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
