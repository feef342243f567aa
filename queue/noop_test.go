package queue_test

import (
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

var (
	noTracer = tracenoop.NewTracerProvider().Tracer("")
	noMeter  = metricnoop.NewMeterProvider().Meter("")
)
