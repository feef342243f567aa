package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/tenants"
)

// broken is a store of which nothing works any more.
type broken struct{ fail func(context.Context) error }

func (b broken) Create(ctx context.Context, _ store.Write, _, _ string, _ store.Revision) (scim.Resource, error) {
	return scim.Resource{}, b.fail(ctx)
}

func (b broken) Get(ctx context.Context, _, _, _ string) (scim.Resource, error) {
	return scim.Resource{}, b.fail(ctx)
}

func (b broken) Update(ctx context.Context, _ store.Write, _, _ string, _ func(scim.Resource) (store.Revision, error)) (scim.Resource, error) {
	return scim.Resource{}, b.fail(ctx)
}

func (b broken) Delete(ctx context.Context, _ store.Write, _, _ string, _ func(scim.Resource) error) error {
	return b.fail(ctx)
}

func (b broken) Members(ctx context.Context, _, _, _ string, _ int) ([]scim.Member, error) {
	return nil, b.fail(ctx)
}

func (b broken) MemberOf(ctx context.Context, _ string, _ []string) (map[string][]scim.Resource, error) {
	return nil, b.fail(ctx)
}

func (b broken) IsMember(ctx context.Context, _, _ string, _ []string) (map[string]bool, error) {
	return nil, b.fail(ctx)
}

func (b broken) Count(ctx context.Context, _, _ string) (int, error) { return 0, b.fail(ctx) }

func (b broken) Find(ctx context.Context, _, _ string, _ store.Field, _ string) ([]scim.Resource, error) {
	return nil, b.fail(ctx)
}

func (b broken) List(ctx context.Context, _, _ string, _, _ int) ([]scim.Resource, int, error) {
	return nil, 0, b.fail(ctx)
}

func (b broken) After(ctx context.Context, _, _, _ string, _ int) ([]scim.Resource, error) {
	return nil, b.fail(ctx)
}

// without replaces a world's store by a broken one.
func without(t *testing.T, limit time.Duration, fail func(context.Context) error) *world {
	return newWorld(t, stores["sqlite"](t), func(s *server.Server) {
		s.Directory, s.Finder, s.Groups = broken{fail}, broken{fail}, broken{fail}
		s.Limits.Time = limit
	})
}

// everyRoute asks for every resource route, and the ways to search.
func (w *world) everyRoute(t *testing.T, c *client, check func(in call, got answer)) {
	t.Helper()
	asked := []call{get(`/Users?filter=userName eq "x"`), get(`/Users?filter=title pr`),
		get(`/Users?filter=emails[type eq "work"].value eq "x"`), get("/Users?count=0")}
	for _, r := range w.server.Routes() {
		if strings.HasPrefix(r.Path, "/Users") || strings.HasPrefix(r.Path, "/Groups") || r.Path == "/.search" {
			asked = append(asked, on(r, nobodys))
		}
	}
	for _, in := range asked {
		check(in, c.do(t, in))
	}
}

func TestAStoreThatFailsIsATemporaryTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail  func(context.Context) error
		limit time.Duration
		retry int
	}{
		"unavailable": {func(context.Context) error { return store.ErrUnavailable }, time.Minute, 30},
		"too busy":    {func(context.Context) error { return store.ErrBusy }, time.Minute, 5},
		"silent": {func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, 10 * time.Millisecond, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := without(t, c.limit, c.fail)
			w.everyRoute(t, w.tenant(t, "sage"), func(in call, got answer) {
				seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
				if got.status != http.StatusServiceUnavailable || err != nil || seconds != c.retry {
					t.Errorf("%s %s: %d, Retry-After %q: %s", in.method, in.target, got.status, got.header.Get("Retry-After"), got.body)
				}
			})
			if len(w.bell.all()) > 0 {
				t.Error("the bell rang for nothing")
			}
		})
	}
}

func TestWhatNobodyExpectedIsA500ThatTellsNothing(t *testing.T) {
	t.Parallel()
	const secret = "user=admin password=hunter2"
	for name, fail := range map[string]func(context.Context) error{
		"an error": func(context.Context) error { return errors.New(secret) },
		"a panic":  func(context.Context) error { panic(secret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := without(t, time.Minute, fail)
			w.everyRoute(t, w.tenant(t), func(in call, got answer) {
				if got.status != http.StatusInternalServerError || strings.Contains(got.body, "hunter2") || strings.Contains(got.body, "goroutine") {
					t.Errorf("%s %s: %d %s", in.method, in.target, got.status, got.body)
				}
			})
			if !w.log.has(secret) {
				t.Error("the log does not tell why")
			}
		})
	}
}

// failing is a lookup of tokens that cannot look.
type failing struct{ err error }

func (f failing) Token(context.Context, string) (tenants.Token, error) { return tenants.Token{}, f.err }

func TestATokenNobodyCouldLookUpIsNoWrongToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Auth.(*tenants.Authenticator).Tokens = failing{store.ErrUnavailable} })
	c := w.tenant(t)
	for _, r := range append(w.server.Routes(), server.Route{Method: "GET", Path: "/Nope"}, server.Route{Method: "DELETE", Path: "/Users"}) {
		got := c.do(t, on(r, nobodys))
		if _, err := strconv.Atoi(got.header.Get("Retry-After")); got.status != http.StatusServiceUnavailable || err != nil {
			t.Errorf("%s %s: %d, Retry-After %q: %s", r.Method, r.Path, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
	c.do(t, get("/Users").with(token, "Bearer nope")).want(t, http.StatusUnauthorized) // this needs no look-up
}

// cut is a body whose sender falls silent or goes away in the middle.
type cut struct {
	text string
	err  error
	then func()
}

func (c *cut) Read(p []byte) (int, error) {
	if c.text == "" {
		c.then()
		return 0, c.err
	}
	n := copy(p, c.text)
	c.text = c.text[n:]
	return n, nil
}

func TestABodyThatEndsEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	for name, test := range map[string]struct {
		err    error
		gone   bool
		status int
	}{
		"broken off":            {io.ErrUnexpectedEOF, false, http.StatusBadRequest},
		"a client that is gone": {errors.New("connection reset"), true, http.StatusServiceUnavailable},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		body := &cut{text: `{"userName":`, err: test.err, then: func() {
			if test.gone {
				cancel()
			}
		}}
		req := httptest.NewRequestWithContext(ctx, http.MethodPost, c.base+"/Users", body)
		req.Header.Set(token, "Bearer "+c.secret)
		recorder := httptest.NewRecorder()
		w.http.Config.Handler.ServeHTTP(recorder, req)
		if recorder.Code != test.status {
			t.Errorf("%s: %d %s", name, recorder.Code, recorder.Body)
		}
	}
	if total := c.do(t, get("/Users")).value("totalResults"); total != 0.0 {
		t.Errorf("%v users", total)
	}
}
