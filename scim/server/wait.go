package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/event"
	"scimrelay/store"
)

// Links is the part of the store that knows how far the targets are with resources.
type Links interface {
	Standings(ctx context.Context, tenant string, resources []string) (map[string][]store.Standing, error)
	Again(ctx context.Context, w store.Write, resource string, which store.Aside) (int, error)
	Withdraw(ctx context.Context, w store.Write, kind, id string, version int64, why store.Refusal) error
}

// patience is what a write waits for: the targets whose links are to come to the version, and how
// long at most. Without targets it waits for nothing.
type patience struct {
	written
	targets []string
	most    time.Duration
}

// patient is what the request's write waits for. The operations of a bulk request do not wait,
// nor does who prefers to hear later.
func (s *Server) patient(r *request, wrote written) patience {
	p := patience{written: wrote}
	for i := range r.principal.Tenant.Targets {
		if t := &r.principal.Tenant.Targets[i]; t.Wait > 0 && t.Activate {
			p.targets, p.most = append(p.targets, t.ID), max(p.most, t.Wait)
		}
	}
	if len(p.targets) == 0 || s.Links == nil || r.operation != nil || s.deferred(r) {
		return patience{}
	}
	return p
}

// deferred reports whether the client hears later how its write ended.
func (s *Server) deferred(r *request) bool {
	return s.promises(r) && event.RespondAsync(r.http.Header.Values("Prefer"))
}

// made waits for the outcome of a creation. One that a vendor refuses leaves nothing behind; where
// that is not possible any more the client gets the usual answer, for it would meet itself when it
// came again.
func (s *Server) made(r *request, w store.Write, res scim.Resource) error {
	refused := s.outcome(r, s.patient(r, written{res.ID, res.Version}))
	if refused == nil {
		return nil
	}
	why := store.Refusal{Fault: refused.fault, Detail: refused.Detail}
	err := s.Links.Withdraw(r, w, res.Type, res.ID, res.Version, why)
	if errors.Is(err, store.ErrUsed) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Log.InfoContext(r, "a creation was refused and is withdrawn", "tenant", w.Tenant, "resource", res.ID, "fault", refused.fault)
	s.Bell.Ring(w.Tenant, w.Targets, store.UrgencyDelete) // where a turn has it in hand
	return refused.Error
}

// changed waits for the outcome of a change. A change that changes nothing is asked about again
// where a vendor has refused what it asks for: to the client that is its change, not yet made.
func (s *Server) changed(r *request, now scim.Resource, raised bool) error {
	p := s.patient(r, written{now.ID, now.Version})
	if len(p.targets) == 0 {
		return nil
	}
	if !raised {
		if tried, err := s.again(r, p, urgencyOf(r, store.UrgencyUpdate)); err != nil || !tried {
			return err
		}
	}
	return s.outcome(r, p).orNil()
}

// deleted waits for the outcome of a deletion.
func (s *Server) deleted(r *request, gone written) error {
	return s.outcome(r, s.patient(r, gone)).orNil()
}

// undeleted asks again about a deletion that was answered with a refusal which still stands: the
// client sees the resource no longer, but it is not done. It reports whether there is one.
func (s *Server) undeleted(r *request) (stands bool, err error) {
	p := s.patient(r, written{id: r.id})
	if len(p.targets) == 0 {
		return false, nil
	}
	standings, err := s.Links.Standings(r, r.principal.Tenant.ID, []string{r.id})
	if err != nil {
		return false, err
	}
	for _, k := range standings[r.id] {
		if k.Link.Type == r.kind.Name && k.Link.Urgency == store.UrgencyDelete {
			p.version = max(p.version, k.Link.Wanted)
		}
	}
	if p.version == 0 {
		return false, nil
	}
	if tried, err := s.again(r, p, store.UrgencyDelete); err != nil || !tried {
		return false, err
	}
	return true, s.outcome(r, p).orNil()
}

// again has what was refused tried now, if anything was, and reports whether.
func (s *Server) again(r *request, p patience, urgency store.Urgency) (bool, error) {
	tenant := r.principal.Tenant.ID
	standings, err := s.Links.Standings(r, tenant, []string{p.id})
	if err != nil {
		return false, err
	}
	if _, refused := p.weigh(standings[p.id], s.Now()); refused == nil {
		return false, nil
	}
	n, err := s.Links.Again(r, s.onBehalf(r), p.id, store.Aside{Targets: p.targets, Faults: blamed(), State: stateEscrow})
	if err != nil || n == 0 {
		return false, err
	}
	s.Bell.Ring(tenant, p.targets, urgency)
	return true, nil
}

// outcome waits until every target that is waited for has the write or has refused it, or time
// runs out, and returns the refusals. It holds nothing of the store's meanwhile. What the request
// had left of its time it has afterwards.
func (s *Server) outcome(r *request, p patience) *refusal {
	if len(p.targets) == 0 {
		return nil
	}
	leave, admitted := s.waits.enter(r.principal.Tenant.ID, s.Limits.Waiting)
	if !admitted {
		s.waited(r, "crowded")
		return nil
	}
	defer leave()
	defer s.load.aside()() // it only waits
	r.unload()             // or nobody else's long body comes in meanwhile
	left := s.Limits.Time
	if until, limited := r.Deadline(); limited {
		left = max(time.Until(until), time.Second)
	}
	r.extend(p.most + left)
	ctx, cancel := context.WithTimeout(r.whole, p.most)
	defer cancel()
	refused, how := s.watch(ctx, r.principal.Tenant.ID, p)
	if r.whole.Err() != nil { // nobody hears it
		refused, how = nil, "gone"
	}
	r.resume(left)
	s.waited(r, how)
	return refused
}

// watch looks again and again, less often the longer it takes. A store that cannot be asked ends
// it: the write is committed, and that is what the usual answer says. A refusal that is in hand by
// then is the answer all the same.
func (s *Server) watch(ctx context.Context, tenant string, p patience) (refused *refusal, how string) {
	for pause := s.Limits.Waiting.First; ; pause = min(2*pause, s.Limits.Waiting.Every) {
		select {
		case <-ctx.Done():
			return refused, refused.or("late")
		case <-s.Leaving:
			return nil, "leaving"
		case <-time.After(pause):
		}
		standings, err := s.Links.Standings(ctx, tenant, []string{p.id})
		switch {
		case err != nil && ctx.Err() != nil: // time ran out while it was asked
			return refused, refused.or("late")
		case err != nil:
			return refused, refused.or("unknown")
		}
		var ended bool
		ended, refused = p.weigh(standings[p.id], s.Now())
		if ended {
			return refused, refused.or("ended")
		}
	}
}

// weigh says whether there is nothing left to wait for, and what was refused so far. A target
// without a link is done with the resource, or never had to do with it.
func (p patience) weigh(standings []store.Standing, now time.Time) (ended bool, refused *refusal) {
	ended = true
	var found reasons
	for _, k := range standings {
		switch {
		case !slices.Contains(p.targets, k.Link.Target) || k.Link.Applied >= p.version:
		case k.Link.Wanted > p.version: // somebody wants something newer: this will never be applied by itself
		case k.Link.State == stateEscrow && blames(k.Link.Fault):
			found.add(k.Link)
		case k.Link.State == stateEscrow || k.Link.State == stateHeld || k.Link.State == stateParked:
		case closed(k, now) != "":
		default:
			ended = false
		}
	}
	return ended, found.refusal()
}

// resume gives the request the time it had left, from now on.
func (r *request) resume(left time.Duration) {
	ctx, cancel := context.WithTimeout(r.whole, left)
	before := r.cancel
	r.renew(ctx)
	r.cancel = func() {
		cancel()
		if before != nil {
			before()
		}
	}
}
