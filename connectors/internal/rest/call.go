package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/connectors"
)

// Call is one request. Path is a template below the base URL, as in "/users/{id}/roles", and
// every value of Params is escaped into one segment of it.
type Call struct {
	Method string
	Path   string
	Params map[string]string
	Query  url.Values
	Header http.Header
	// Body is sent as JSON, url.Values as a form, nil not at all. ContentType overrules how that is
	// declared, as application/scim+json does.
	Body        any
	ContentType string
	// Idempotent says that doing it twice is doing it once, as GET always is. A lost answer to
	// any other call gives class Unknown.
	Idempotent bool
	// Private are further values that the vendor's words must not show: what is known of the
	// person beyond what is sent.
	Private []string
	// Name is what the product calls the call, for its own Classify, Refuses and Limits where
	// method and path do not tell calls apart.
	Name string
}

// Answer is what came back. Body is a JSON document, or empty.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	sent http.Header // the call's own
}

// Decode reads the body into what into points at, numbers in an any as json.Number. A body
// of another shape is a Fault of class Nonsense, and so is null: it would read as nobody.
func (a Answer) Decode(into any) error {
	if bytes.Equal(bytes.TrimSpace(a.Body), []byte("null")) {
		return connectors.Faultf(connectors.Nonsense, "the answer is empty where the vendor's API has something")
	}
	decoder := json.NewDecoder(bytes.NewReader(a.Body))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return connectors.Faultf(connectors.Nonsense, "the answer has not the shape of the vendor's API")
	}
	return nil
}

// Do makes the call once, when the bucket and a free slot allow it. Every error is a
// *connectors.Fault; the Answer comes with it where the vendor gave one.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	call.Idempotent = call.Idempotent || call.Method == http.MethodGet || call.Method == http.MethodHead
	prepared, err := c.prepare(call)
	if err != nil {
		return Answer{}, err
	}
	if err := c.wait(ctx, call); err != nil {
		return Answer{}, unsent(err)
	}
	defer func() { <-c.slots }()
	if err := connectors.MayCall(ctx); err != nil {
		return Answer{}, unsent(err)
	}
	started := c.options.Now()
	answer, fault := c.send(ctx, call, prepared)
	took := c.options.Now().Sub(started)
	c.observe(ctx, call, answer, fault, took)
	c.learn(ctx, call, answer, fault, took)
	if fault != nil {
		return answer, fault
	}
	return answer, nil
}

// prepared is a call ready for the wire.
type prepared struct {
	url         *url.URL
	body        []byte
	contentType string
}

func (c *Client) prepare(call Call) (prepared, error) {
	if err := c.allowKey(call); err != nil {
		return prepared{}, err
	}
	to, err := c.resolve(call)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{url: to}
	switch body := call.Body.(type) {
	case nil:
	case url.Values:
		p.body, p.contentType = []byte(body.Encode()), "application/x-www-form-urlencoded"
	default:
		if p.body, err = json.Marshal(body); err != nil {
			return prepared{}, connectors.Faultf(connectors.Internal, "the request to %s cannot be written as JSON", call.Path)
		}
		p.contentType = "application/json"
	}
	p.contentType = cmp.Or(call.ContentType, p.contentType)
	return p, nil
}

func (c *Client) send(ctx context.Context, call Call, p prepared) (Answer, *connectors.Fault) {
	timed, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	x := &exchange{template: call.Path, url: p.url}
	request := c.resty.R().SetContext(x.follow(timed))
	for name, values := range call.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	if p.body != nil {
		request.SetHeader("Content-Type", p.contentType).SetBody(p.body)
	}
	response, err := request.Execute(call.Method, c.masked(call.Path).String())
	if err != nil {
		return Answer{}, c.broken(ctx, call, x, err)
	}
	answer := Answer{Status: response.StatusCode(), Header: response.Header(), Body: bytes.TrimSpace(response.Body()), sent: call.Header}
	return answer, c.judge(call, p, answer)
}

// observe records the outcome: a metric, and a log line with nothing of the person in it.
func (c *Client) observe(ctx context.Context, call Call, answer Answer, fault *connectors.Fault, took time.Duration) {
	class := "ok"
	if fault != nil {
		class = string(fault.Class)
	}
	c.duration.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("product", c.options.Product),
		attribute.String("method", call.Method), attribute.String("class", class)))
	c.options.Log.DebugContext(ctx, "vendor call", "tenant", c.options.Tenant, "target", c.options.Target,
		"product", c.options.Product, "method", call.Method, "path", call.Path, "status", answer.Status,
		"took", took, "class", class)
}

// broken classes a call that gave no answer: only a request that never left, or one that may
// run twice, is surely harmless to repeat.
func (c *Client) broken(ctx context.Context, call Call, x *exchange, err error) *connectors.Fault {
	fault := &connectors.Fault{Class: connectors.Transient, Err: plainCause(err)}
	if x.sent.Load() && !call.Idempotent {
		fault.Class, fault.Uncertain = connectors.Unknown, true
	}
	var refused *refusedError
	switch {
	case errors.Is(err, errTooLarge):
		fault.Class, fault.Detail = connectors.Nonsense, "the answer is larger than 10 MiB"
	case ctx.Err() != nil:
		fault.Detail, fault.Err = "the call was cut short", ctx.Err()
	case errors.Is(err, errBroken) && x.sent.Load():
		fault.Class, fault.Detail = connectors.Nonsense, "the answer is no HTTP, or has no end"
	case errors.As(err, &refused):
		fault.Detail = "the vendor's host resolves to an address that may not be called"
	case errors.Is(err, context.DeadlineExceeded):
		fault.Detail = "no answer in time"
	case x.sent.Load():
		fault.Detail = "the connection broke before the answer came"
	default:
		fault.Detail = "the vendor cannot be reached"
	}
	return fault
}
