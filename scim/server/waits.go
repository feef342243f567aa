package server

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Waiting is how requests wait for their outcome at the targets.
type Waiting struct {
	Tenant, Process int           // requests that wait at a time; beyond it they do not
	First, Every    time.Duration // the first pause between two looks, and the longest
}

// DefaultWaiting looks often enough for a quick vendor, and no waiting request asks the store more
// than four times a second for long.
func DefaultWaiting() Waiting {
	return Waiting{Tenant: 32, Process: 512, First: 10 * time.Millisecond, Every: 250 * time.Millisecond}
}

// waited counts how waiting ended.
func (s *Server) waited(ctx context.Context, how string) {
	s.metrics.waits.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", how)))
}

// waits counts the requests that wait for their outcome, by tenant and together.
type waits struct {
	polls
	all atomic.Int64
}

// enter admits a request of the tenant unless so many wait already.
func (w *waits) enter(tenant string, most Waiting) (leave func(), admitted bool) {
	if w.all.Add(1) > int64(most.Process) {
		w.all.Add(-1)
		return nil, false
	}
	before, admitted := w.polls.enter(tenant, most.Tenant)
	if !admitted {
		w.all.Add(-1)
		return nil, false
	}
	return func() { before(); w.all.Add(-1) }, true
}
