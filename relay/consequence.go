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
	atOnce   wait = iota // as soon as the target may work
	backoff              // full jitter, doubling; the ladder once ten tries or an hour have not helped
	settling             // likewise, and the ladder once the vendor has had the time to show what it has
	thrice               // likewise, three times
	ladder               // hours from the start: trying again soon cannot help
	halfDay              // fixed, for what a person must buy
	forever              // until a person agrees, or something else is wanted
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
	connectors.NotFound:     {StateEscrow, ladder, true, quarantine.Rejected},
	connectors.Exists:       {StateRetry, settling, true, quarantine.Rejected}, // its search may lag behind
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
	connectors.Unrecognised: {StateRetry, thrice, true, quarantine.Bad}, // at once where access is taken away
	connectors.Confirm:      {StateHeld, forever, false, quarantine.Answered},
	connectors.Internal:     {StateEscrow, ladder, false, quarantine.Neutral}, // behind a create as Unknown
}

const (
	backoffFirst = 2 * time.Second
	backoffMost  = 15 * time.Minute
	soonTries    = 10        // then the ladder,
	soonTime     = time.Hour // or once it has failed for so long
	strangeTries = 3         // of what nobody recognises
	ladderEnd    = 28 * 24 * time.Hour
)

// failing says whether the wait is that of a link that fails, and not of one whose target rests or
// that waits for a person.
func (w wait) failing() bool { return w != atOnce && w != halfDay && w != forever }

// ordeal is what a link has behind it: how often it was tried, and how long it has failed.
type ordeal struct {
	attempts int
	failing  time.Duration
	settle   time.Duration // within which the vendor shows what it has
}

// soon reports whether it is worth trying again within minutes.
func (w wait) soon(p ordeal) bool {
	switch w {
	case backoff:
		return p.attempts <= soonTries && p.failing < soonTime
	case settling:
		return p.attempts <= soonTries && p.failing < min(p.settle, soonTime)
	case thrice:
		return p.attempts <= strangeTries && p.failing < soonTime
	}
	return false
}

// delay returns the rest after a failure; jitter is in [0,1). It is the zero Duration for what
// waits for its target only, and ok is false for what no time helps.
func (w wait) delay(p ordeal, jitter float64) (rest time.Duration, ok bool) {
	switch {
	case w == forever, w.failing() && p.failing >= ladderEnd:
		return 0, false
	case w.soon(p):
		most := min(backoffMost, backoffFirst<<min(max(0, p.attempts-1), 20))
		return time.Duration(float64(most) * jitter), true
	case w == halfDay:
		return 12 * time.Hour, true
	case w == atOnce:
		return 0, true
	}
	return rung(p.failing), true
}

// rung is the ladder of an escrowed link: 6 h, 12 h, then once a day.
func rung(failing time.Duration) time.Duration {
	switch {
	case failing < 6*time.Hour:
		return 6 * time.Hour
	case failing < 18*time.Hour:
		return 12 * time.Hour
	}
	return 24 * time.Hour
}
