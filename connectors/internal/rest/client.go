package rest

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"scimrelay/connectors"
	"scimrelay/tenants"
)

// The bounds of one call. Only the whole call's is settable.
const (
	wholeCall      = 30 * time.Second
	connectTimeout = 3 * time.Second
	tlsTimeout     = 5 * time.Second
	headerTimeout  = 15 * time.Second
	maxBody        = 10 << 20
	inFlight       = 4
)

// Options are what a Client is made of. Only Product and BaseURL are required.
type Options struct {
	Product string
	Tenant  string
	Target  string
	BaseURL string
	// Rate is the token bucket and the number of calls in flight; a zero PerSecond is no
	// limit, a zero Concurrency is 4.
	Rate tenants.Rate
	// Account and Buckets say whose calls these are and what paces them (connectors.Env).
	Account string
	Buckets connectors.Buckets
	// Called hears of every call that was sent, nil is nobody.
	Called func(connectors.Called)
	// Timeout bounds one whole call once it may start; default 30 s.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
	// Traces and Meters are where calls are traced and counted; nil is nowhere.
	Traces trace.TracerProvider
	Meters metric.MeterProvider
	// Classify lets the product overrule the class the status gave, when the answer is JSON or
	// empty. Nil keeps the table's.
	Classify func(Call, Answer, connectors.Class) connectors.Class
	// Refuses finds a failure in an answer of 2xx, for vendors that say there what went wrong. It
	// returns the failure's class, or none when the answer is a success. Nil finds none.
	Refuses func(Call, Answer) connectors.Class
	// Pause reads how long a throttling answer asks to wait where its header does not say.
	Pause func(Answer) time.Duration
	// Limits are the vendor's limits on some of the calls, beside Rate.
	Limits []Limit
	// Public says that only public addresses may be called, whatever stands in BaseURL.
	Public bool
	// HonoursKeys says that the vendor does once what it is asked twice under one Idempotency-Key,
	// by its own documentation. Only then may a call carry one.
	HonoursKeys bool
	// Transport replaces the guarded transport, in tests only.
	Transport http.RoundTripper
}

// Limit is a token bucket for some of the calls.
type Limit struct {
	PerSecond float64
	Burst     int
	Applies   func(Call) bool
}

// Client calls one target's vendor. It is safe for use by several goroutines.
type Client struct {
	options  Options
	base     *url.URL
	resty    *resty.Client
	wire     http.RoundTripper
	account  string // names the bucket
	slots    chan struct{}
	trouble  trouble
	duration metric.Float64Histogram
	waited   metric.Float64Histogram
}

// New returns a client for the target. It does no I/O; its errors are about the options.
func New(o Options) (*Client, error) {
	base, err := ParseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Client{options: o, base: base, account: accountAt(o, base), slots: make(chan struct{}, o.Rate.Concurrency), wire: o.Transport}
	if err := c.instruments(o.Meters.Meter("scimrelay/connectors")); err != nil {
		return nil, err
	}
	if c.wire == nil {
		c.wire = guarded(base, o.Rate.Concurrency, o.Public)
	}
	c.resty = resty.New().
		SetTransport(traced(c.wire, o.Traces)).
		SetRetryCount(0).
		SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		})).
		SetResponseBodyLimit(maxBody).
		SetHeader("User-Agent", "scimrelay").
		SetHeader("Accept", "application/json").
		SetCookieJar(nil).
		SetLogger(silent{})
	return c, nil
}

func (c *Client) instruments(meter metric.Meter) (err error) {
	c.duration, err = meter.Float64Histogram("scimrelay.vendor.call.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of one call to a vendor, by outcome."))
	if err != nil {
		return err
	}
	c.waited, err = meter.Float64Histogram("scimrelay.vendor.call.wait",
		metric.WithUnit("s"), metric.WithDescription("How long a call waited for a slot and for its place in the account's bucket."))
	return err
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = wholeCall
	}
	if o.Rate.Concurrency <= 0 {
		o.Rate.Concurrency = inFlight
	}
	if o.Buckets == nil {
		o.Buckets = connectors.NewLocalBuckets(nil)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Traces == nil {
		o.Traces = tracenoop.NewTracerProvider()
	}
	if o.Meters == nil {
		o.Meters = metricnoop.NewMeterProvider()
	}
	return o
}

// OptionsOf fills in what every connector passes on from its environment.
func OptionsOf(product, baseURL string, env connectors.Env) Options {
	return Options{Product: product, Tenant: env.Tenant, Target: env.Target, BaseURL: baseURL, Rate: env.Rate,
		Account: env.Account, Buckets: env.Buckets, Called: env.Called,
		Timeout: env.Timeout, Now: env.Now, Log: env.Log, Traces: env.Traces, Meters: env.Meters, Public: env.Public,
		Transport: env.Transport}
}

// Close lets go of idle connections. The client works on, with new ones.
func (c *Client) Close() {
	if t, ok := c.wire.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// silent keeps resty's own warnings out of the process's output: they may quote requests.
type silent struct{}

// Errorf implements resty.Logger.
func (silent) Errorf(string, ...any) {}

// Warnf implements resty.Logger.
func (silent) Warnf(string, ...any) {}

// Debugf implements resty.Logger.
func (silent) Debugf(string, ...any) {}
