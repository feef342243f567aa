package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/tenants"
)

// dawdler is a client that has sent the first byte of a body.
type dawdler struct {
	*io.PipeWriter
	answered chan answer
}

// dawdle sends a request below the tenants' prefix, whose body begins to come.
func (w *works) dawdle(method, path, kind string, length int64) *dawdler {
	w.tb.Helper()
	body, out := io.Pipe()
	d := &dawdler{out, make(chan answer, 1)}
	req := httptest.NewRequestWithContext(w.tb.Context(), method, server.Prefix+path, body)
	req.ContentLength = length
	req.Header.Set("Content-Type", kind)
	req.Header.Set(token, "Bearer "+w.secret)
	go func() {
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, req)
		d.answered <- answer{recorder.Code, recorder.Header(), recorder.Body.String()}
		_ = body.Close()
	}()
	go func() { _, _ = out.Write([]byte("{")) }()
	w.tb.Cleanup(func() { _ = out.CloseWithError(io.ErrUnexpectedEOF) })
	synctest.Wait()
	return d
}

// ends sends the rest of the body.
func (d *dawdler) ends(text string) answer {
	_, _ = d.Write([]byte(strings.TrimPrefix(text, "{")))
	_ = d.Close()
	return <-d.answered
}

// limited gives the works other limits, and a token endpoint.
func (w *works) limited(change func(*server.Server)) {
	w.tb.Helper()
	auth, _ := w.server.Auth.(*tenants.Authenticator)
	w.server.Issuer = &tenants.Issuer{Tenants: auth.Tenants, Hasher: auth.Hasher, Now: auth.Now}
	change(w.server)
	var err error
	if w.handler, err = w.server.Handler(); err != nil {
		w.tb.Fatal(err)
	}
}

const formType = "application/x-www-form-urlencoded"

// Whoever waits for the bytes of a body, or for a place for a long one, is no load: neither
// strangers at the token endpoint nor a tenant take a place of those that are answered.
func TestBodiesThatDawdleKeepNobodyOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, kind string
		length     int64
	}{
		"a stranger's form":          {"nobody/oauth2/token", formType, 100},
		"a form without its length":  {"acme/oauth2/token", formType, -1},
		"a tenant's person":          {"acme/scim/v2/Users", scim.MediaType, 100},
		"a tenant's groups":          {"acme/scim/v2/Groups", scim.MediaType, 2 << 20},
		"a search":                   {"acme/scim/v2/Users/.search", scim.MediaType, 100},
		"a bulk request":             {"acme/scim/v2/Bulk", scim.MediaType, -1},
		"somebody who asks for news": {"acme/events", scim.MediaType, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
				w.limited(func(s *server.Server) { s.Limits.InFlight = 2 })
				slow := make([]*dawdler, 10)
				for i := range slow {
					slow[i] = w.dawdle(http.MethodPost, c.path, c.kind, c.length)
				}
				w.do(post("/Users", user("ines"))).want(t, http.StatusCreated)
				if w.server.Overloaded() {
					t.Error("it says that it is overloaded")
				}
				for i, d := range slow {
					if len(d.answered) > 0 {
						t.Errorf("number %d is answered: %v", i, <-d.answered)
					}
				}
			})
		})
	}
}

// What was aside is counted again when its body is there: a burst of them is turned away at once,
// and leaves the count as it was.
func TestABurstOfBodiesIsTurnedAway(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
		hold := slowStore{begun: make(chan struct{}), over: make(chan struct{})}
		w.limited(func(s *server.Server) {
			hold.Directory = s.Directory
			s.Directory, s.Limits.InFlight = hold, 1
		})
		var slow []*dawdler
		for range 5 {
			slow = append(slow, w.dawdle(http.MethodPost, "acme/scim/v2/Users", scim.MediaType, -1))
		}
		form := w.dawdle(http.MethodPost, "acme/oauth2/token", formType, -1)
		for range 2 { // the second time shows that nothing is left of the first
			busy := make(chan answer, 1)
			go func() { busy <- w.do(get("/Users/" + unknownID)) }()
			select {
			case <-hold.begun:
			case got := <-busy:
				t.Fatalf("turned away: %v", got)
			}
			for _, d := range append(slow[:2:2], form) { // while the only place is taken
				if got := d.ends(user("ines")).want(t, http.StatusServiceUnavailable); got.retryAfter(t) != 10 {
					t.Errorf("Retry-After %d", got.retryAfter(t))
				}
			}
			w.do(get("/Users")).want(t, http.StatusServiceUnavailable)
			hold.over <- struct{}{}
			(<-busy).want(t, http.StatusNotFound)
			slow, form = slow[2:], w.dawdle(http.MethodPost, "acme/oauth2/token", formType, -1)
		}
		slow[0].ends(user("odile")).want(t, http.StatusCreated)
	})
}

// A tenant has so many bodies on their way; beyond them it is told to come again, and nobody else.
func TestATenantHasSoManyBodiesOnTheirWay(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
		w.limited(func(s *server.Server) { s.Limits.Bodies.Tenant = 3 })
		w.write(t, "other", "")
		other := &works{world: w.world, tb: t, handler: w.handler, tenantID: "other", secret: w.token(t, "other")}
		var slow []*dawdler
		for range 3 {
			slow = append(slow, w.dawdle(http.MethodPost, "acme/scim/v2/Users", scim.MediaType, -1))
		}
		if got := w.do(post("/Users", user("ines"))).want(t, http.StatusTooManyRequests); got.retryAfter(t) != 5 {
			t.Errorf("Retry-After %d", got.retryAfter(t))
		}
		w.do(get("/Users")).want(t, http.StatusOK)
		other.do(post("/Users", user("ines"))).want(t, http.StatusCreated)
		slow[0].ends(user("odile")).want(t, http.StatusCreated)
		w.do(post("/Users", user("ines"))).want(t, http.StatusCreated)
	})
}

// Beyond what a process reads beside the requests it answers, bodies count like these.
func TestBodiesBeyondThoseOfAProcessCount(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
		w.limited(func(s *server.Server) { s.Limits.InFlight, s.Limits.Bodies.Process = 2, 3 })
		for range 4 {
			w.dawdle(http.MethodPost, "acme/scim/v2/Users", scim.MediaType, -1)
		}
		w.do(get("/Users")).want(t, http.StatusOK)
		last := w.dawdle(http.MethodPost, "acme/scim/v2/Users", scim.MediaType, -1)
		w.do(get("/Users")).want(t, http.StatusServiceUnavailable)
		last.ends(user("ines")).want(t, http.StatusCreated)
		w.do(get("/Users")).want(t, http.StatusOK)
	})
}

// asked is a body that never comes, and how much room is offered to it.
type asked struct{ most int }

func (a *asked) Read(p []byte) (int, error) {
	a.most = max(a.most, len(p))
	return 0, io.ErrUnexpectedEOF
}

// A length that is announced is no reason to hold so much memory.
func TestAnAnnouncedLengthHoldsNoMemory(t *testing.T) {
	t.Parallel()
	inWorks(t, []string{"one"}, func(t *testing.T, w *works) {
		body := &asked{}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, server.Prefix+"acme/scim/v2/Users", body)
		req.ContentLength = 1 << 20
		req.Header.Set(token, "Bearer "+w.secret)
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, req)
		if recorder.Code != http.StatusBadRequest || body.most == 0 || body.most > 64<<10 {
			t.Errorf("%d, and %d bytes of memory for nothing", recorder.Code, body.most)
		}
	})
}

// A body that nobody reads is not waited for, whatever the answer's length.
func TestABodyThatNobodyReadsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t))
	c := w.tenant(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		in := get("/Schemas")
		in.method = method
		got := c.announces(t, in, 1000) //nolint:bodyclose // announces closes it
		if got.StatusCode != http.StatusOK || !got.Close {
			t.Errorf("%s: %d, closes: %v", method, got.StatusCode, got.Close)
		}
	}
}

// announces sends the request with the length of a body that never comes, and reads the answer.
func (c *client) announces(t *testing.T, in call, length int) *http.Response {
	t.Helper()
	at, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // of the test, for what never comes
	fmt.Fprintf(conn, "%s %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", in.method, at.Path, in.target, c.secret, length)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: in.method})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
