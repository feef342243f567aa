// Package issuerkeys fetches the documents of identity providers' signing keys through the one
// outbound client, so that they come guarded, capped and in time as everything else does.
//
// It keeps nothing and believes nothing: what the keys are good for, and for how long, is for
// tenants to say.
package issuerkeys

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

const (
	// wholeFetch bounds one fetch: a request waits for it.
	wholeFetch = 5 * time.Second
	// maxDocument is far more than any provider publishes.
	maxDocument = 256 << 10
)

var _ tenants.KeySource = Source{}

// Source fetches documents of keys. The zero Source works, and tells nobody.
type Source struct {
	Log    *slog.Logger
	Traces trace.TracerProvider
	Meters metric.MeterProvider
}

// Keys returns the JSON document at an https URL without query. Fetches are rare, so none
// leaves a connection open. Every error is a *connectors.Fault, or about the URL.
func (s Source) Keys(ctx context.Context, address string) ([]byte, error) {
	at, err := url.Parse(address)
	if err != nil || at.Path == "" || at.RawQuery != "" || at.ForceQuery || at.Fragment != "" || at.User != nil {
		return nil, errors.New("issuerkeys: want the whole URL of a document of keys, without user, query and fragment")
	}
	client, err := rest.New(rest.Options{Product: "issuer", BaseURL: at.Scheme + "://" + at.Host, Timeout: wholeFetch,
		Log: s.Log, Traces: s.Traces, Meters: s.Meters})
	if err != nil {
		return nil, errors.New("issuerkeys: want an https URL")
	}
	defer client.Close()
	answer, err := client.Do(ctx, rest.Call{Method: http.MethodGet, Path: at.Path})
	if err != nil {
		return nil, err
	}
	if len(answer.Body) == 0 || len(answer.Body) > maxDocument {
		return nil, errors.New("issuerkeys: the document is empty or larger than 256 KiB")
	}
	return answer.Body, nil
}
