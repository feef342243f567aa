package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/scim"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/tenants"
)

// retryAfter insists on whole seconds, the only form that Okta reads.
func (a answer) retryAfter(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil {
		t.Fatalf("Retry-After %q of %d", a.header.Get("Retry-After"), a.status)
	}
	return n
}

// counting is a store that counts what is asked of it.
type counting struct {
	server.Directory
	asked int
}

func (c *counting) Get(ctx context.Context, tenant, kind, id string) (scim.Resource, error) {
	c.asked++
	return c.Directory.Get(ctx, tenant, kind, id)
}

// A tenant above its rate is slowed down by itself, before anything is asked of the store, and
// its file may give it another one.
func TestATenantAboveItsRateIsSlowedDownAlone(t *testing.T) {
	t.Parallel()
	var asked *counting
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
		asked = &counting{Directory: s.Directory}
		s.Directory, s.Limits.Rate = asked, server.Rate{PerSecond: 0.25, Burst: 3}
	})
	c, other, free := w.tenant(t), w.tenant(t), w.tenantOf(t, "requests: {per_second: 1000, burst: 1000}\n")
	for range 3 {
		c.do(t, get("/Users/"+unknownID)).want(t, http.StatusNotFound)
	}
	before := asked.asked
	for _, in := range []call{get("/Users/" + unknownID), post("/Users", user("ines")), get("/Nope"), get("/ServiceProviderConfig")} {
		got := c.do(t, in).want(t, http.StatusTooManyRequests)
		if n := got.retryAfter(t); n < 1 || n > 30 || got.text("status") != "429" {
			t.Errorf("Retry-After %d, %s", n, got.body)
		}
	}
	if asked.asked != before {
		t.Error("the store was asked for a request that was turned away")
	}
	other.do(t, get("/Users/"+unknownID)).want(t, http.StatusNotFound)
	for range 50 {
		free.do(t, get("/Users/"+unknownID)).want(t, http.StatusNotFound)
	}
	stranger := *c
	stranger.secret = other.secret
	stranger.do(t, get("/Users")).want(t, http.StatusUnauthorized) // who is not let in does not learn of it
	w.advance(4 * time.Second)
	c.do(t, get("/Users/"+unknownID)).want(t, http.StatusNotFound)
	c.do(t, get("/Users/"+unknownID)).want(t, http.StatusTooManyRequests)
}

// Whoever has no token takes nothing of what the tenant may send.
func TestStrangersDoNotUseUpATenantsRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Limits.Rate = server.Rate{PerSecond: 0.01, Burst: 2} })
	c := w.tenantOf(t, "client: {open_discovery: true}\n")
	for range 5 {
		c.do(t, get("/Users").with(token, "Bearer nope")).want(t, http.StatusUnauthorized)
	}
	anonymous := get("/ServiceProviderConfig")
	anonymous.header = http.Header{token: nil}
	for range 5 {
		c.do(t, anonymous)
	}
	c.do(t, get("/Users")).want(t, http.StatusOK)
}

// unknownID is a resource that nobody has.
const unknownID = "00000000-0000-0000-0000-000000000000"

// slowStore is a store whose reads wait until they may go on.
type slowStore struct {
	server.Directory
	begun, over chan struct{}
}

func (g slowStore) Get(ctx context.Context, tenant, kind, id string) (scim.Resource, error) {
	g.begun <- struct{}{}
	select {
	case <-g.over:
	case <-ctx.Done():
	}
	return g.Directory.Get(ctx, tenant, kind, id)
}

// A process that answers as many requests as it can turns the others away before it has read
// their bodies, and takes the next one when one is done.
func TestAnOverloadedProcessTurnsAwayBeforeItReads(t *testing.T) {
	t.Parallel()
	hold := slowStore{begun: make(chan struct{}), over: make(chan struct{})}
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
		hold.Directory = s.Directory
		s.Directory, s.Limits.InFlight = hold, 2
	})
	c := w.tenant(t)
	ended := make(chan answer)
	for range 2 {
		go func() { ended <- c.do(t, get("/Users/"+unknownID)) }()
		<-hold.begun
	}
	if !w.server.Overloaded() {
		t.Error("it does not say that it is overloaded")
	}
	conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The body never comes: whoever waits for it answers nothing.
	fmt.Fprintf(conn, "POST %s%s/scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n",
		server.Prefix, c.tenant, c.secret)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "10" ||
		!strings.HasPrefix(resp.Header.Get("Content-Type"), scim.MediaType) {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	close(hold.over)
	for range 2 {
		(<-ended).want(t, http.StatusNotFound)
	}
	go func() { <-hold.begun }()
	c.do(t, get("/Users/"+unknownID)).want(t, http.StatusNotFound)
}

// given is what is known of disabled targets.
type given struct {
	targets map[string]string
	err     error
}

func (g *given) Disabled(context.Context, string) (map[string]string, error) { return g.targets, g.err }

// A write that no target will ever be told of is refused; one that a single target takes is not,
// and reading always goes on.
func TestWritesEndWhereEveryTargetIsDisabled(t *testing.T) {
	t.Parallel()
	known := &given{}
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) { s.Targets = known })
	c, alone := w.tenant(t, "sage", "dastra"), w.tenant(t)
	id := c.created(t, "ines")
	next := func(targets map[string]string, err error) {
		known.targets, known.err = targets, err
		w.advance(time.Second)
	}
	next(map[string]string{"sage": "credentials refused since 2026-10-01"}, nil)
	c.created(t, "ana")
	next(map[string]string{"sage": "credentials refused since 2026-10-01", "dastra": "unreachable since 2026-10-02"}, nil)
	for _, r := range w.server.Routes() {
		in := on(r, ids{"/Users": id, "/Groups": id})
		got := c.do(t, in)
		write := r.Method != "GET" && r.Method != "HEAD" && (strings.HasPrefix(r.Path, "/Users") || strings.HasPrefix(r.Path, "/Groups") || r.Path == "/Bulk") &&
			!strings.HasSuffix(r.Path, ".search")
		if write != (got.status == http.StatusServiceUnavailable) {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, got.status, got.body)
		}
		if write && (got.retryAfter(t) != 3600 || !strings.Contains(got.text("detail"), "sage: credentials refused since 2026-10-01") ||
			!strings.Contains(got.text("detail"), "dastra")) {
			t.Errorf("%s %s: %s", r.Method, r.Path, got.body)
		}
	}
	alone.created(t, "nobody's concern")
	next(nil, store.ErrUnavailable)
	if got := c.do(t, post("/Users", user("eva"))).want(t, http.StatusServiceUnavailable); got.retryAfter(t) != 30 {
		t.Errorf("Retry-After %d", got.retryAfter(t))
	}
	next(nil, nil)
	c.created(t, "back")
}

// looks counts how often tokens are looked up.
type looks struct {
	tenants.TokenLookup
	n int
}

func (l *looks) Token(ctx context.Context, keyID string) (tenants.Token, error) {
	l.n++
	return l.TokenLookup.Token(ctx, keyID)
}

// X52: guesses are slowed down by address and by key id, those that are no tokens at all cost no
// look-up, and whoever has been let in before still is.
func TestGuessesAreSlowedDownAndNobodyElse(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X52")
	var asked *looks
	w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
		auth, _ := s.Auth.(*tenants.Authenticator)
		asked = &looks{TokenLookup: auth.Tokens}
		auth.Tokens = asked
		s.Limits.Key, s.Limits.Source = server.Rate{PerSecond: 0.1, Burst: 5}, server.Rate{PerSecond: 0.1, Burst: 20}
	})
	c, newcomer := w.tenant(t), w.tenant(t)
	c.do(t, get("/Users")).want(t, http.StatusOK)
	wrong := forged(t, c.secret)
	guess := func() answer { return c.do(t, get("/Users").with(token, "Bearer "+wrong)) }
	for range 5 {
		guess().want(t, http.StatusUnauthorized)
	}
	w.advance(time.Second) // the look-up is no longer remembered
	before := asked.n
	if got := guess().want(t, http.StatusTooManyRequests); got.retryAfter(t) < 1 || got.retryAfter(t) > 30 {
		t.Errorf("Retry-After %d", got.retryAfter(t))
	}
	if asked.n != before {
		t.Error("a guess that was turned away was looked up")
	}
	for i := 0; i < 30; i++ { // no tokens at all: the address is what is left to count by
		got := c.do(t, get("/Users").with(token, "Bearer "+c.secret[:len(c.secret)-1]+"~"))
		want := http.StatusUnauthorized
		if i >= 15 {
			want = http.StatusTooManyRequests
		}
		got.want(t, want)
	}
	if asked.n != before {
		t.Error("what is no token was looked up")
	}
	c.do(t, get("/Users")).want(t, http.StatusOK)                     // its key id and its address are both used up
	newcomer.do(t, get("/Users")).want(t, http.StatusTooManyRequests) // from there nobody new is looked up
	newcomer.do(t, get("/Users")).want(t, http.StatusTooManyRequests) // and waiting costs nothing more
	w.advance(time.Minute)                                            // but it passes
	newcomer.do(t, get("/Users")).want(t, http.StatusOK)
	foreign := *newcomer
	foreign.base = c.base
	for range 30 { // a genuine token at another tenant's URL is no guess
		foreign.do(t, get("/Users")).want(t, http.StatusUnauthorized)
	}
}

// forged is a well-formed token with the key id of another and a secret of its own.
func forged(t *testing.T, secret string) string {
	t.Helper()
	keyID, _ := tenants.ParseToken(secret)
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	random := make([]byte, 64)
	for i, letter := range keyID {
		random[i] = byte(strings.IndexRune(letters, letter))
	}
	wrong, _ := tenants.Mint(bytes.NewReader(random))
	if got, ok := tenants.ParseToken(wrong); !ok || got != keyID || wrong == secret {
		t.Fatalf("%q is no token of %s", wrong, keyID)
	}
	return wrong
}

// Anybody can send X-Forwarded-For: it counts from the proxies that are named, and only what
// they have written themselves.
func TestOnlyAListedProxyIsBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies []netip.Prefix
		spread  bool // the header tells callers apart
	}{
		"nobody is listed": {nil, false},
		"the peer is":      {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, true},
		"another is":       {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, false},
	} {
		w := newWorld(t, stores["sqlite"](t), func(s *server.Server) {
			s.Proxies, s.Limits.Source = c.proxies, server.Rate{PerSecond: 0.01, Burst: 3}
		})
		client := w.tenant(t)
		for i := range 10 {
			// What stands left of the caller's own address was written by the caller.
			hops := fmt.Sprintf("203.0.113.9, 198.51.100.%d", i+1)
			got := client.do(t, get("/Users").with(token, "Bearer nope").with("X-Forwarded-For", hops))
			want := http.StatusUnauthorized
			if !c.spread && i >= 3 {
				want = http.StatusTooManyRequests
			}
			if got.status != want {
				t.Errorf("%s, number %d: %d", name, i, got.status)
			}
		}
	}
}
