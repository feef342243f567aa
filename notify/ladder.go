package notify

import "time"

const (
	// keepTrying is how long a message is tried before it is given up.
	keepTrying = 72 * time.Hour
	// quiet is how long an address hears nothing more of a tenant once it was told something.
	quiet = time.Hour
	// holding is how long whoever claims a message has for one attempt.
	holding = 3 * time.Minute
	// perMessage is how many notices go together. A message stays below 20 kB, as receivers of
	// webhooks expect.
	perMessage = 25
)

// pause is how long a message rests after so many attempts that failed, the first being 1: up to
// a tenth longer by jitter in [0,1), so that what failed together does not come back together.
func pause(failed int, jitter float64) time.Duration {
	ladder := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}
	step := 6 * time.Hour
	if failed <= len(ladder) {
		step = ladder[max(failed, 1)-1]
	}
	return step + time.Duration(jitter*float64(step)/10)
}
