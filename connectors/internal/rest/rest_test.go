package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustClient(t *testing.T, o rest.Options) *rest.Client {
	t.Helper()
	if o.Product == "" {
		o.Product = "acme"
	}
	c, err := rest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// vendor serves one handler and returns a client for it.
func vendor(t *testing.T, o rest.Options, handler http.HandlerFunc) *rest.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o.BaseURL = server.URL + "/api"
	return mustClient(t, o)
}

func answer(status int, contentType, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// silent never answers. The server sees the caller leave only once the body is read.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// bomb answers with a little that unpacks to very much.
func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	packer := gzip.NewWriter(w)
	_, _ = packer.Write([]byte(`"`))
	for range 12 {
		_, _ = packer.Write(make([]byte, 1<<20))
	}
	_ = packer.Close()
}

func TestAnswersAreClassed(t *testing.T) {
	post := rest.Call{Method: "POST", Path: "/users", Body: map[string]any{"a": 1}}
	put := rest.Call{Method: "PUT", Path: "/users", Body: map[string]any{"a": 1}, Idempotent: true}
	const json, html = "application/json; charset=utf-8", "text/html"
	for name, c := range map[string]struct {
		call    rest.Call
		handler http.HandlerFunc
		want    connectors.Class
	}{
		"ok":                         {post, answer(200, json, `{"id":1}`), ""},
		"created":                    {post, answer(201, "application/scim+json", `{"id":1}`), ""},
		"no content":                 {put, answer(204, "", ""), ""},
		"bad request":                {post, answer(400, json, `{}`), connectors.Invalid},
		"unauthorised":               {post, answer(401, json, `{}`), connectors.Auth},
		"unauthorised, empty":        {post, answer(401, "", ""), connectors.Auth},
		"payment":                    {post, answer(402, json, `{}`), connectors.Plan},
		"forbidden":                  {post, answer(403, json, `{}`), connectors.Denied},
		"forbidden by rate":          {post, answer(403, json, `{}`, "X-RateLimit-Remaining", "0"), connectors.Throttled},
		"forbidden page":             {post, answer(403, html, `<html>`), connectors.Nonsense},
		"not found":                  {put, answer(404, json, `{}`), connectors.NotFound},
		"not found page":             {put, answer(404, html, `<html>`), connectors.Nonsense},
		"not found, empty":           {put, answer(404, "", ""), connectors.Nonsense},
		"conflict on create":         {post, answer(409, json, `{}`), connectors.Exists},
		"conflict on update":         {put, answer(409, json, `{}`), connectors.EditConflict},
		"precondition":               {put, answer(412, json, `{}`), connectors.EditConflict},
		"unprocessable":              {post, answer(422, json, `{}`), connectors.Invalid},
		"odd refusal":                {post, answer(418, json, `{}`), connectors.Unrecognised},
		"no such method":             {post, answer(405, json, `{}`), connectors.Unrecognised},
		"not implemented":            {put, answer(501, json, `{}`), connectors.Unrecognised},
		"not implemented page":       {put, answer(501, html, `<html>`), connectors.Nonsense},
		"empty page":                 {put, answer(200, html, ""), connectors.Nonsense},
		"empty page after a delete":  {rest.Call{Method: "DELETE", Path: "/users", Idempotent: true}, answer(200, html, ""), connectors.Nonsense},
		"gone page":                  {rest.Call{Method: "DELETE", Path: "/users", Idempotent: true}, answer(404, html, `<html>`), connectors.Nonsense},
		"deep, and deeper":           {put, answer(200, json, strings.Repeat(`{"a":`, 200)+"1"+strings.Repeat("}", 200)), connectors.Nonsense},
		"very many values":           {put, answer(200, json, "["+strings.Repeat("1,", 3<<20)+"1]"), connectors.Nonsense},
		"brackets in a text":         {put, answer(200, json, `"`+strings.Repeat(`[\"`, 300)+`"`), ""},
		"too many":                   {post, answer(429, html, `slow`), connectors.Throttled},
		"broken":                     {post, answer(500, html, `oops`), connectors.Transient},
		"odd breakage":               {post, answer(599, json, `{}`), connectors.Unrecognised},
		"bad gateway on create":      {post, answer(502, html, `oops`), connectors.Unknown},
		"bad gateway on update":      {put, answer(502, html, `oops`), connectors.Transient},
		"unavailable":                {post, answer(503, html, `oops`), connectors.Transient},
		"unavailable with a time":    {post, answer(503, html, `oops`, "Retry-After", "7"), connectors.Throttled},
		"gateway timeout on create":  {post, answer(504, html, `oops`), connectors.Unknown},
		"page instead of an answer":  {put, answer(200, html, `<html>`), connectors.Nonsense},
		"JSON called a page":         {put, answer(200, html, `{}`), connectors.Nonsense},
		"half a document":            {put, answer(200, json, `{"id":`), connectors.Nonsense},
		"two documents":              {put, answer(200, json, `{} {}`), connectors.Nonsense},
		"too deep":                   {put, answer(200, json, strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), connectors.Nonsense},
		"too large":                  {put, answer(200, json, `"`+strings.Repeat("x", 11<<20)+`"`), connectors.Nonsense},
		"page after a create":        {post, answer(200, html, `<html>`), connectors.Nonsense},
		"compressed and huge":        {put, bomb, connectors.Nonsense},
		"moved":                      {put, answer(302, json, `{}`, "Location", "/elsewhere"), connectors.Nonsense},
		"not modified":               {put, answer(304, "", ""), connectors.Nonsense},
		"cut before the answer, put": {put, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, connectors.Transient},
		"cut before the answer":      {post, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, connectors.Unknown},
		"cut in the answer": {post, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
			panic(http.ErrAbortHandler)
		}, connectors.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			client := vendor(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				c.handler(w, r)
			})
			_, err := client.Do(t.Context(), c.call)
			if c.want == "" && err != nil || c.want != "" && !connectors.Is(err, c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			uncertain := !c.call.Idempotent && (c.want == connectors.Unknown || name == "broken" || name == "odd breakage" || name == "page after a create" || name == "unavailable")
			if fault := connectors.FaultOf(err); fault != nil && fault.Uncertain != uncertain {
				t.Errorf("uncertain is %v", fault.Uncertain)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls on the wire, want 1", calls.Load())
			}
		})
	}
}

func TestProductsOverruleTheTable(t *testing.T) {
	client := vendor(t, rest.Options{Classify: func(call rest.Call, a rest.Answer, class connectors.Class) connectors.Class {
		if a.Status == 400 && bytes.Contains(a.Body, []byte("licences")) && class == connectors.Invalid {
			return connectors.Seats
		}
		return class
	}}, answer(400, "application/json", `{"Message":"no licences available"}`))
	_, err := client.Do(t.Context(), rest.Call{Method: "POST", Path: "/users"})
	if !connectors.Is(err, connectors.Seats) || connectors.FaultOf(err).Detail != "acme answered 400 to POST /users: no licences available" {
		t.Fatal(err)
	}
}

func TestSentOrNotIsTold(t *testing.T) {
	post := rest.Call{Method: "POST", Path: "/users", Body: map[string]any{}}
	t.Run("refused", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		client := mustClient(t, rest.Options{BaseURL: "http://" + listener.Addr().String()})
		if _, err := client.Do(t.Context(), post); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
	t.Run("timeout after sending", func(t *testing.T) {
		client := vendor(t, rest.Options{Timeout: 50 * time.Millisecond}, silent)
		if _, err := client.Do(t.Context(), post); !connectors.Is(err, connectors.Unknown) || !connectors.FaultOf(err).Uncertain {
			t.Fatal(err)
		}
		if _, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users"}); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
	t.Run("cancelled after sending", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := vendor(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) { cancel(); silent(w, r) })
		_, err := client.Do(ctx, post)
		if !connectors.Is(err, connectors.Unknown) || !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		client := vendor(t, rest.Options{}, func(http.ResponseWriter, *http.Request) { t.Error("a call was made") })
		if _, err := client.Do(ctx, post); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
}

func TestTheBucketPacesCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flying, most atomic.Int32
		client := mustClient(t, rest.Options{BaseURL: "https://vendor.test", Rate: tenants.Rate{PerSecond: 2, Burst: 3, Concurrency: 2},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				most.Store(max(most.Load(), flying.Add(1)))
				defer flying.Add(-1)
				<-time.After(100 * time.Millisecond)
				return respond(r, 200, `{}`), nil
			})})
		started := time.Now()
		done := make(chan error)
		for range 9 {
			go func() {
				_, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/x"})
				done <- err
			}()
		}
		for range 9 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(started); took < 3*time.Second || took > 3200*time.Millisecond {
			t.Errorf("9 calls at 2/s after a burst of 3 took %v", took)
		}
		if most.Load() > 2 {
			t.Errorf("%d calls in flight", most.Load())
		}
	})
}

func TestRetryAfterInEveryDialect(t *testing.T) {
	forms := board.Begin(t, "V27").Sum("forms of a pause", 15)
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header, value string
		want          time.Duration
	}{
		{"Retry-After", "20", 20 * time.Second},
		{"Retry-After", "1.5", 1500 * time.Millisecond},
		{"Retry-After", now.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		{"Retry-After", fmt.Sprint(now.Add(time.Minute).Unix()), time.Minute},
		{"Retry-After", fmt.Sprint(now.Add(time.Minute).UnixMilli()), time.Minute},
		{"Retry-After", "-5", time.Second},
		{"Retry-After", "0", time.Second},
		{"Retry-After", "1000000000000", time.Second},
		{"Retry-After", "1e300", 24 * time.Hour},
		{"Retry-After", "500000", 24 * time.Hour},
		{"Retry-After", "soon", 0},
		{"X-RateLimit-Reset", fmt.Sprint(now.Add(time.Hour).Unix()), time.Hour},
		{"X-RateLimit-Reset", "30", 30 * time.Second},
		{"X-Ms-Retry-After-Ms", "2500", 2500 * time.Millisecond},
		{"X-Nothing", "1", 0},
	} {
		client := vendor(t, rest.Options{Now: func() time.Time { return now }}, answer(429, "", "", c.header, c.value))
		_, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/x"})
		forms.Add(1)
		if fault := connectors.FaultOf(err); fault.Class != connectors.Throttled || fault.RetryAfter != c.want {
			t.Errorf("%s: %s: got %v after %v, want %v", c.header, c.value, fault.Class, fault.RetryAfter, c.want)
		}
	}
}

func TestValuesStayInTheirSegment(t *testing.T) {
	paths := make(chan string, 1)
	client := vendor(t, rest.Options{}, func(w http.ResponseWriter, r *http.Request) { paths <- r.RequestURI })
	for value, want := range map[string]string{
		"125": "/api/users/125/roles", "a/b?c#d": "/api/users/a%2Fb%3Fc%23d/roles", "a b%2F": "/api/users/a%20b%252F/roles",
		"ü@x": "/api/users/%C3%BC@x/roles", "..a": "/api/users/..a/roles", "{id}": "/api/users/%7Bid%7D/roles",
	} {
		if _, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users/{id}/roles", Params: map[string]string{"id": value}}); err != nil {
			t.Fatal(err)
		}
		if got := <-paths; got != want {
			t.Errorf("%q went to %s", value, got)
		}
	}
	for _, value := range []string{"", ".", "..", "%2e%2e", "%2E.", "a\nb"} {
		if _, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users/{id}", Params: map[string]string{"id": value}}); !connectors.Is(err, connectors.Invalid) {
			t.Errorf("%q was let through: %v", value, err)
		}
	}
	if _, err := client.Do(t.Context(), rest.Call{Method: "GET", Path: "/users/{id}"}); !connectors.Is(err, connectors.Internal) {
		t.Errorf("an unfilled template: %v", err)
	}
}

func TestNothingOfThePersonIsToldInErrorsLogsOrSpans(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracing := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	ctx, span := tracing.Tracer("test").Start(t.Context(), "turn")
	var log bytes.Buffer
	body := map[string]any{"name": "Canary Name", "list": []any{"canary-phone"}}
	client := vendor(t, rest.Options{Traces: tracing, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
		func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Traceparent") != "" {
				t.Error("the trace context left the house")
			}
			answer(400, "application/json", `{"Message":"no CANARY NAME\u0007 (canary-phone, canary@x.test, canary-id)\n`+strings.Repeat("x", 300)+`"}`)(w, r)
		})
	_, err := client.Do(ctx, rest.Call{Method: "POST", Path: "/users/{id}", Params: map[string]string{"id": "canary-id"},
		Query: url.Values{"where": {"email='canary@x.test'"}}, Body: body, Header: http.Header{"X-Key": {"canary-secret"}}})
	span.End()
	fault := connectors.FaultOf(err)
	if !strings.Contains(fault.Detail, "POST /users/{id}: no … (…, …, …)xxx") || len([]rune(fault.Detail)) > 240 {
		t.Errorf("the reason reads %q", fault.Detail)
	}
	var told strings.Builder
	fmt.Fprintf(&told, "%v %+v %s", err, fault, log.String())
	for _, s := range spans.Ended() {
		fmt.Fprintf(&told, "%s %v %v %v", s.Name(), s.Attributes(), s.Events(), s.Status())
	}
	if strings.Contains(strings.ToLower(told.String()), "canary") {
		t.Errorf("personal data is told: %s", told.String())
	}
	for _, want := range []string{"POST /users/{id}", `"status":400`, `"class":"invalid"`, "url.template"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("%s is missing in %s", want, told.String())
		}
	}
}

func TestBrokenAnswersAreNotQuoted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			fmt.Fprint(conn, "canary-secret is no HTTP\r\n\r\n")
			conn.Close()
		}
	}()
	client := mustClient(t, rest.Options{BaseURL: "http://" + listener.Addr().String()})
	_, err = client.Do(t.Context(), rest.Call{Method: "GET", Path: "/x", Query: url.Values{"q": {"canary"}}})
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Fatal(err)
	}
}

func TestBaseURLs(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://169.254.169.254/latest": false, "https://0.0.0.0": false, "https://[fd00:ec2::254]": false, "https://[64:ff9b::7f00:1]": false,
		"https://224.0.0.1": false, "https://100.64.0.1": false, "https://10.0.0.1": true, "https://[::1]": true,
		"https://api.forcemanager.com/api/v4": true, "https://api.test:8443/x/": true, "http://localhost:9100/sage": true,
		"http://127.0.0.1:9100/sage/api/v4": true, "http://[::1]:9100": true, "http://10.1.2.3": true,
		"http://api.forcemanager.com": false, "http://93.184.216.34": false, "http://169.254.169.254": false,
		"ftp://x.test": false, "https://": false, "https://u:p@x.test": false, "https://x.test?a=b": false,
		"https://x.test/#f": false, "https://x.test/../y": false, "x.test": false, "": false,
	} {
		if _, err := rest.ParseBaseURL(raw); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(r *http.Request, status int, body string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	recorder.WriteHeader(status)
	fmt.Fprint(recorder, body)
	response := recorder.Result()
	response.Request = r
	return response
}
