package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// errTooLarge is resty's word for a body over the cap.
var errTooLarge = resty.ErrResponseBodyTooLarge

// exchange is one call on its way. It travels in the context, because tracing stands between
// the call and the wire and must see only the template, while the wire needs the real URL.
type exchange struct {
	template string
	url      *url.URL
	sent     atomic.Bool
}

type exchangeKey struct{}

// follow returns a context that carries the exchange and notes when its request leaves.
// Headers count: a vendor may act on a request whose body never came.
func (x *exchange) follow(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { x.sent.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				x.sent.Store(true)
			}
		},
	})
}

// traced wraps the wire in a client span for each call. The trace context stays in the house:
// a vendor has no business with it.
func traced(wire http.RoundTripper, traces trace.TracerProvider) http.RoundTripper {
	return otelhttp.NewTransport(unmasked{wire},
		otelhttp.WithTracerProvider(traces),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			if x, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
				return r.Method + " " + x.template
			}
			return r.Method
		}))
}

// masked is the URL that tracing sees: the template, without values and query.
func (c *Client) masked(template string) *url.URL {
	masked := *c.base
	masked.Path += strings.NewReplacer("{", ":", "}", "").Replace(template)
	masked.RawPath = ""
	return &masked
}

// unmasked puts the real URL back, behind tracing, and takes out of errors what may quote
// an answer.
type unmasked struct{ wire http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u unmasked) RoundTrip(r *http.Request) (*http.Response, error) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, errors.New("rest: a request that no Call made")
	}
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("url.template", x.template))
	out := r.Clone(r.Context())
	out.URL, out.Host = x.url, x.url.Host
	once(out)
	response, err := u.wire.RoundTrip(out)
	if err != nil {
		return nil, plainCause(err)
	}
	return response, nil
}

// plainCause keeps an error whose text is about the network and replaces any other: net/http
// quotes URLs and pieces of malformed answers.
func plainCause(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var (
		op        *net.OpError
		dns       *net.DNSError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &op), errors.As(err, &dns), errors.As(err, &record), errors.As(err, &verify),
		errors.As(err, &authority), errors.As(err, &hostname), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTooLarge):
		return err
	case errors.As(err, &timeout) && timeout.Timeout():
		return context.DeadlineExceeded
	default:
		return errBroken
	}
}

var errBroken = errors.New("broken HTTP exchange")
