package server

import (
	"context"
	"sync/atomic"
	"time"
)

// span is a request's time, which may be given anew while somebody still listens to the old one.
type span struct {
	now atomic.Pointer[context.Context]
}

func newSpan(ctx context.Context) *span {
	s := &span{}
	s.now.Store(&ctx)
	return s
}

func (s *span) renew(ctx context.Context) { s.now.Store(&ctx) }

func (s *span) ctx() context.Context { return *s.now.Load() }

// Deadline implements context.Context.
func (s *span) Deadline() (time.Time, bool) { return s.ctx().Deadline() }

// Done implements context.Context.
func (s *span) Done() <-chan struct{} { return s.ctx().Done() }

// Err implements context.Context.
func (s *span) Err() error { return s.ctx().Err() }

// Value implements context.Context.
func (s *span) Value(key any) any { return s.ctx().Value(key) }
