package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"scimrelay/configs"
	"scimrelay/telemetry"
)

func mustStart(t *testing.T, o telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Shutdown(context.Background()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return tel
}

func withoutCollector(t *testing.T) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
}

func TestWithoutACollectorThereIsNoTracing(t *testing.T) {
	withoutCollector(t)
	tel := mustStart(t, telemetry.Options{})
	_, span := tel.Traces.Tracer("test").Start(t.Context(), "work")
	if span.IsRecording() {
		t.Fatal("spans are recorded")
	}
}

func TestSpansReachATestWithTheServicesName(t *testing.T) {
	withoutCollector(t)
	spans := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	tel := mustStart(t, telemetry.Options{Version: "1.2.3", Spans: sdktrace.NewSimpleSpanProcessor(spans)})
	_, span := tel.Traces.Tracer("test").Start(t.Context(), "work")
	span.End()
	got := spans.GetSpans()
	if len(got) != 1 || got[0].Name != "work" {
		t.Fatalf("got %v", got)
	}
	about := got[0].Resource.String()
	if !strings.Contains(about, "service.name=scimrelay") || !strings.Contains(about, "service.version=1.2.3") {
		t.Error(about)
	}
	if otel.GetTracerProvider() != before {
		t.Error("the global provider was replaced")
	}
}

func TestSpansAreExportedToTheNamedCollector(t *testing.T) {
	arrived := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Method + " " + r.URL.Path
	}))
	defer collector.Close()
	withoutCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tel, err := telemetry.Start(t.Context(), telemetry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tel.Traces.Tracer("test").Start(t.Context(), "work")
	span.End()
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-arrived; got != "POST /v1/traces" {
		t.Fatal(got)
	}
}

func TestMetricsAreServed(t *testing.T) {
	withoutCollector(t)
	tel := mustStart(t, telemetry.Options{Version: "1.2.3"})
	calls, err := tel.Metrics.Meter("test").Int64Counter("scimrelay.calls")
	if err != nil {
		t.Fatal(err)
	}
	calls.Add(t.Context(), 3)
	answer := httptest.NewRecorder()
	tel.MetricsHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(answer.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"scimrelay_calls_total 3\n", `service_version="1.2.3"`, "go_goroutines ", "process_resident_memory_bytes "} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	withoutCollector(t)
	tel := mustStart(t, telemetry.Options{Spans: sdktrace.NewSimpleSpanProcessor(tracetest.NewInMemoryExporter())})
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, configs.Log{Level: "info", Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	log = log.With("tenant", "acme")
	ctx, span := tel.Traces.Tracer("test").Start(t.Context(), "work")
	log.DebugContext(ctx, "not shown")
	log.InfoContext(ctx, "inside")
	log.Info("outside")
	decoder := json.NewDecoder(&out)
	var inside, outside map[string]any
	if err := errors.Join(decoder.Decode(&inside), decoder.Decode(&outside)); err != nil {
		t.Fatal(err)
	}
	if inside["msg"] != "inside" || inside["tenant"] != "acme" || inside["trace_id"] != span.SpanContext().TraceID().String() ||
		inside["span_id"] != span.SpanContext().SpanID().String() {
		t.Errorf("got %v", inside)
	}
	if _, ok := outside["trace_id"]; ok || outside["msg"] != "outside" {
		t.Errorf("got %v", outside)
	}
}

func TestLogLinesStayOneLineAndObeyNobody(t *testing.T) {
	t.Parallel()
	const nasty = "a\r\nb\x00\x1b[31m\x7f\u0085\u009b31m\u2028\u202egpj.exe\xff\"é漢"
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log, err := telemetry.NewLogger(&out, configs.Log{Level: "debug", Format: format})
		if err != nil {
			t.Fatal(err)
		}
		log.WithGroup("g").With(nasty, nasty).Debug(nasty, nasty, nasty)
		line := strings.TrimSuffix(out.String(), "\n")
		if strings.ContainsAny(line, "\r\n\x00\x1b\x7f\u0085\u009b\u2028\u202e") {
			t.Errorf("%s: %q", format, line)
		}
		var fields map[string]any
		if format != "json" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["msg"] != strings.ToValidUTF8(nasty, "\ufffd") {
			t.Errorf("%v: %q", err, line)
		}
	}
}

func TestNewLoggerRefusesUnknownWords(t *testing.T) {
	t.Parallel()
	for _, log := range []configs.Log{{Level: "loud", Format: "json"}, {Level: "info", Format: "xml"}, {}} {
		if _, err := telemetry.NewLogger(io.Discard, log); err == nil {
			t.Errorf("%+v was accepted", log)
		}
	}
}
