package queuetest

import (
	"testing"
	"time"

	"scimrelay/queue"
	"scimrelay/tenants"
)

// OpenBuckets returns buckets that nobody has used yet, as two processes see them: in one process
// both are the same.
type OpenBuckets func(tb testing.TB) (one, other queue.Accounts)

// RunBuckets asks everything of the buckets that open gives. No test waits for a place: it asks
// how far away it is, at rates so slow that the test's own time does not count.
func RunBuckets(t *testing.T, open OpenBuckets) {
	for name, test := range map[string]func(*testing.T, OpenBuckets){
		"a burst goes at once and the rest at the rate":    paced,
		"an account's users share its bucket":              common,
		"each user pays with its own rate":                 ownRate,
		"accounts do not share":                            apart,
		"a place too far away is not taken":                impatient,
		"nobody calls while the account is held":           held,
		"after a hold the bucket is full":                  full,
		"after a pause it is empty and the rate rises":     ramp,
		"a pause of nothing only empties":                  emptied,
		"a longer rest stands":                             longest,
		"without a limit only rests count":                 unlimited,
		"what is paid for before a pause stays paid after": paid,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

const (
	account = "acme:0123456789abcdef"
	every   = 1000 * time.Second // between calls at the rate slowly
	ever    = 24 * time.Hour
)

func slowly(burst int) tenants.Rate {
	return tenants.Rate{PerSecond: 1 / every.Seconds(), Burst: burst}
}

// takes asks for a place and for how long until it must be, give or take what the test's own time is.
func takes(t *testing.T, b queue.Accounts, rate tenants.Rate, want time.Duration) {
	t.Helper()
	wait, taken := b.Take(t.Context(), account, rate, ever)
	if !taken || wait > want+time.Second || wait < want-20*time.Second || want == 0 && wait != 0 {
		t.Errorf("the place is %v away, taken %v; want %v", wait, taken, want)
	}
}

func paced(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	for _, want := range []time.Duration{0, 0, 0, every, 2 * every, 3 * every} {
		takes(t, b, slowly(3), want)
	}
}

func common(t *testing.T, open OpenBuckets) {
	one, other := open(t)
	takes(t, one, slowly(2), 0)
	takes(t, other, slowly(2), 0)
	takes(t, one, slowly(2), every)
	takes(t, other, slowly(2), 2*every)
}

func ownRate(t *testing.T, open OpenBuckets) {
	one, other := open(t)
	takes(t, one, slowly(1), 0)
	quick := tenants.Rate{PerSecond: 4 / every.Seconds(), Burst: 1}
	takes(t, other, quick, every)
	takes(t, other, quick, every+every/4)
	takes(t, one, slowly(1), every+every/2)
}

func apart(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	takes(t, b, slowly(1), 0)
	if wait, taken := b.Take(t.Context(), "another", slowly(1), 0); wait != 0 || !taken {
		t.Errorf("another account waits %v", wait)
	}
}

func impatient(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	takes(t, b, slowly(1), 0)
	for range 3 {
		wait, taken := b.Take(t.Context(), account, slowly(1), time.Minute)
		if taken || wait > every || wait < every-20*time.Second {
			t.Errorf("the place is %v away, taken %v", wait, taken)
		}
	}
	takes(t, b, slowly(1), every)
}

func rests(t *testing.T, b queue.Accounts, want time.Duration) {
	t.Helper()
	if got := b.Held(t.Context(), account); got > want || got < want-20*time.Second {
		t.Errorf("the account is held for %v, want %v", got, want)
	}
}

func held(t *testing.T, open OpenBuckets) {
	one, other := open(t)
	rests(t, other, 0)
	one.Hold(t.Context(), account, time.Hour)
	rests(t, one, time.Hour)
	rests(t, other, time.Hour)
	if wait, taken := other.Take(t.Context(), account, slowly(3), time.Minute); taken || wait < 59*time.Minute {
		t.Errorf("a place %v away, taken %v", wait, taken)
	}
}

func full(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	b.Hold(t.Context(), account, time.Hour)
	for _, want := range []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour + every} {
		takes(t, b, slowly(3), want)
	}
}

// ramp takes many places behind a pause: the first are four times as far apart as the later ones,
// and none come together, however large the burst is.
func ramp(t *testing.T, open OpenBuckets) {
	one, other := open(t)
	rate := tenants.Rate{PerSecond: 2, Burst: 10} // the test's own time is nothing against the pause
	one.Pause(t.Context(), account, time.Hour)
	var at []time.Duration
	for i := range 100 {
		b := []queue.Accounts{one, other}[i%2]
		wait, taken := b.Take(t.Context(), account, rate, ever)
		if !taken {
			t.Fatal("a place was not taken")
		}
		at = append(at, wait)
	}
	for i, want := range []time.Duration{0, 2 * time.Second, 4 * time.Second} {
		if behind := at[i] - time.Hour; behind > want+time.Second || behind < want-2*time.Second {
			t.Errorf("place %d is %v behind the pause", i, behind)
		}
	}
	inTheRamp, within := 0, at[0]+30*time.Second
	for _, wait := range at {
		if wait < within {
			inTheRamp++
		}
	}
	if inTheRamp < 30 || inTheRamp > 55 { // 37.5 at the rate's mean, and up to the burst saved up meanwhile
		t.Errorf("%d calls within the ramp", inTheRamp)
	}
	if step := at[99] - at[98]; step < 400*time.Millisecond || step > 600*time.Millisecond {
		t.Errorf("calls follow each other by %v after the ramp", step)
	}
}

func emptied(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	b.Pause(t.Context(), account, 0)
	rests(t, b, 0)
	takes(t, b, slowly(5), 0)
	if wait, _ := b.Take(t.Context(), account, slowly(5), ever); wait < every {
		t.Errorf("the second place is %v away", wait)
	}
}

func longest(t *testing.T, open OpenBuckets) {
	one, other := open(t)
	one.Pause(t.Context(), account, 2*time.Hour)
	other.Hold(t.Context(), account, time.Hour)
	other.Pause(t.Context(), account, time.Minute)
	rests(t, one, 2*time.Hour)
	rests(t, other, 2*time.Hour)
}

func unlimited(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	for range 3 {
		takes(t, b, tenants.Rate{}, 0)
	}
	b.Pause(t.Context(), account, time.Hour)
	for range 3 {
		takes(t, b, tenants.Rate{}, time.Hour)
	}
}

func paid(t *testing.T, open OpenBuckets) {
	b, _ := open(t)
	takes(t, b, slowly(1), 0)
	takes(t, b, slowly(1), every)
	b.Pause(t.Context(), account, time.Second)
	takes(t, b, slowly(1), 2*every)
}
