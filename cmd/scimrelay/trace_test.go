package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/telemetry"
)

// bench is a gateway in this process with a simulated vendor, its spans and its log.
type bench struct {
	gateway *gateway
	host    *simhost.Host
	spans   *tracetest.SpanRecorder
	log     *lockedBuffer
	front   *httptest.Server
	token   string
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{spans: tracetest.NewSpanRecorder(), log: &lockedBuffer{}}
	b.host = simhost.New(simhost.Options{}, all.Simulators()...)
	vendors := httptest.NewServer(b.host)
	t.Cleanup(vendors.Close)
	dir := t.TempDir()
	if err := writeTenants(filepath.Join(dir, "tenants"), vendors.URL, false); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "scimrelay.yaml")
	text := fmt.Sprintf("store: {url: %q}\nlog: {level: debug}\n", "sqlite://"+filepath.Join(dir, "scimrelay.db"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := configFlag{Config: config}.load("")
	if err != nil {
		t.Fatal(err)
	}
	log, err := telemetry.NewLogger(b.log, in.config.Log)
	if err != nil {
		t.Fatal(err)
	}
	tel, err := telemetry.Start(t.Context(), telemetry.Options{Spans: sdktrace.SpanProcessor(b.spans)})
	if err != nil {
		t.Fatal(err)
	}
	if b.gateway, err = build(t.Context(), in, roleAll, log, tel); err != nil {
		t.Fatal(err)
	}
	b.front = httptest.NewServer(b.gateway.routes())
	t.Cleanup(b.front.Close)
	if b.token, err = b.gateway.newToken(t.Context(), "sage", "test"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.gateway.run(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil }) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.gateway.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) send(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.front.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// ended returns the spans of the name, waiting until there is one.
func (b *bench) ended(t *testing.T, name string) []sdktrace.ReadOnlySpan {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var found []sdktrace.ReadOnlySpan
		for _, s := range b.spans.Ended() {
			if s.Name() == name {
				found = append(found, s)
			}
		}
		if len(found) > 0 {
			return found
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no span %q", name)
		}
	}
}

const canary = "kanarienvogel"

// One trace leads from the SCIM request through the turn to the vendor's call, and neither it
// nor the log nor the metrics say who it was about.
func TestOneTraceFromTheRequestToTheVendorAndNobodyNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mail := canary + "@acme.example"
	status, answer := b.send(t, http.MethodPost, "/t/sage/scim/v2/Users", fmt.Sprintf(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"active":"True","name":{"givenName":%q,"familyName":%q},
		"emails":[{"type":"work","value":%q,"primary":true}],"phoneNumbers":[{"type":"work","value":"+33 155550012"}]}`, mail, canary, canary, mail))
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, answer)
	}
	b.send(t, http.MethodGet, `/t/sage/scim/v2/Users?filter=userName+eq+%22`+mail+`%22`, "")
	b.send(t, http.MethodPost, "/t/sage/scim/v2/Users", `{"userName":"`+canary+`"`) // broken on purpose
	b.send(t, http.MethodGet, "/t/sage/scim/v2/Users/"+canary, "")
	request := b.ended(t, "POST /t/:tenant/scim/v2/Users")[0]
	link := b.ended(t, "relay.link")[0]
	calls := append(b.ended(t, "POST /login"), b.ended(t, "POST /users")...)
	if link.SpanContext().TraceID() != request.SpanContext().TraceID() || link.Parent().SpanID() != request.SpanContext().SpanID() {
		t.Errorf("the link's span is not the request's child")
	}
	for _, call := range calls {
		if call.SpanContext().TraceID() != request.SpanContext().TraceID() || call.Parent().SpanID() != link.SpanContext().SpanID() {
			t.Errorf("span %s is not the link's child", call.Name())
		}
	}
	for _, s := range b.spans.Ended() {
		if text := fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status()); strings.Contains(text, canary) {
			t.Errorf("span %s: %s", s.Name(), text)
		}
	}
	_, metrics := b.send(t, http.MethodGet, "/metrics", "")
	for _, want := range []string{"scimrelay_scim_request_duration_seconds_bucket", "scimrelay_relay_links_total",
		"scimrelay_relay_lag_seconds_bucket", "scimrelay_vendor_call_duration_seconds_bucket", `scimrelay_scim_leniencies_total{rule="string-boolean",tenant="`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	log := b.log.text()
	if strings.Contains(metrics+log, canary) || strings.Contains(metrics+log, b.token[13:]) {
		t.Errorf("the metrics or the log name somebody or hold the token")
	}
	if !strings.Contains(log, `"trace_id":"`+request.SpanContext().TraceID().String()) {
		t.Error("no line of the log carries the trace")
	}
}
