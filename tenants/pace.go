package tenants

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many tokens a tenant's clients may ask for. One an hour is what they need.
const (
	paceLimit = 5
	paceBurst = 20
)

// pace is a token bucket for each tenant whose clients have earned a token. Only who has proved
// itself takes from it: with names alone, which are no secret, nobody can slow a tenant down.
type pace struct {
	mu      sync.Mutex
	tenants map[string]*rate.Limiter
}

// wait takes a token of the tenant's bucket, or says how long it will take until there is one.
func (p *pace) wait(tenant string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tenants == nil {
		p.tenants = make(map[string]*rate.Limiter)
	}
	bucket, known := p.tenants[tenant]
	if !known {
		bucket = rate.NewLimiter(paceLimit, paceBurst)
		p.tenants[tenant] = bucket
	}
	r := bucket.ReserveN(now, 1)
	after := r.DelayFrom(now)
	if after > 0 {
		r.CancelAt(now)
	}
	return after
}
