package connectors

import (
	"time"

	"scimrelay/tenants"
)

// pace is the state of one token bucket, kept as in the generic cell rate algorithm: no tokens
// are counted, only the time at which the bucket would be full again. Each call moves that on by
// what one call costs its caller, so that callers with different rates can share it. The script
// in package queue does the same sums.
type pace struct {
	full  time.Time // when nothing more would be owed
	until time.Time // nobody calls before
	ramp  time.Time // since when the rate rises, zero when it never had to
}

// take takes the next place unless it is further away than patience.
func (p *pace) take(now time.Time, rate tenants.Rate, patience time.Duration) (wait time.Duration, taken bool) {
	at := later(now, p.until)
	cost := interval(rate)
	slack := time.Duration(float64(cost) * float64(max(rate.Burst, 1)-1) * p.risen(at))
	if cost > 0 {
		at = later(at, p.full.Add(-slack))
	}
	if wait = at.Sub(now); wait > patience {
		return wait, false
	}
	if cost > 0 {
		speed := RampStart + (1-RampStart)*p.risen(at)
		p.full = later(p.full, at).Add(time.Duration(float64(cost) / speed))
	}
	return wait, true
}

// interval is what one call costs, nothing where there is no limit.
func interval(rate tenants.Rate) time.Duration {
	if rate.PerSecond <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate.PerSecond)
}

// risen is how much of the ramp is over at the time, from 0 to 1. What may be saved up for a
// burst rises with the rate, or the ramp's end would be one.
func (p *pace) risen(at time.Time) float64 {
	if p.ramp.IsZero() {
		return 1
	}
	return min(max(float64(at.Sub(p.ramp))/float64(RampTime), 0), 1)
}

func (p *pace) hold(until time.Time) { p.until = later(p.until, until) }

// pause empties the bucket as well. Places taken before it stay paid for.
func (p *pace) pause(until time.Time) {
	p.hold(until)
	p.ramp, p.full = later(p.ramp, p.until), later(p.full, p.until)
}

// idle reports that the bucket is as a new one would be.
func (p *pace) idle(now time.Time) bool {
	return !p.full.After(now) && !p.until.After(now) && (p.ramp.IsZero() || p.risen(now) == 1)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
