package server

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/scim/event"
	"scimrelay/store"
)

// beside are the routes that lie beside a tenant's SCIM base URL and need its token too. What is
// below the base speaks SCIM; a receiver of events speaks RFC 8936.
func (s *Server) beside() []route {
	if s.Signer == nil {
		return nil
	}
	return []route{{http.MethodPost, "/events", "", s.poll, s.Limits.Body}}
}

// serveKeys shows the keys that events are signed with to everybody, and for every tenant alike:
// nobody learns which there are.
func (s *Server) serveKeys(e *gin.Engine) {
	if s.Signer == nil {
		return
	}
	e.Match([]string{http.MethodGet, http.MethodHead}, Prefix+":tenant/jwks.json", func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=3600")
		c.Data(http.StatusOK, "application/json", s.Signer.KeySet())
	})
}

// poll answers a request for events (RFC 8936 section 2.2). What the client has received is
// forgotten; everything else is sent until it says so.
func (s *Server) poll(r *request) (reply, error) {
	p, err := event.ParsePoll(r.body, s.Limits.JSON)
	if err != nil {
		return reply{}, err
	}
	if err := s.received(r, p); err != nil {
		return reply{}, err
	}
	most := min(p.Most, s.Limits.Events)
	ended, err := s.ended(r, r, most+1)
	if err == nil && len(ended) == 0 && most > 0 && p.Wait {
		ended, err = s.await(r, most+1)
	}
	if err != nil {
		return reply{}, err
	}
	tokens := make(map[string]string, most)
	for _, n := range ended[:min(most, len(ended))] {
		if tokens[n.Event], err = s.Signer.Sign(tokenOf(r, n)); err != nil {
			return reply{}, err
		}
	}
	body, err := event.Answer(tokens, len(ended) > most)
	header := http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}}
	return reply{status: http.StatusOK, body: body, header: header}, err
}

// received forgets what the client has received. What it could not use it would not be able to
// the next time either: an operator should know.
func (s *Server) received(r *request, p event.Poll) error {
	refused := slices.Sorted(maps.Keys(p.Refused))
	if len(refused) > 0 {
		s.Log.WarnContext(r, "a client cannot use its events", "tenant", r.principal.Tenant.ID, "client", r.principal.KeyID,
			"events", len(refused), "reason", scim.ClipName(p.Refused[refused[0]]))
	}
	return s.Transactions.Forget(r, r.principal.Tenant.ID, r.principal.KeyID, append(refused, p.Received...))
}

// ended is the oldest of the client's transactions that have ended.
func (s *Server) ended(ctx context.Context, r *request, limit int) ([]store.Transaction, error) {
	w := s.onBehalf(r)
	j := store.Judgement{Targets: w.Targets, Aside: aside(), Of: judge(w.Targets)}
	if err := s.Transactions.Settle(ctx, w.Tenant, r.principal.KeyID, j, limit); err != nil {
		return nil, err
	}
	return s.Transactions.Settled(ctx, w.Tenant, r.principal.KeyID, limit)
}

// await looks again and again until something has ended or the client has waited long enough.
// What it finds it gives to nobody whose token was revoked meanwhile.
func (s *Server) await(r *request, limit int) ([]store.Transaction, error) {
	leave, admitted := s.polls.enter(r.principal.Tenant.ID, s.Limits.Polls)
	if !admitted {
		return nil, nil
	}
	defer leave()
	defer s.load.aside()()
	r.extend(s.Limits.Poll + s.Limits.Time)
	enough := time.NewTimer(s.Limits.Poll)
	defer enough.Stop()
	for pause := s.Limits.PollEvery; ; {
		select {
		case <-r.whole.Done(): // the client has gone: it will ask again
			return nil, nil
		case <-s.Leaving:
			return nil, nil
		case <-enough.C:
			return nil, nil
		case <-time.After(pause):
		}
		begun := time.Now()
		found, err := s.look(r, limit)
		if err != nil || len(found) > 0 {
			return found, err
		}
		pause = max(pause, 10*time.Since(begun)) // who waits for very much asks less often
	}
}

func (s *Server) look(r *request, limit int) ([]store.Transaction, error) {
	ctx, cancel := context.WithTimeout(r.whole, s.Limits.Time)
	defer cancel()
	found, err := s.ended(ctx, r, limit)
	if err == nil && len(found) > 0 {
		_, err = s.Auth.Authenticate(ctx, r.principal.Tenant.ID, r.http.Header.Values("Authorization"))
	}
	return found, err
}

// tokenOf is the event that says how a transaction ended. It is the same whenever it is sent.
func tokenOf(r *request, n store.Transaction) event.Token {
	path := endpointOf(n.Type) + n.Resource
	o := event.Outcome{Method: n.Method, Location: r.base + path, Status: n.Status, Failure: failureOf(n)}
	if r.dialect.Profile.ETags && n.Method != http.MethodDelete {
		o.Version = weak(strconv.FormatInt(n.Version, 10))
	}
	return event.Token{ID: n.Event, Issuer: r.base, IssuedAt: n.Settled, Audience: n.Client, Transaction: n.ID,
		Subject: path, Event: event.AsyncResponse, Payload: o.Payload()}
}

// polls counts the requests for events that wait, by tenant.
type polls struct {
	mu      sync.Mutex
	waiting map[string]int
}

// enter admits a request of the tenant unless so many wait already.
func (p *polls) enter(tenant string, most int) (leave func(), admitted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[tenant] >= most {
		return nil, false
	}
	if p.waiting == nil {
		p.waiting = make(map[string]int)
	}
	p.waiting[tenant]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.waiting[tenant]--; p.waiting[tenant] == 0 {
			delete(p.waiting, tenant)
		}
	}, true
}
