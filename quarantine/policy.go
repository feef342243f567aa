package quarantine

import "time"

// Day is what series are counted in.
const Day = 24 * time.Hour

// Policy is the numbers. They are configuration, not law.
type Policy struct {
	// Ratio: more than Enter of at least Distinct resources refused within Window. A target
	// has recovered with less than Leave.
	Window       time.Duration
	Distinct     int
	Enter, Leave float64
	// MaxEscrows is how many changes may be set aside at most, MaxWithReferences together with
	// those that wait for a reference.
	MaxEscrows, MaxWithReferences int

	// Health: so many Failures in a row about so many Resources, or at least Share of at least
	// Calls within CallWindow.
	Failures, Resources int
	Share               float64
	Calls               int
	CallWindow          time.Duration

	AuthApart time.Duration // two refusals at least this far apart end in quarantine
	Pause     time.Duration // a slow-down longer than this is a quarantine for quota
	Shortest  time.Duration // a slow-down without a time

	// Base is the first delay of each reason; it doubles to Longest, give or take Spread.
	Base    map[Reason]time.Duration
	Longest time.Duration
	Spread  float64
	// ProbeLease is how long after its begin a probe counts as dead, Trials how many changes a
	// probe for a ratio sends, and Pass which part of them has to go well.
	ProbeLease time.Duration
	Trials     int
	Pass       float64

	// A recovery lasts RecoverTime and RecoverCalls at least; its concurrency doubles with each
	// so many successes. Step falls by one with each Decay in health.
	RecoverTime  time.Duration
	RecoverCalls int
	Double       int
	Decay        time.Duration

	// GiveUp is the age of a series at which the target is disabled, Warnings the days of it on
	// which somebody is told.
	GiveUp   time.Duration
	Warnings []int

	// Vendor-wide: at least HostTargets, and HostShare of those active on one host, opening within
	// HostWindow. One target probes every CanaryEvery; the others follow over ReleaseOver.
	HostTargets int
	HostShare   float64
	HostWindow  time.Duration
	CanaryEvery time.Duration
	ReleaseOver time.Duration
}

// Default is the policy of reliability rules 2.3.
func Default() Policy {
	return Policy{
		Window: time.Hour, Distinct: 50, Enter: 0.40, Leave: 0.10, MaxEscrows: 2000, MaxWithReferences: 5000,
		Failures: 5, Resources: 3, Share: 0.5, Calls: 20, CallWindow: 2 * time.Minute,
		AuthApart: 5 * time.Second, Pause: time.Hour, Shortest: time.Second,
		Base: map[Reason]time.Duration{Unreachable: 30 * time.Second, Auth: 15 * time.Minute, Ratio: 30 * time.Minute,
			Escrows: 30 * time.Minute, Plan: 6 * time.Hour, Quota: time.Hour},
		Longest: Day, Spread: 0.25, ProbeLease: time.Minute, Trials: 5, Pass: 0.8,
		RecoverTime: time.Minute, RecoverCalls: 50, Double: 20, Decay: 10 * time.Minute,
		GiveUp: 28 * Day, Warnings: []int{1, 7, 14, 21, 27},
		HostTargets: 5, HostShare: 0.5, HostWindow: 10 * time.Minute, CanaryEvery: 30 * time.Second, ReleaseOver: 5 * time.Minute,
	}
}

// delay is how long until the next probe at step k, spread by jitter in [0,1).
func (p Policy) delay(reason Reason, k int, jitter float64) time.Duration {
	wait := p.Longest
	if k < 20 {
		wait = min(p.Longest, p.Base[reason]<<k)
	}
	return time.Duration(float64(wait) * (1 - p.Spread + 2*p.Spread*jitter))
}
