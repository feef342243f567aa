package quarantine_test

import (
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
)

// Whoever was told that a target rests is told that it works again, however its recovery ended.
func TestTheEndOfASeriesIsToldHoweverItCame(t *testing.T) {
	t.Parallel()
	recovering := quarantine.State{Phase: quarantine.Recovering, Reason: quarantine.Unreachable, Began: noon.Add(-time.Hour), Count: 3, Healthy: noon,
		Trial: quarantine.Trial{Since: noon, Calls: 60, Successes: 60}}
	see := func(s quarantine.State, at time.Duration, sig quarantine.Signal, wait time.Duration) quarantine.State {
		return policy.Observe(s, quarantine.Observation{Signal: sig, RetryAfter: wait, Resource: "r", Now: noon.Add(at), Jitter: 0.5})
	}
	for name, turn := range map[string]func() (before, after quarantine.State){
		"by a call": func() (quarantine.State, quarantine.State) {
			return recovering, see(recovering, 61*time.Second, quarantine.Good, 0)
		},
		"after a pause": func() (quarantine.State, quarantine.State) {
			stored := see(recovering, 10*time.Second, quarantine.Slowdown, 70*time.Second)
			s, _ := stored.Admit(noon.Add(81 * time.Second))
			return stored, see(s, 82*time.Second, quarantine.Good, 0)
		},
		"before a pause": func() (quarantine.State, quarantine.State) {
			s := see(recovering, 61*time.Second, quarantine.Good, 0)
			return recovering, see(s, 62*time.Second, quarantine.Slowdown, time.Minute)
		},
	} {
		before, after := turn()
		told := quarantine.Notices(before, after)
		if len(told) != 1 || told[0].Kind != quarantine.NoticeRecovered || !told[0].Series.Equal(recovering.Began) || told[0].Detail != "rested 3 times" {
			t.Errorf("%s: %q to %q tells %+v", name, before.Phase, after.Phase, told)
		}
	}
}

func TestAnAdministratorsWordIsNoRecovery(t *testing.T) {
	t.Parallel()
	rests := policy.Observe(quarantine.State{}, quarantine.Observation{Signal: quarantine.Gated, Now: noon, Jitter: 0.5})
	off := rests.Disable(noon)
	for name, states := range map[string][2]quarantine.State{
		"try now": {rests, rests.TryNow(noon)}, "disable": {rests, off}, "enable": {off, off.Enable(noon.Add(time.Hour))},
	} {
		told := quarantine.Notices(states[0], states[1])
		if slices.ContainsFunc(told, func(n quarantine.Notice) bool { return n.Kind == quarantine.NoticeRecovered }) {
			t.Errorf("%s tells %+v", name, told)
		}
	}
}
