package connectortest

import (
	"context"
	"time"

	"scimrelay/tenants"
)

// unpaced are buckets that hold nobody back: what is asked of a product is what it makes of an
// answer, and a pause would keep the next call from being made.
type unpaced struct{}

func (unpaced) Take(context.Context, string, tenants.Rate, time.Duration) (time.Duration, bool) {
	return 0, true
}

func (unpaced) Held(context.Context, string) time.Duration { return 0 }

func (unpaced) Hold(context.Context, string, time.Duration) {}

func (unpaced) Pause(context.Context, string, time.Duration) {}
