package quarantine_test

import (
	"testing"
	"time"

	"scimrelay/quarantine"
)

// Calls run side by side: what the others of a chunk say after one has sent the target to
// rest must not wake it.
func TestNothingThatWasUnderWayEndsAQuarantine(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]quarantine.Signal{"unreachable": quarantine.Bad, "plan": quarantine.Gated} {
		at := quarantine.State{Failures: 4, Failing: []string{"a", "b", "c"}}
		rests := policy.Observe(at, quarantine.Observation{Signal: reason, Now: noon, Jitter: 0.5})
		if rests.Phase != quarantine.Quarantined {
			t.Fatalf("%s: %+v", name, rests)
		}
		for late, o := range map[string]quarantine.Observation{
			"good":     {Signal: quarantine.Good},
			"bad":      {Signal: quarantine.Bad},
			"refused":  {Signal: quarantine.Refused},
			"slowdown": {Signal: quarantine.Slowdown, RetryAfter: 10 * time.Second},
		} {
			o.Now, o.Jitter = noon.Add(time.Second), 0.5
			if s := policy.Observe(rests, o); s.Phase != quarantine.Quarantined || s.Until.Before(rests.Until) {
				t.Errorf("%s, then %s: %+v, want rest until %v", name, late, s, rests.Until)
			}
		}
	}
}

// 2.3: two refusals at least five seconds apart are a quarantine, whatever came beside them.
func TestTwoRoundsOfRefusalsAreAQuarantine(t *testing.T) {
	t.Parallel()
	var s quarantine.State
	now := noon
	for range 2 { // two turns of four calls each
		s, _ = s.Admit(now)
		for range 4 {
			s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Refused, Now: now, Jitter: 0.5})
		}
		now = now.Add(5 * time.Second)
	}
	if s.Phase != quarantine.Quarantined || s.Reason != quarantine.Auth {
		t.Errorf("state %+v", s)
	}
}

// A throttle during a probe is no proof of health: the next turn probes again.
func TestAProbeThatWasThrottledIsStillToBePassed(t *testing.T) {
	t.Parallel()
	s, _ := after(quarantine.State{}, repeat(quarantine.Bad, 5)...)
	s, _ = s.Admit(s.Until)
	s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Slowdown, RetryAfter: 10 * time.Second, Now: noon.Add(time.Hour)})
	s, ok := s.Admit(noon.Add(2 * time.Hour))
	if !ok || s.Phase != quarantine.Probing {
		t.Errorf("after the pause of a probe: %+v, admitted %v", s, ok)
	}
}
