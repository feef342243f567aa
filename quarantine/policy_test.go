package quarantine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"scimrelay/quarantine"
)

// target plays observations of one target, with the jitter in the middle.
type target struct {
	policy quarantine.Policy
	state  quarantine.State
	now    time.Time
	n      int
	tried  map[string]quarantine.Tried
	told   []quarantine.NoticeKind
}

func newTarget() *target {
	return &target{policy: quarantine.Default(), now: noon, tried: map[string]quarantine.Tried{}}
}

// put keeps the next state and what there is to tell of it.
func (w *target) put(next quarantine.State) {
	for _, n := range quarantine.Notices(w.state, next) {
		w.told = append(w.told, n.Kind)
	}
	w.state = next
}

// see observes n signals about ever other resources.
func (w *target) see(n int, sig quarantine.Signal) *target {
	for range n {
		w.n++
		w.of(fmt.Sprint("r", w.n), sig)
	}
	return w
}

func (w *target) of(resource string, sig quarantine.Signal) {
	o := quarantine.Observation{Signal: sig, Resource: resource, Before: w.tried[resource], Now: w.now, Jitter: 0.5}
	if counts, refused := sig.Counts(); counts {
		w.tried[resource] = quarantine.TriedAt(w.now, refused)
	}
	w.put(w.policy.Observe(w.state, o))
}

// probe lets the rest pass and probes with the signal's result.
func (w *target) probe(sig quarantine.Signal) *target {
	w.now = later(w.now, w.state.Until)
	next, ok := w.state.Admit(w.now)
	if !ok {
		panic(fmt.Sprintf("not admitted at %v: %+v", w.now, w.state))
	}
	w.put(w.policy.Begin(next, w.now))
	w.of("", sig)
	return w
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestEveryNumberOfTheRulesIsOneOfThePolicy(t *testing.T) {
	t.Parallel()
	alone := func(n int, sig quarantine.Signal) func(*target) {
		return func(w *target) {
			for range n {
				w.of("one", sig)
			}
		}
	}
	mixed := func(ok, refused int) func(*target) {
		return func(w *target) { w.see(ok, quarantine.Good).see(refused, quarantine.Rejected) }
	}
	for name, c := range map[string]struct {
		play   func(*target)
		reason quarantine.Reason // none when it goes on
	}{
		"four failures":                        {func(w *target) { w.see(4, quarantine.Bad) }, ""},
		"five failures":                        {func(w *target) { w.see(5, quarantine.Bad) }, quarantine.Unreachable},
		"five failures about one":              {alone(5, quarantine.Bad), ""},
		"nineteen calls about one, all failed": {alone(19, quarantine.Bad), ""},
		"twenty calls about one, all failed":   {alone(20, quarantine.Bad), quarantine.Unreachable},
		"half of twenty":                       {func(w *target) { alternate(w, 10) }, quarantine.Unreachable},
		"fewer than half of twenty":            {func(w *target) { w.see(2, quarantine.Good); alternate(w, 9) }, ""},
		"a share in more than two minutes":     {func(w *target) { slowly(w, 20, 13*time.Second) }, ""},
		"45 % of a hundred":                    {mixed(55, 45), quarantine.Ratio},
		"35 % of a hundred":                    {mixed(65, 35), ""},
		"40 % of fifty":                        {mixed(30, 20), ""},
		"42 % of fifty":                        {mixed(29, 21), quarantine.Ratio},
		"45 % of 49":                           {mixed(27, 22), ""},
		"a hundred who wait for others":        {func(w *target) { w.see(100, quarantine.Answered) }, ""},
		"forty of fifty, an hour apart": {func(w *target) {
			w.see(25, quarantine.Rejected)
			w.now = w.now.Add(61 * time.Minute)
			w.see(25, quarantine.Good)
		}, ""},
		"one who is refused a hundred times":        {func(w *target) { w.see(48, quarantine.Good); alone(100, quarantine.Rejected)(w) }, ""},
		"thirty who were refused and then were not": {func(w *target) { again(w, 30); w.see(30, quarantine.Good) }, ""},
		"a single refusal":                          {func(w *target) { w.see(1, quarantine.Refused) }, ""},
		"two refusals at once":                      {func(w *target) { w.see(2, quarantine.Refused) }, ""},
		"two refusals five seconds apart": {func(w *target) {
			w.see(1, quarantine.Refused)
			w.now = w.now.Add(5 * time.Second)
			w.see(1, quarantine.Refused)
		}, quarantine.Auth},
		"the plan":              {func(w *target) { w.see(1, quarantine.Gated) }, quarantine.Plan},
		"2,000 set aside":       {func(w *target) { capped(w, 2000, 0) }, ""},
		"2,001 set aside":       {func(w *target) { capped(w, 2001, 0) }, quarantine.Escrows},
		"5,000 with references": {func(w *target) { capped(w, 1000, 4000) }, ""},
		"5,001 with references": {func(w *target) { capped(w, 1000, 4001) }, quarantine.Escrows},
	} {
		w := newTarget()
		c.play(w)
		if got := w.state.Phase == quarantine.Quarantined; got != (c.reason != "") || got && w.state.Reason != c.reason {
			t.Errorf("%s: %+v", name, w.state)
		}
	}
}

func alternate(w *target, pairs int) {
	for range pairs {
		w.see(1, quarantine.Good).see(1, quarantine.Bad)
	}
}

func slowly(w *target, n int, apart time.Duration) {
	for range n {
		w.of("one", quarantine.Bad)
		w.now = w.now.Add(apart)
	}
}

func again(w *target, n int) {
	for i := range n {
		w.of(fmt.Sprint("x", i), quarantine.Rejected)
	}
	for i := range n {
		w.of(fmt.Sprint("x", i), quarantine.Good)
	}
}

func capped(w *target, escrowed, parked int) {
	w.put(w.policy.Capped(w.state, escrowed, parked, quarantine.Observation{Now: w.now, Jitter: 0.5}))
}

func TestProbesAreSpacedByTheirReasonsLadder(t *testing.T) {
	t.Parallel()
	for reason, base := range map[quarantine.Reason]time.Duration{quarantine.Unreachable: 30 * time.Second, quarantine.Auth: 15 * time.Minute,
		quarantine.Ratio: 30 * time.Minute, quarantine.Escrows: 30 * time.Minute, quarantine.Plan: 6 * time.Hour} {
		signal := map[quarantine.Reason]quarantine.Signal{quarantine.Unreachable: quarantine.Bad, quarantine.Auth: quarantine.Refused,
			quarantine.Ratio: quarantine.Rejected, quarantine.Escrows: quarantine.Rejected, quarantine.Plan: quarantine.Gated}[reason]
		for _, jitter := range []float64{0, 0.5, 0.9999} {
			s := quarantine.State{Phase: quarantine.Probing, Reason: reason, Step: 2, Began: noon}
			s = policy.Observe(s, quarantine.Observation{Signal: signal, Now: noon, Jitter: jitter})
			want := float64(min(24*time.Hour, base<<3)) * (0.75 + jitter/2)
			if got := float64(s.Until.Sub(noon)); got < want*0.999 || got > want*1.001 || s.Step != 3 || s.Reason != reason {
				t.Errorf("%s with jitter %v: %v at step %d, want %v", reason, jitter, s.Until.Sub(noon), s.Step, time.Duration(want))
			}
		}
	}
}

func TestARecoveryIsGivenMoreBitByBit(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad).probe(quarantine.Good)
	var widths []int
	for range 5 {
		widths = append(widths, policy.Concurrency(w.state, 6))
		w.see(20, quarantine.Good)
	}
	if want := []int{1, 2, 4, 6, 6}; !slices.Equal(widths, want) {
		t.Errorf("widths %v, want %v", widths, want)
	}
	if w.state.Phase != quarantine.Recovering {
		t.Errorf("recovered within no time: %+v", w.state)
	}
	w.now = w.now.Add(60 * time.Second)
	if w.see(1, quarantine.Good); w.state.Phase != quarantine.Active || !slices.Equal(w.told, []quarantine.NoticeKind{quarantine.NoticeEntered, quarantine.NoticeRecovered}) {
		t.Errorf("after a minute and %d calls: %+v, told %v", 101, w.state, w.told)
	}
}

func TestARecoveryEndsOnlyWhenItWentWell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		good, refused int
		after         time.Duration
		idle          bool
		want          quarantine.Phase
	}{
		"too soon":                     {100, 0, 59 * time.Second, true, quarantine.Recovering},
		"nothing to do":                {0, 0, time.Minute, true, quarantine.Active},
		"too few calls":                {48, 0, time.Minute, false, quarantine.Recovering},
		"fifty calls":                  {50, 0, time.Minute, false, quarantine.Active},
		"one in ten fails":             {45, 5, time.Minute, false, quarantine.Recovering},
		"fewer than one in ten fail":   {55, 5, time.Minute, false, quarantine.Active},
		"one in ten fails and no work": {9, 1, time.Minute, true, quarantine.Recovering},
	} {
		w := newTarget().see(5, quarantine.Bad).probe(quarantine.Good)
		w.see(c.good, quarantine.Good).see(c.refused, quarantine.Rejected)
		if s := w.policy.Settle(w.state, w.now.Add(c.after), c.idle); s.Phase != c.want {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestATripWhileRecoveringKeepsTheStepLessWhatHealthTakesOff(t *testing.T) {
	t.Parallel()
	for well, want := range map[time.Duration]int{0: 4, 9 * time.Minute: 4, 10 * time.Minute: 3, 25 * time.Minute: 2, 2 * time.Hour: 0} {
		w := newTarget().see(5, quarantine.Bad)
		for range 4 {
			w.probe(quarantine.Bad)
		}
		began := w.state.Began
		w.probe(quarantine.Good)
		w.now = w.now.Add(well)
		w.see(5, quarantine.Bad)
		if w.state.Step != want || !w.state.Began.Equal(began) || w.state.Count != 6 {
			t.Errorf("well for %v: step %d, %+v", well, w.state.Step, w.state)
		}
	}
}

func TestADeadProbersStepStays(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad).probe(quarantine.Bad)
	s, _ := w.state.Admit(w.state.Until)
	began := w.state.Until
	s = w.policy.Begin(s, began)
	if _, ok := s.Admit(began.Add(59 * time.Second)); ok {
		t.Error("a second prober while the first may live")
	}
	dead := w.policy.Tick(s, began.Add(time.Minute), false)
	if dead.Phase != quarantine.Quarantined || dead.Step != w.state.Step || dead.Count != w.state.Count {
		t.Errorf("after the prober died %+v, before %+v", dead, w.state)
	}
	if next, ok := dead.Admit(began.Add(time.Minute)); !ok || next.Phase != quarantine.Probing {
		t.Errorf("nobody probes after it: %+v", next)
	}
}

func TestFourWeeksOfRestEndInDisabled(t *testing.T) {
	t.Parallel()
	w := newTarget().see(1, quarantine.Gated)
	began := w.now
	for w.state.Phase != quarantine.Disabled && w.now.Before(began.Add(40*quarantine.Day)) {
		at := w.policy.Look(w.state)
		w.now = later(w.now, at)
		w.put(w.policy.Tick(w.state, w.now, true))
		if _, ok := w.state.Admit(w.now); ok {
			w.probe(quarantine.Gated)
		}
	}
	if age := w.now.Sub(began); w.state.Phase != quarantine.Disabled || age < 28*quarantine.Day || age > 29*quarantine.Day {
		t.Errorf("after %v: %+v", age, w.state)
	}
	want := []quarantine.NoticeKind{quarantine.NoticeEntered, quarantine.NoticeDay1, quarantine.NoticeDay7, quarantine.NoticeDay14,
		quarantine.NoticeDay21, quarantine.NoticeDay27, quarantine.NoticeDisabled}
	if !slices.Equal(w.told, want) {
		t.Errorf("told %v", w.told)
	}
	if s := w.state.TryNow(w.now); s.Phase != quarantine.Disabled {
		t.Errorf("released from disabled: %+v", s)
	}
	w.put(w.state.Enable(w.now))
	if next, ok := w.state.Admit(w.now); !ok || next.Phase != quarantine.Probing {
		t.Errorf("enabled and not probed: %+v", next)
	}
	w.told = nil
	if w.probe(quarantine.Gated); w.state.Phase != quarantine.Quarantined || !slices.Equal(w.told, []quarantine.NoticeKind{quarantine.NoticeEntered}) {
		t.Errorf("a probe that fails begins a new series: %+v, told %v", w.state, w.told)
	}
}

func TestAReasonThatChangesIsToldOf(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad).probe(quarantine.Refused)
	if w.state.Reason != quarantine.Auth || !slices.Equal(w.told, []quarantine.NoticeKind{quarantine.NoticeEntered, quarantine.NoticeReason}) {
		t.Errorf("%+v, told %v", w.state, w.told)
	}
}

func TestNothingJumpsToActive(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad)
	for name, s := range map[string]quarantine.State{"try now": w.state.TryNow(w.now), "enable": w.state.Disable(w.now).Enable(w.now),
		"release": w.policy.Release(w.policy.Join(w.state, w.now, false), w.now, 0)} {
		if next, ok := s.Admit(w.now); !ok || next.Phase != quarantine.Probing {
			t.Errorf("%s: %+v", name, next)
		}
	}
}

func TestAVendorIsDownWhenManyOfItsTargetsOpen(t *testing.T) {
	t.Parallel()
	for opened, active := range map[int][2]int{4: {4, 0}, 5: {10, 11}, 50: {100, 101}} {
		if got := policy.Vendorwide(opened, active[0]); got != (opened >= 5) {
			t.Errorf("%d of %d: %v", opened, active[0], got)
		}
		if active[1] > 0 && policy.Vendorwide(opened, active[1]) {
			t.Errorf("%d of %d", opened, active[1])
		}
	}
}

func TestTheClockStandsWhileTheVendorIsDown(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad)
	w.put(w.policy.Join(w.state, w.now, false))
	step := w.state.Step
	if _, ok := w.state.Admit(w.now.Add(quarantine.Day)); ok {
		t.Error("one that waits was admitted")
	}
	w.now = w.now.Add(60 * quarantine.Day)
	w.put(w.policy.Tick(w.state, w.now, true))
	w.put(w.policy.Release(w.state, w.now, 0.5))
	if age := w.state.Age(w.now); age != 0 || w.state.Step != step || w.state.Until.Sub(w.now) != 150*time.Second {
		t.Errorf("after two months of incident %v old: %+v", age, w.state)
	}
	if w.probe(quarantine.Bad); w.state.Phase != quarantine.Quarantined {
		t.Errorf("%+v", w.state)
	}
}

func TestACanaryAsksEveryHalfMinute(t *testing.T) {
	t.Parallel()
	w := newTarget().see(5, quarantine.Bad)
	w.put(w.policy.Join(w.state, w.now, true))
	for range 20 {
		at := w.state.Until
		if w.probe(quarantine.Bad); w.state.Until.Sub(at) != 30*time.Second || w.state.Step != 0 {
			t.Fatalf("%v after the probe: %+v", w.state.Until.Sub(at), w.state)
		}
	}
	if w.probe(quarantine.Good); w.state.Phase != quarantine.Recovering || w.state.Canary || !w.state.Incident.IsZero() {
		t.Errorf("%+v", w.state)
	}
}
