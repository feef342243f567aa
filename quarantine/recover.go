package quarantine

import "time"

// Trial is how a recovery goes.
type Trial struct {
	Since     time.Time `json:"since,omitzero"` // when its present part began
	Calls     int       `json:"calls,omitempty"`
	Failed    int       `json:"failed,omitempty"`    // of these
	Successes int       `json:"successes,omitempty"` // since the recovery began
}

func (t Trial) count(s Signal) Trial {
	t.Calls++
	switch s {
	case Good, Answered:
		t.Successes++
	case Bad, Rejected:
		t.Failed++
	}
	return t
}

// Begin is the state of a target whose probe begins now.
func (p Policy) Begin(s State, now time.Time) State {
	if s.Phase == Probing {
		s.Until = now.Add(p.ProbeLease)
	}
	return s
}

// Abandon is the state of a target whose prober has died, or was told to stop: it rests at the
// step it had and is due for a probe. A crash takes nothing.
func (s State) Abandon(now time.Time) State {
	if s.Phase == Probing {
		s.Phase, s.Until = Quarantined, now
	}
	return s
}

// Tries is how many changes a probe for the state sends at most, and how many of them at least
// have to go well, of those that there are.
func (p Policy) Tries(s State) (most int, pass float64) {
	if s.Reason == Ratio || s.Reason == Escrows {
		return p.Trials, p.Pass
	}
	return 1, 1
}

// probed ends a probe. That one resource is refused says nothing against the vendor, except
// where refusals are why the target rests.
func (p Policy) probed(s State, o Observation) State {
	many := s.Reason == Ratio || s.Reason == Escrows
	switch {
	case o.Signal == Neutral:
		return p.unproved(s, 0, o)
	case o.Signal == Bad:
		return p.rest(s, Unreachable, o)
	case o.Signal == Rejected && many:
		return p.rest(s, s.Reason, o)
	}
	return p.recovering(s, o.Now)
}

// unproved is the state of a target whose probe has said nothing of it: it rests on at the reason
// and the step it had, for as long as that step says and for the wait at least. Its series goes on.
func (p Policy) unproved(s State, wait time.Duration, o Observation) State {
	reason := s.Reason
	if p.Base[reason] == 0 { // an administrator has enabled it: there is no step to go by yet
		reason = Quota
	}
	rest := p.delay(reason, s.Step, o.Jitter)
	if s.Canary {
		rest = p.CanaryEvery
	}
	s.Phase, s.Resume, s.Until = Quarantined, Active, o.Now.Add(max(wait, rest))
	return p.old(s, o.Now)
}

// recovering is the state of a target that has passed its probe.
func (p Policy) recovering(s State, now time.Time) State {
	s = s.rejoin(now)
	s.Phase, s.Until, s.Trial, s.Healthy = Recovering, time.Time{}, Trial{Since: now}, now
	s.Failures, s.Failing, s.FirstAuth, s.Calls, s.Resources = 0, nil, time.Time{}, nil, nil
	return s
}

// Settle ends a recovery that has gone well for long enough: the series ends, and the step goes
// on falling. Idle says that nothing is due. A part that has not gone well is followed by another.
func (p Policy) Settle(s State, now time.Time, idle bool) State {
	t := s.Trial
	if s.Phase != Recovering || now.Sub(t.Since) < p.RecoverTime || !idle && t.Calls < p.RecoverCalls {
		return s
	}
	if t.Calls > 0 && float64(t.Failed) >= p.Leave*float64(t.Calls) {
		s.Trial.Since, s.Trial.Calls, s.Trial.Failed = now, 0, 0
		return s
	}
	return State{Step: s.Step, Healthy: s.Healthy, Calls: s.Calls, Resources: s.Resources}
}
