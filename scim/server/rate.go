package server

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"scimrelay/tenants"
)

// Rate is how often something may happen: so often a second in the long run, and so often at
// once. The zero Rate is no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// paces holds a token bucket for each tenant that has been heard of: a tenant that sends too
// much is slowed down by itself and nobody else is. Each process counts for itself.
type paces struct {
	mu      sync.Mutex
	tenants map[string]*rate.Limiter
}

// take takes a token of the bucket, or says how long it will take until there is one.
func (p *paces) take(name string, r Rate, now time.Time) (wait time.Duration) {
	if r.PerSecond <= 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l, known := p.tenants[name]
	switch {
	case !known:
		if p.tenants == nil {
			p.tenants = make(map[string]*rate.Limiter)
		}
		l = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		p.tenants[name] = l
	case l.Limit() != rate.Limit(r.PerSecond) || l.Burst() != r.Burst: // the file says another
		l.SetLimitAt(now, rate.Limit(r.PerSecond))
		l.SetBurstAt(now, r.Burst)
	}
	reservation := l.ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// rateOf is what the tenant's identity provider may send: what its file says, else what holds
// for all.
func (s *Server) rateOf(t *tenants.Tenant) Rate {
	if t.Requests.PerSecond > 0 {
		return Rate(t.Requests)
	}
	return s.Limits.Rate
}

// pace slows a tenant down that is above its rate. It comes after authentication, for strangers
// must not use up what is the tenant's, and before anything else is asked of the store.
func (s *Server) pace(c *gin.Context) {
	principal, _ := c.MustGet(principalKey).(tenants.Principal)
	bucket := principal.Tenant.ID
	if principal.KeyID == "" { // whoever reads discovery without a token takes nothing of the tenant's
		bucket += " open"
	}
	wait := s.paces.take(bucket, s.rateOf(principal.Tenant), s.Now())
	if wait <= 0 {
		c.Next()
		return
	}
	s.refuse(c, &notNow{http.StatusTooManyRequests, min(wait, mostAfter), "rate",
		"too many requests of this tenant, try again later"})
}
