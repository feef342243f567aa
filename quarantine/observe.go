package quarantine

import (
	"slices"
	"time"
)

// Observe returns the state after one observation. Calls that were under way when the target
// went to rest change nothing: only a probe does.
//
// The triggers are asked in the order auth, plan, quota, health, ratio; an administrator's word
// comes before them and the cap (see Capped) after them.
func (p Policy) Observe(s State, o Observation) State {
	if s.Phase == Quarantined || s.Phase == Disabled {
		return s
	}
	s = p.count(s, o)
	switch o.Signal {
	case Refused:
		return p.refused(s, o)
	case Gated:
		return p.rest(s, Plan, o)
	case Slowdown:
		return p.throttle(s, o)
	}
	switch {
	case s.Phase == Probing:
		return p.probed(s, o)
	case o.Signal == Bad && p.sick(s, o.Now):
		return p.rest(s, Unreachable, o)
	case o.Signal == Rejected && p.refusing(s, o.Now):
		return p.rest(s, Ratio, o)
	}
	return p.Settle(s, o.Now, false)
}

// count keeps what the observation says.
func (p Policy) count(s State, o Observation) State {
	switch o.Signal {
	case Good, Answered, Rejected:
		s.Failures, s.Failing, s.FirstAuth = 0, nil, time.Time{}
		s.Calls = s.Calls.add(p.CallWindow, o.Now, o.Now, 1, 0)
	case Bad:
		s.Failures++
		if o.Resource != "" && len(s.Failing) < p.Resources && !slices.Contains(s.Failing, o.Resource) {
			s.Failing = append(slices.Clone(s.Failing), o.Resource)
		}
		s.Calls = s.Calls.add(p.CallWindow, o.Now, o.Now, 0, 1)
	default:
		return s
	}
	if counts, refused := o.Signal.Counts(); counts && o.Resource != "" {
		s.Resources = s.Resources.count(p.Window, o.Now, o.Before, refused)
	}
	if s.Phase == Recovering {
		s.Trial = s.Trial.count(o.Signal)
	}
	return s
}

// sick is the health breaker.
func (p Policy) sick(s State, now time.Time) bool {
	if s.Failures >= p.Failures && len(s.Failing) >= p.Resources {
		return true
	}
	ok, failed := s.Calls.sum(p.CallWindow, now)
	return ok+failed >= p.Calls && float64(failed) >= p.Share*float64(ok+failed)
}

// refusing is the ratio.
func (p Policy) refusing(s State, now time.Time) bool {
	ok, failed := s.Resources.sum(p.Window, now)
	return ok+failed >= p.Distinct && float64(failed) > p.Enter*float64(ok+failed)
}

// Capped returns the state once so many changes are set aside, and so many wait for a reference.
func (p Policy) Capped(s State, escrowed, parked int, o Observation) State {
	if s.Resting() || s.Phase == Probing || escrowed <= p.MaxEscrows && (escrowed == 0 || escrowed+parked <= p.MaxWithReferences) {
		return s
	}
	return p.rest(s, Escrows, o)
}

// throttle honours what the vendor asked for. It is no failure, and shows nobody that the target
// works either.
func (p Policy) throttle(s State, o Observation) State {
	wait := max(o.RetryAfter, p.Shortest)
	switch {
	case wait > p.Pause:
		s = p.rest(s, Quota, o)
		if s.Phase == Quarantined {
			s.Until = o.Now.Add(min(wait, p.Longest))
		}
		return s
	case s.Phase == Probing:
		return p.unproved(s, wait, o)
	}
	return pause(s, o.Now.Add(wait))
}

// pause is a wait that nothing follows from.
func pause(s State, until time.Time) State {
	if s.Phase != Throttled {
		s.Phase, s.Resume, s.Until = Throttled, s.Phase, until
	}
	if until.After(s.Until) {
		s.Until = until
	}
	return s
}

// refused waits for a second opinion: one refusal may be a session that ended in between.
func (p Policy) refused(s State, o Observation) State {
	switch {
	case s.Phase == Probing:
		return p.rest(s, Auth, o)
	case s.FirstAuth.IsZero():
		s.FirstAuth = o.Now
		return pause(s, o.Now.Add(p.AuthApart))
	case o.Now.Sub(s.FirstAuth) >= p.AuthApart:
		return p.rest(s, Auth, o)
	}
	return s
}

// rest starts or lengthens a quarantine: base·2^k, capped and spread. A probe that failed is one
// step more; who comes from work keeps the step of the time before, less what health has taken off.
func (p Policy) rest(s State, reason Reason, o Observation) State {
	switch {
	case s.Phase != Probing && s.Resume != Probing:
		s.Step, s.Opened = p.step(s, o.Now), o.Now
	case !s.Canary:
		s.Step++
	}
	if s.Began.IsZero() {
		s.Began, s.Count, s.Warned, s.Excused = o.Now, 0, 0, 0
	}
	s.Count++
	s.Phase, s.Resume, s.Reason = Quarantined, Active, reason
	s.Until = o.Now.Add(p.delay(reason, s.Step, o.Jitter))
	switch {
	case reason != Unreachable: // whatever it is, the vendor has answered
		s = s.rejoin(o.Now)
	case s.Canary:
		s.Until = o.Now.Add(p.CanaryEvery)
	}
	s.Untold = s.Untold && !s.Incident.IsZero()
	s.Healthy, s.FirstAuth, s.Trial = time.Time{}, time.Time{}, Trial{}
	s.Failures, s.Failing, s.Calls, s.Resources = 0, nil, nil, nil
	return p.old(s, o.Now)
}

// step is what is left of the step the target had when it last rested.
func (p Policy) step(s State, now time.Time) int {
	if s.Healthy.IsZero() || p.Decay <= 0 {
		return s.Step
	}
	return max(0, s.Step-int(now.Sub(s.Healthy)/p.Decay))
}
