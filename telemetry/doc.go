// Package telemetry sets up what operators see: OpenTelemetry traces and metrics, and the slog
// logger that names the trace a line belongs to.
//
// It decides where signals go, not which there are: every package makes its own spans, metrics
// and lines. Providers are values and OpenTelemetry's globals stay untouched, so that two
// gateways fit in one process and a test sees its own signals only: our own packages take a
// trace.Tracer or a metric.Meter made from them, the client that calls vendors the providers
// themselves. The one thing that cannot be passed is the SDK's error handler: a collector that
// cannot be reached is reported on standard error.
package telemetry
