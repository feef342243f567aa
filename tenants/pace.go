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

// pace is a token bucket for each tenant. Tenants that are not there share buckets, by a hash
// that nobody outside can compute: one each would let made-up names fill the memory, and none at
// all would tell which names are made up.
type pace struct {
	mu      sync.Mutex
	known   map[string]*rate.Limiter
	unknown [256]*rate.Limiter
}

// wait takes a token of the tenant's bucket, or says how long it will take until there is one.
func (p *pace) wait(tenant string, known bool, hash []byte, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.bucket(tenant, known, hash).ReserveN(now, 1)
	after := r.DelayFrom(now)
	if after > 0 {
		r.CancelAt(now)
	}
	return after
}

func (p *pace) bucket(tenant string, known bool, hash []byte) *rate.Limiter {
	if known {
		if p.known == nil {
			p.known = make(map[string]*rate.Limiter)
		}
		if p.known[tenant] == nil {
			p.known[tenant] = rate.NewLimiter(paceLimit, paceBurst)
		}
		return p.known[tenant]
	}
	at := 0
	if len(hash) > 0 {
		at = int(hash[0])
	}
	if p.unknown[at] == nil {
		p.unknown[at] = rate.NewLimiter(paceLimit, paceBurst)
	}
	return p.unknown[at]
}
