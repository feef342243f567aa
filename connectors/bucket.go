package connectors

import (
	"context"
	"fmt"
	"time"

	"scimrelay/tenants"
)

// Buckets are the token buckets of the vendors' accounts. An account is named by a digest of the
// product, its address and the credentials, so that targets which share credentials share a
// bucket, wherever they are worked on. A call takes a place; how fast places follow each other
// is the rate of the one who takes it.
//
// Package queue's conformance suite asks the same of every implementation.
type Buckets interface {
	// Take takes the account's next place and returns how long it is until then. A place that is
	// further away than patience is not taken: taken is false, and wait says how far it is.
	Take(ctx context.Context, account string, rate tenants.Rate, patience time.Duration) (wait time.Duration, taken bool)
	// Held is how long nobody may call the account, zero when it may be called. Who waited for a
	// place asks again before the call: the vendor may have asked for a pause meanwhile.
	Held(ctx context.Context, account string) time.Duration
	// Hold lets nobody call for so long: the vendor has said that nothing is left until then.
	Hold(ctx context.Context, account string, rest time.Duration)
	// Pause is a Hold behind which the bucket is empty and its rate rises from RampStart to the
	// whole within RampTime. A pause of nothing only does the latter.
	Pause(ctx context.Context, account string, rest time.Duration)
}

// The ramp after a pause. The reliability rules ask for one and give no figures: a quarter is
// what even a vendor that counts over several windows bears, and half a minute loses eleven
// seconds' worth of calls.
const (
	RampStart = 0.25
	RampTime  = 30 * time.Second
)

// NotBeforeError says that a call was not made because its place is too far away to be waited
// for. It is no failure, and no word of the vendor's about this call.
type NotBeforeError struct {
	Wait time.Duration // until trying again makes sense
}

// Error implements error.
func (e *NotBeforeError) Error() string {
	return fmt.Sprintf("the account's next free place is further away than a call may wait; again in %v", e.Wait)
}
