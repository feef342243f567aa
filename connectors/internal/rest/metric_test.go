package rest_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"scimrelay/connectors/internal/rest"
)

func TestCallsAreCountedByOutcome(t *testing.T) {
	reader := metric.NewManualReader()
	client := vendor(t, rest.Options{Meters: metric.NewMeterProvider(metric.WithReader(reader))}, answer(429, "", ""))
	_, _ = client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users/{id}", Params: map[string]string{"id": "125"}})
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	found := all.ScopeMetrics[0].Metrics[0]
	points, ok := found.Data.(metricdata.Histogram[float64])
	if !ok || found.Name != "scimrelay.vendor.call.duration" || len(points.DataPoints) != 1 {
		t.Fatalf("%+v", found)
	}
	want := attribute.NewSet(attribute.String("product", "acme"), attribute.String("method", "GET"), attribute.String("class", "throttled"))
	if got := points.DataPoints[0].Attributes; !got.Equals(&want) {
		t.Errorf("attributes %v", got.ToSlice())
	}
}
