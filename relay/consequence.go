package relay

import (
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
)

// Why a link that is not at its wanted version waits, for people and for counting.
const (
	StateRetry  = "retry"  // failed, tried again soon
	StateEscrow = "escrow" // set aside with its reason, tried ever more rarely
	StateHeld   = "held"   // waits for something to be decided or bought
	StateParked = "parked" // waits for another link
	StateVerify = "verify" // a create may have happened; searched for before another
)

// wait is how long a link rests after a fault.
type wait int

const (
	atOnce  wait = iota // as soon as the target may work
	backoff             // full jitter, doubling; a ladder of hours when it does not end
	ladder              // hours from the start: trying again soon cannot help
	halfDay             // fixed, for what a person must buy
	forever             // until a person agrees, or something else is wanted
)

// consequence is what a fault leads to.
type consequence struct {
	state   string
	wait    wait
	attempt bool // it counts as one of the link's attempts
	signal  quarantine.Signal
}

// consequences is the one table from a vendor's fault to what follows.
// Reliability rules 2.4; a test has a row for each class.
var consequences = map[connectors.Class]consequence{
	connectors.NotFound:     {StateRetry, backoff, true, quarantine.Rejected},
	connectors.Exists:       {StateRetry, backoff, true, quarantine.Rejected}, // its search may lag behind
	connectors.Ambiguous:    {StateEscrow, ladder, true, quarantine.Rejected},
	connectors.Invalid:      {StateEscrow, ladder, true, quarantine.Rejected},
	connectors.Denied:       {StateEscrow, ladder, true, quarantine.Rejected},
	connectors.Auth:         {StateRetry, atOnce, false, quarantine.Refused},
	connectors.Plan:         {StateRetry, atOnce, false, quarantine.Gated},
	connectors.Seats:        {StateHeld, halfDay, false, quarantine.Answered},
	connectors.Throttled:    {StateRetry, atOnce, false, quarantine.Slowdown},
	connectors.Transient:    {StateRetry, backoff, true, quarantine.Bad},
	connectors.Unknown:      {StateVerify, backoff, false, quarantine.Bad},
	connectors.EditConflict: {StateRetry, backoff, true, quarantine.Answered},
	connectors.Nonsense:     {StateRetry, backoff, true, quarantine.Bad},
	connectors.Confirm:      {StateHeld, forever, false, quarantine.Answered},
	connectors.Internal:     {StateEscrow, ladder, true, quarantine.Neutral},
}

const (
	backoffFirst = 2 * time.Second
	backoffMost  = 15 * time.Minute
	soonTries    = 10 // then the ladder
)

// delay returns the rest after the given number of attempts; jitter is in [0,1).
func (w wait) delay(attempts int, jitter float64) time.Duration {
	switch w {
	case backoff:
		if attempts > soonTries {
			return rung(attempts - soonTries)
		}
		most := min(backoffMost, backoffFirst<<max(0, attempts-1))
		return time.Duration(float64(most) * jitter)
	case ladder:
		return rung(attempts)
	case halfDay:
		return 12 * time.Hour
	}
	return 0
}

// rung is the ladder of an escrowed link: 6 h, 12 h, then once a day.
func rung(n int) time.Duration {
	switch {
	case n <= 1:
		return 6 * time.Hour
	case n == 2:
		return 12 * time.Hour
	}
	return 24 * time.Hour
}
