package quarantine

import "time"

// Age is how old the series is that the target is in. Its clock stands while the vendor is down
// for all.
func (s State) Age(now time.Time) time.Duration {
	if s.Began.IsZero() {
		return 0
	}
	age := now.Sub(s.Began) - s.Excused
	if !s.Incident.IsZero() {
		age -= now.Sub(s.Incident)
	}
	return max(0, age)
}

// Ends is when the target is given up, zero when it is not to be: it is in no series, or its
// clock stands.
func (p Policy) Ends(s State) time.Time {
	works := s.Phase == Recovering || s.Phase == Throttled
	if s.Began.IsZero() || !s.Incident.IsZero() || s.Phase == Disabled || works {
		return time.Time{}
	}
	return s.Began.Add(s.Excused + p.GiveUp)
}

// old gives up a target that has rested for too long.
func (p Policy) old(s State, now time.Time) State {
	if s.Phase == Quarantined && s.Age(now) >= p.GiveUp {
		s.Phase, s.ByClock, s.Until, s.Canary = Disabled, true, time.Time{}, false
	}
	return s
}

// Tick returns the state after what time alone does: a warning that is due, a series that is too
// old, a prober that died, a recovery that is over. Idle says that nothing is due at the target.
func (p Policy) Tick(s State, now time.Time, idle bool) State {
	switch s.Phase {
	case Active, Disabled:
		return s
	case Recovering:
		return p.Settle(s, now, idle)
	case Probing:
		if now.Before(s.Until) {
			return s
		}
		s = s.Abandon(now)
	}
	s = p.old(s, now)
	if s.Phase == Disabled || s.Began.IsZero() || !s.Incident.IsZero() {
		return s
	}
	for _, day := range p.Warnings { // of those that were missed, the latest tells enough
		if s.Age(now) >= time.Duration(day)*Day {
			s.Warned = max(s.Warned, day)
		}
	}
	return s
}

// Look is when somebody has to look at the target although no turn runs: for a probe, a warning,
// its end, or the end of its recovery. It is zero when never.
func (p Policy) Look(s State) time.Time {
	var at time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	switch s.Phase {
	case Recovering:
		sooner(s.Trial.Since.Add(p.RecoverTime))
		return at
	case Throttled:
		if s.Resume != Active {
			sooner(s.Until)
		}
	case Quarantined, Probing:
		if !s.waits() {
			sooner(s.Until)
		}
	default:
		return at
	}
	sooner(p.Ends(s))
	if s.Began.IsZero() || !s.Incident.IsZero() {
		return at
	}
	for _, day := range p.Warnings {
		if day > s.Warned {
			sooner(s.Began.Add(s.Excused + time.Duration(day)*Day))
		}
	}
	return at
}

// TryNow ends a rest: the target is probed next. Nothing is taken for healthy by decree, and who
// was disabled has to be enabled.
func (s State) TryNow(now time.Time) State {
	switch s.Phase {
	case Throttled:
		s.Until = now
	case Quarantined:
		s = s.rejoin(now)
		s.Until = now
	}
	return s
}

// Disable is the state of a target that an administrator switches off.
func (s State) Disable(now time.Time) State {
	s = s.rejoin(now)
	s.Phase, s.Reason, s.ByClock, s.Until, s.Resume = Disabled, Admin, false, time.Time{}, Active
	if s.Began.IsZero() {
		s.Began = now
	}
	s.Trial = Trial{}
	return s
}

// Enable is the state of a target that an administrator switches on again: it is probed first, and
// a new series begins with a probe that fails.
func (s State) Enable(now time.Time) State {
	if s.Phase != Disabled {
		return s
	}
	return State{Phase: Quarantined, Reason: s.Reason, Until: now, Began: now, Opened: now, Untold: true}
}

// Why says in plain words why a target is disabled, empty when it is not.
func (s State) Why() string {
	switch {
	case s.Phase != Disabled:
		return ""
	case !s.ByClock:
		return "it was switched off by an administrator"
	}
	return "it was given up after four weeks: " + s.Reason.Words()
}

// Words says the reason in plain words.
func (r Reason) Words() string {
	switch r {
	case Admin:
		return "an administrator has switched it off"
	case Auth:
		return "its credentials are refused"
	case Plan:
		return "the vendor's plan does not allow the calls"
	case Quota:
		return "the vendor asks for a long pause"
	case Unreachable:
		return "the vendor cannot be reached or does not work"
	case Ratio:
		return "too many people or groups are refused"
	case Escrows:
		return "too many changes have been set aside"
	}
	return string(r)
}
