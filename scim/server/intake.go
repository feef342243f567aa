package server

import (
	"context"
	"net/http"
	"sync/atomic"
)

// Bodies bounds those that are on their way: how many of a tenant there may be at a time, and how
// many of a process are no load while they are.
type Bodies struct{ Tenant, Process int }

// intake counts the bodies on their way.
type intake struct {
	polls
	all atomic.Int64
}

// takeIn reads the request's body, of at most so many bytes. A request that waits for what its
// client sends is no load: it is counted again when its body is there, and turned away if that is
// one too many. Whoever dawdles keeps the tenant's own next body out, and nobody else's.
func (s *Server) takeIn(r *request, most int64) error {
	leave, admitted := s.intake.enter(r.principal.Tenant.ID, s.Limits.Bodies.Tenant)
	if !admitted {
		return &notNow{http.StatusTooManyRequests, afterBusy, "bodies",
			"too many bodies of this tenant are on their way at once, try again later"}
	}
	defer leave()
	back := func() bool { return true }
	if s.intake.all.Add(1) <= int64(s.Limits.Bodies.Process) {
		back = s.load.aside()
	}
	defer s.intake.all.Add(-1)
	err := s.admitLarge(r, most)
	if err == nil {
		r.body, err = s.readBody(r, most)
	}
	if !back() && err == nil {
		return overloaded()
	}
	return err
}

// admitLarge waits until a long body may come in, and gives it and its answer more time. A body
// whose length is not announced counts as long where long ones are taken.
func (s *Server) admitLarge(r *request, most int64) (err error) {
	if n := r.http.ContentLength; most <= s.Limits.Body || (n >= 0 && n <= s.Limits.Body) || n > most {
		return nil
	}
	if r.place, err = s.large.enter(r, r.principal.Tenant.ID); err != nil {
		return err
	}
	r.extend(s.Limits.LargeTime)
	ctx, cancel := context.WithTimeout(r.whole, s.Limits.LargeTime)
	r.renew(ctx)
	r.cancel = cancel
	r.http.Body = &steady{r.http.Body, r.hurry}
	return nil
}
