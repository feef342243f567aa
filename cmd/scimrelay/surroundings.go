package main

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/metric"

	"scimrelay/queue"
)

// observe shows what the store and the queue hold.
func (g *gateway) observe() error {
	meter := g.telemetry.Metrics.Meter("scimrelay")
	if err := queue.Observe(meter, g.transport, g.store.Links); err != nil {
		return err
	}
	if err := queue.ObserveTargets(meter, g.store.Targets); err != nil {
		return err
	}
	_, err := meter.Int64ObservableGauge("scimrelay.store.log", metric.WithUnit("By"),
		metric.WithDescription("Length of a file's write-ahead log."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(g.store.LogBytes())
			return nil
		}))
	return err
}

// failed ends the process when the disk did not keep what it was told to: what memory holds of
// the file may not be what is on the disk, and only a new process begins with what is there.
func (g *gateway) failed(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-g.store.Failed():
		return errors.New("the disk did not keep what the store wrote: nothing more is accepted, start again once it does")
	}
}
