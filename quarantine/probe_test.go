package quarantine_test

import (
	"testing"
	"time"

	"scimrelay/quarantine"
)

// probing is a target that has rested for a while and is asked now, with a signal's result.
func probing(reason quarantine.Reason, step int, o quarantine.Observation) quarantine.State {
	o.Now, o.Jitter = noon, 0.5
	return policy.Observe(quarantine.State{Phase: quarantine.Probing, Reason: reason, Step: step, Began: noon.Add(-time.Hour), Count: 2}, o)
}

// 2.4: neither a vendor that asks to wait nor a mistake of ours counts for anything: the target
// rests on for the same reason, at the same step, and no shorter than that step says.
func TestAProbeThatSaysNothingIsRepeatedAtItsStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reason quarantine.Reason
		o      quarantine.Observation
		rest   time.Duration
	}{
		"throttled":                 {quarantine.Auth, quarantine.Observation{Signal: quarantine.Slowdown}, time.Hour},
		"throttled for a moment":    {quarantine.Auth, quarantine.Observation{Signal: quarantine.Slowdown, RetryAfter: 20 * time.Second}, time.Hour},
		"throttled for longer":      {quarantine.Unreachable, quarantine.Observation{Signal: quarantine.Slowdown, RetryAfter: 10 * time.Minute}, 10 * time.Minute},
		"a mistake of ours":         {quarantine.Plan, quarantine.Observation{Signal: quarantine.Neutral}, 24 * time.Hour},
		"enabled, then throttled":   {quarantine.Admin, quarantine.Observation{Signal: quarantine.Slowdown}, 4 * time.Hour},
		"enabled, then our mistake": {quarantine.Admin, quarantine.Observation{Signal: quarantine.Neutral}, 4 * time.Hour},
	} {
		s := probing(c.reason, 2, c.o)
		if s.Phase != quarantine.Quarantined || s.Reason != c.reason || s.Step != 2 || s.Count != 2 || s.Until.Sub(noon) != c.rest {
			t.Errorf("%s: %+v rests %v, want %v", name, s, s.Until.Sub(noon), c.rest)
		}
		if told := quarantine.Notices(quarantine.State{Phase: quarantine.Probing, Reason: c.reason, Began: s.Began}, s); len(told) > 0 {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

func TestACanaryThatIsThrottledAsksAgainAsACanary(t *testing.T) {
	t.Parallel()
	s := quarantine.State{Phase: quarantine.Probing, Reason: quarantine.Unreachable, Step: 8, Began: noon, Incident: noon, Canary: true}
	s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Slowdown, Now: noon, Jitter: 0.5})
	if !s.Canary || s.Incident.IsZero() || s.Until.Sub(noon) != policy.CanaryEvery {
		t.Errorf("%+v", s)
	}
}

// P13, 2.3: a vendor that answers every probe with 429 is asked as rarely as one that refuses
// them, and given up like it.
func TestATargetWhoseProbesAreAlwaysThrottledIsGivenUp(t *testing.T) {
	t.Parallel()
	s := policy.Observe(quarantine.State{}, quarantine.Observation{Signal: quarantine.Gated, Now: noon, Jitter: 0.5})
	now, probes := noon, 0
	for s.Phase != quarantine.Disabled && now.Sub(noon) < 40*quarantine.Day {
		look := policy.Look(s)
		if !look.After(now) {
			t.Fatalf("after %v it is to be looked at at %v: %+v", now.Sub(noon), look, s)
		}
		now = look
		s = policy.Tick(s, now, true)
		next, ok := s.Admit(now)
		if !ok {
			continue
		}
		probes++
		s = policy.Observe(policy.Begin(next, now), quarantine.Observation{Signal: quarantine.Slowdown, Now: now, Jitter: 0.5})
	}
	if age := now.Sub(noon); s.Phase != quarantine.Disabled || age < policy.GiveUp || age > policy.GiveUp+quarantine.Day || probes > 120 {
		t.Errorf("after %v and %d probes: %+v", age, probes, s)
	}
}

// A recovery that the vendor pauses is no rest: nothing of the series is due meanwhile.
func TestAPausedRecoveryIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s := quarantine.State{Phase: quarantine.Recovering, Reason: quarantine.Auth, Began: noon.Add(-policy.GiveUp), Trial: quarantine.Trial{Since: noon}, Warned: 27}
	s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Slowdown, RetryAfter: time.Minute, Now: noon, Jitter: 0.5})
	if look := policy.Look(s); s.Phase != quarantine.Throttled || !look.Equal(noon.Add(time.Minute)) || !policy.Ends(s).IsZero() {
		t.Errorf("looked at %v, ends %v: %+v", look, policy.Ends(s), s)
	}
}
