package quarantine_test

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"scimrelay/quarantine"
)

var (
	policy = quarantine.Default()
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// after plays signals one second apart, with the jitter in the middle.
func after(s quarantine.State, signals ...quarantine.Signal) (quarantine.State, time.Time) {
	now := noon
	for i, sig := range signals {
		s = policy.Observe(s, quarantine.Observation{Signal: sig, Resource: strconv.Itoa(i), Now: now, Jitter: 0.5})
		now = now.Add(time.Second)
	}
	return s, now
}

func repeat(sig quarantine.Signal, n int) (all []quarantine.Signal) {
	for range n {
		all = append(all, sig)
	}
	return all
}

func TestFiveFailuresInARowSendATargetToRest(t *testing.T) {
	t.Parallel()
	if s, _ := after(quarantine.State{}, repeat(quarantine.Bad, 4)...); s.Resting() {
		t.Errorf("rests after four: %+v", s)
	}
	s, now := after(quarantine.State{}, repeat(quarantine.Bad, 5)...)
	if s.Phase != quarantine.Quarantined || s.Reason != quarantine.Unreachable {
		t.Fatalf("state %+v", s)
	}
	if wait := s.Until.Sub(now.Add(-time.Second)); wait != 30*time.Second {
		t.Errorf("rests %v", wait)
	}
	if s, _ := after(quarantine.State{}, quarantine.Bad, quarantine.Bad, quarantine.Bad, quarantine.Bad, quarantine.Good, quarantine.Bad); s.Resting() {
		t.Errorf("a success in between does not count: %+v", s)
	}
	if s, _ := after(quarantine.State{}, repeat(quarantine.Neutral, 50)...); s.Resting() {
		t.Errorf("rests for what is about nobody: %+v", s)
	}
}

func TestProbesAreSpacedEverWiderAndOneSuccessEndsTheSeries(t *testing.T) {
	t.Parallel()
	s, _ := after(quarantine.State{}, repeat(quarantine.Bad, 5)...)
	began, now := s.Began, s.Until
	for step := 1; step <= 12; step++ {
		if _, ok := s.Admit(now.Add(-time.Millisecond)); ok {
			t.Fatal("admitted before its time")
		}
		var ok bool
		if s, ok = s.Admit(now); !ok || s.Phase != quarantine.Probing {
			t.Fatalf("not probing: %+v", s)
		}
		s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Bad, Now: now, Jitter: 0.5})
		want := min(24*time.Hour, 30*time.Second<<step)
		if got := s.Until.Sub(now); got != want || s.Phase != quarantine.Quarantined {
			t.Fatalf("step %d rests %v, want %v: %+v", step, got, want, s)
		}
		now = s.Until
	}
	if !s.Began.Equal(began) {
		t.Error("the series began anew")
	}
	s, _ = s.Admit(now)
	if s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Good, Now: now}); s.Phase != quarantine.Recovering || s.Step != 12 {
		t.Errorf("after success %+v", s)
	}
	s = policy.Settle(s, now.Add(time.Minute), true)
	if s.Phase != quarantine.Active || !s.Began.IsZero() {
		t.Errorf("after a minute with nothing to do %+v", s)
	}
}

func TestJitterStaysWithinAQuarter(t *testing.T) {
	t.Parallel()
	for jitter, want := range map[float64]time.Duration{0: 4*time.Hour + 30*time.Minute, 0.5: 6 * time.Hour, 0.999: 7*time.Hour + 29*time.Minute} {
		s := policy.Observe(quarantine.State{}, quarantine.Observation{Signal: quarantine.Gated, Now: noon, Jitter: jitter})
		if got := s.Until.Sub(noon).Truncate(time.Minute); got != want || s.Reason != quarantine.Plan {
			t.Errorf("jitter %v rests %v, want %v", jitter, got, want)
		}
	}
}

func TestOneRefusedCredentialWaitsForASecond(t *testing.T) {
	t.Parallel()
	s, _ := after(quarantine.State{}, quarantine.Refused)
	if s.Phase != quarantine.Throttled || s.Until.Sub(noon) != 5*time.Second {
		t.Fatalf("state %+v", s)
	}
	s, ok := s.Admit(noon.Add(5 * time.Second))
	if !ok {
		t.Fatal("not admitted")
	}
	s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Refused, Now: noon.Add(5 * time.Second), Jitter: 0.5})
	if s.Phase != quarantine.Quarantined || s.Reason != quarantine.Auth || s.Until.Sub(noon) != 15*time.Minute+5*time.Second {
		t.Errorf("state %+v", s)
	}
	if fine, _ := after(quarantine.State{}, quarantine.Refused, quarantine.Good); !fine.FirstAuth.IsZero() {
		t.Error("a success forgives the first refusal")
	}
}

func TestAVendorThatAsksToWaitIsNotSick(t *testing.T) {
	t.Parallel()
	slow := func(s quarantine.State, wait time.Duration) quarantine.State {
		return policy.Observe(s, quarantine.Observation{Signal: quarantine.Slowdown, RetryAfter: wait, Now: noon, Jitter: 0.5})
	}
	s := slow(quarantine.State{Failures: 4}, 20*time.Second)
	if s.Phase != quarantine.Throttled || s.Until.Sub(noon) != 20*time.Second || s.Failures != 4 || s.Step != 0 {
		t.Errorf("state %+v", s)
	}
	if s = policy.Observe(s, quarantine.Observation{Signal: quarantine.Good, Now: noon}); !s.Resting() || s.Until.Sub(noon) != 20*time.Second {
		t.Errorf("a call that was under way lifts the pause: %+v", s)
	}
	if s = slow(s, time.Second); s.Until.Sub(noon) != 20*time.Second {
		t.Errorf("a shorter pause shortens a longer one: %+v", s)
	}
	if s = slow(quarantine.State{}, 2*time.Hour); s.Phase != quarantine.Quarantined || s.Reason != quarantine.Quota || s.Until.Sub(noon) != 2*time.Hour {
		t.Errorf("a pause of hours: %+v", s)
	}
	s, ok := slow(quarantine.State{}, 0).Admit(noon.Add(time.Second))
	if !ok || s.Phase != quarantine.Active {
		t.Errorf("after the pause: %+v", s)
	}
}

func TestAnswersThatWereUnderWayDoNotLiftAQuarantine(t *testing.T) {
	t.Parallel()
	s, now := after(quarantine.State{FirstAuth: noon.Add(-time.Minute)}, quarantine.Refused)
	if s.Reason != quarantine.Auth {
		t.Fatalf("state %+v", s)
	}
	for _, late := range []quarantine.Signal{quarantine.Refused, quarantine.Slowdown, quarantine.Good, quarantine.Bad, quarantine.Gated, quarantine.Neutral} {
		if got := policy.Observe(s, quarantine.Observation{Signal: late, Now: now, RetryAfter: time.Second}); !reflect.DeepEqual(got, s) {
			t.Errorf("signal %d made %+v of %+v", late, got, s)
		}
	}
}
