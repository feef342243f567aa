package server

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/scim"
)

// notNow is a refusal that says when to come again. Detail is for the caller; reason is a word
// for the metric.
type notNow struct {
	status         int
	after          time.Duration
	reason, detail string
}

// Error implements error.
func (n *notNow) Error() string { return n.detail }

// seconds is what Retry-After says: whole seconds, the only form that Okta reads, and one at least.
func (n *notNow) seconds() string { return seconds(n.after) }

func seconds(d time.Duration) string {
	return strconv.Itoa(int(max(1, (d+time.Second-1)/time.Second)))
}

// The times after which to come again (reliability rules 5.1).
const (
	afterTrouble  = 30 * time.Second
	afterBusy     = 5 * time.Second
	afterOverload = 10 * time.Second
	afterDisabled = time.Hour
	mostAfter     = 30 * time.Second // for a tenant above its rate
)

// load counts the requests that are being answered, those that wait for the store included and
// those that wait for bytes of their own body, or for their outcome, not.
type load struct {
	now  atomic.Int64
	most int64 // none when it is 0
}

func (l *load) enter() bool {
	if n := l.now.Add(1); l.most > 0 && n > l.most {
		l.now.Add(-1)
		return false
	}
	return true
}

func (l *load) leave() { l.now.Add(-1) }

// aside takes a request out of the count while it only waits for something to happen, until back
// is called: ten thousand clients that wait for their events are no load. It is counted again then,
// and back reports whether that is one too many.
func (l *load) aside() (back func() (fits bool)) {
	l.now.Add(-1)
	return func() bool {
		n := l.now.Add(1)
		return l.most <= 0 || n <= l.most
	}
}

// Overloaded reports whether requests are turned away because too many are being answered.
func (s *Server) Overloaded() bool { return s.load.most > 0 && s.load.now.Load() >= s.load.most }

func overloaded() *notNow {
	return &notNow{http.StatusServiceUnavailable, afterOverload, "overloaded", "too many requests at once, try again later"}
}

// shed turns requests away while too many are being answered, before anything of them is read:
// refusing must stay cheap when everything else has stopped being so.
func (s *Server) shed(next http.Handler) http.Handler {
	refusal := overloaded()
	body := (&scim.Error{Status: refusal.status, Detail: refusal.detail}).Body()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.load.enter() {
			defer s.load.leave()
			if r.ContentLength != 0 && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
				w.Header().Set("Connection", "close") // nobody reads it, and the library would before a long answer
			}
			next.ServeHTTP(w, r)
			return
		}
		s.turnedAway(r.Context(), refusal.reason)
		h := w.Header()
		if r.ContentLength != 0 { // or the library would read the body before it answers
			h.Set("Connection", "close")
		}
		h.Set("Content-Type", contentType)
		h.Set("Retry-After", refusal.seconds())
		w.WriteHeader(refusal.status)
		_, _ = w.Write(body) // the other side has gone: nobody to tell
	})
}

func (s *Server) turnedAway(ctx context.Context, reason string) {
	s.metrics.turnedAway.Add(ctx, 1, metric.WithAttributes(attribute.String("reason", reason)))
}
