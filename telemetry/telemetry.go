package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Service is the name signals carry, unless OTEL_SERVICE_NAME gives another.
const Service = "scimrelay"

// Options says what is set up. The zero Options are fine.
type Options struct {
	// Version is the gateway's, as signals carry it.
	Version string
	// Spans receives every span, beside the exporter or without one.
	Spans sdktrace.SpanProcessor
}

// Telemetry is the providers of one gateway.
type Telemetry struct {
	Traces  trace.TracerProvider
	Metrics metric.MeterProvider

	registry *prometheus.Registry
	stop     []func(context.Context) error
}

// Start sets up the providers. Spans are exported over OTLP/HTTP when the environment names a
// collector in OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which need not
// be up; the other OTEL variables count too. Without a collector and Options.Spans there is no
// tracing, and spans cost next to nothing.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", Service), attribute.String("service.version", o.Version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("telemetry: describe the service: %w", err)
	}
	t := &Telemetry{Traces: noop.NewTracerProvider(), registry: prometheus.NewRegistry()}
	if err := t.startMetrics(about); err != nil {
		return nil, err
	}
	if err := t.startTraces(ctx, about, o.Spans); err != nil {
		return nil, errors.Join(err, t.Shutdown(ctx))
	}
	return t, nil
}

// startMetrics shows metrics, those of the Go runtime and the process included, on a registry of
// our own: the default one holds whatever a library put there.
func (t *Telemetry) startMetrics(about *resource.Resource) error {
	exporter, err := otelprometheus.New(
		otelprometheus.WithRegisterer(t.registry),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		otelprometheus.WithoutScopeInfo())
	if err != nil {
		return fmt.Errorf("telemetry: start the metrics: %w", err)
	}
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := t.registry.Register(c); err != nil {
			return fmt.Errorf("telemetry: start the metrics: %w", err)
		}
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithResource(about))
	t.Metrics, t.stop = provider, append(t.stop, provider.Shutdown)
	return nil
}

func (t *Telemetry) startTraces(ctx context.Context, about *resource.Resource, spans sdktrace.SpanProcessor) error {
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	collected := collectorNamed()
	if collected {
		exporter, err := otlptracehttp.New(ctx)
		if err != nil {
			return fmt.Errorf("telemetry: start the trace exporter: %w", err)
		}
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	if spans != nil {
		options = append(options, sdktrace.WithSpanProcessor(spans))
	}
	if !collected && spans == nil {
		return nil
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.Traces, t.stop = provider, append(t.stop, provider.Shutdown)
	return nil
}

// collectorNamed asks before the exporter does, which would take a missing name for localhost.
func collectorNamed() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// MetricsHandler serves the metrics in Prometheus' text form.
func (t *Telemetry) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Shutdown sends what is left and ends the providers; the context bounds it.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var failed []error
	for _, stop := range t.stop {
		failed = append(failed, stop(ctx))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("telemetry: shut down: %w", err)
	}
	return nil
}
