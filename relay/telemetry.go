package relay

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/connectors"
	"scimrelay/store"
	"scimrelay/tenants"
)

// start begins the span of one link as a child of the SCIM request that wanted the change,
// so that one trace leads from the identity provider to the vendor.
func (r *Relay) start(ctx context.Context, target tenants.Target, link store.Link) (context.Context, trace.Span) {
	if link.Trace != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": link.Trace})
	}
	return r.tracer.Start(ctx, "relay.link", trace.WithAttributes(
		attribute.String("scimrelay.tenant", target.Tenant), attribute.String("scimrelay.target", target.ID),
		attribute.String("scimrelay.resource", link.Resource), attribute.Int64("scimrelay.version", link.Wanted)))
}

// report says once, in every form, what became of a link.
func (r *Relay) report(ctx context.Context, span trace.Span, target tenants.Target, it item, o store.Outcome, fault *connectors.Fault) {
	product := attribute.String("product", target.Product)
	if fault == nil {
		r.outcomes.Add(ctx, 1, metric.WithAttributes(product, attribute.String("outcome", o.Kind)))
		if o.Kind == "link.applied" {
			r.lag.Record(ctx, r.Now().Sub(it.Resource.Modified).Seconds(), metric.WithAttributes(product))
		}
		r.log.DebugContext(ctx, "link reconciled", "tenant", target.Tenant, "target", target.ID,
			"resource", o.Next.Resource, "version", o.Next.Wanted, "outcome", o.Kind)
		return
	}
	span.SetStatus(codes.Error, string(fault.Class))
	r.outcomes.Add(ctx, 1, metric.WithAttributes(product, attribute.String("outcome", string(fault.Class))))
	level := slog.LevelInfo
	if fault.Class == connectors.Internal {
		level = slog.LevelError
	}
	r.log.Log(ctx, level, "link failed", "tenant", target.Tenant, "target", target.ID, "resource", o.Next.Resource,
		"version", o.Next.Wanted, "class", string(fault.Class), "state", o.Next.State, "next", o.Next.NextAt, "err", fault.Error())
}
