package server

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

type instruments struct {
	duration   metric.Float64Histogram
	leniencies metric.Int64Counter
	waits      metric.Int64Counter
	turnedAway metric.Int64Counter
}

func newInstruments(m metric.Meter) (i instruments, err error) {
	i.duration, err = m.Float64Histogram("scimrelay.scim.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Time to answer a SCIM request."),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15))
	if err != nil {
		return i, err
	}
	i.leniencies, err = m.Int64Counter("scimrelay.scim.leniencies",
		metric.WithDescription("Requests that only a lenient reading let through, by rule and tenant."))
	if err != nil {
		return i, err
	}
	i.waits, err = m.Int64Counter("scimrelay.scim.waits",
		metric.WithDescription("Writes that waited for their outcome at the targets, by how that ended."))
	if err != nil {
		return i, err
	}
	i.turnedAway, err = m.Int64Counter("scimrelay.scim.turned_away",
		metric.WithDescription("Requests that were told to come again later, by reason: overloaded, rate, bodies, guesses, disabled."))
	return i, err
}

// observe gives each request a span and counts it. Neither holds a path, a query or an id:
// filters carry people's names.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	route := c.FullPath()
	if route == "" {
		route = "unknown"
	}
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := s.Tracer.Start(ctx, c.Request.Method+" "+route, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	labels := []attribute.KeyValue{attribute.String("http.request.method", method(c.Request.Method)),
		attribute.String("http.route", route), attribute.Int("http.response.status_code", status)}
	s.metrics.duration.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(labels...))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(append(labels, attribute.String("scimrelay.tenant", c.Param("tenant")))...)
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
}

// method bounds a metric's label: a client may send any word.
func method(m string) string {
	switch m {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
		return m
	}
	return "OTHER"
}

// count adds up the leniencies the request needed, by tenant and rule, so that an operator sees
// which oddities each client sends; the first of its kind is said in the log too.
func (s *Server) count(c *gin.Context, r *request) {
	tenant := r.principal.Tenant.ID
	for _, note := range r.notes {
		rule, _, _ := strings.Cut(note, ":")
		s.metrics.leniencies.Add(r, 1, metric.WithAttributes(attribute.String("rule", rule), attribute.String("tenant", tenant)))
		if s.oddities.first(tenant, rule) {
			s.Log.InfoContext(r, "a client needs a lenient reading", "tenant", tenant, "route", c.FullPath(), "rule", note)
		}
	}
}

// oddities remembers which rules each tenant's client has needed since the start.
type oddities struct {
	mu   sync.Mutex
	seen map[[2]string]bool
}

// mostOddities bounds what is remembered; beyond it the counter alone speaks.
const mostOddities = 100_000

func (o *oddities) first(tenant, rule string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := [2]string{tenant, rule}
	if o.seen[key] || len(o.seen) >= mostOddities {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[[2]string]bool)
	}
	o.seen[key] = true
	return true
}

// traceparent is the request's place in its trace, kept with the links it makes due, empty
// when it is not traced.
func traceparent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
