package relay

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/quarantine"
)

// pacing measures how much the relay asks of vendors.
type pacing struct {
	concurrency metric.Int64Histogram
	waits       metric.Int64Counter
}

func newPacing(meter metric.Meter) (p pacing, err error) {
	p.concurrency, err = meter.Int64Histogram("scimrelay.relay.concurrency",
		metric.WithDescription("Links a chunk works on at once, as far as the vendor bears them."),
		metric.WithExplicitBucketBoundaries(1, 2, 3, 4, 6, 8, 12, 16, 32))
	if err != nil {
		return p, err
	}
	p.waits, err = meter.Int64Counter("scimrelay.relay.retries.postponed",
		metric.WithDescription("Retries that were put off because the target's retry budget was used up."))
	return p, err
}

func (r *Relay) postponed(product string) {
	r.pacing.waits.Add(context.Background(), 1, metric.WithAttributes(attribute.String("product", product)))
}

// atOnce is how many links a chunk works on at once: what the target allows, and the vendor has borne.
func (s *Session) atOnce(ctx context.Context) int {
	n := s.bearing.atOnce(s.Concurrency)
	s.relay.pacing.concurrency.Record(ctx, int64(n), metric.WithAttributes(attribute.String("product", s.Target.Product)))
	return n
}

// probing reports that the next link is the one that shows whether the vendor works again.
func (c *chunk) probing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health.Phase == quarantine.Probing
}

// add keeps a run in which no vendor was asked.
func (c *chunk) add(r *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, r)
}
