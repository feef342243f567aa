package server_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/scim/server"
)

// The addresses of the tests: an identity provider has two, and a stranger one.
const (
	home, elsewhere = "198.51.100.1", "198.51.100.2"
	strange         = "203.0.113.9"
)

const from = "X-Forwarded-For"

// behindProxy believes the test's own address of where requests come from, and lets one address
// try five credentials for one key id.
func behindProxy(s *server.Server) {
	s.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	s.Limits.Key, s.Limits.Source = server.Rate{PerSecond: 0.1, Burst: 5}, server.Rate{PerSecond: 1, Burst: 1000}
}

// X52: key ids are no secret, and whoever knows one keeps nobody out by it: neither who was let in
// a cycle ago, wherever its identity provider sends from now, nor who was not heard of for days.
func TestAKeyIDKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X52")
	w := newWorld(t, stores["sqlite"](t), behindProxy)
	c := w.tenant(t)
	wrong := forged(t, c.secret)
	genuine := func(address string) answer { return c.do(t, get("/Users").with(from, address)) }
	attack := func() {
		t.Helper()
		guess := get("/Users").with(token, "Bearer "+wrong).with(from, strange)
		for range 5 {
			c.do(t, guess).want(t, http.StatusUnauthorized)
		}
		c.do(t, guess).want(t, http.StatusTooManyRequests)
	}
	genuine(home).want(t, http.StatusOK)
	w.advance(40 * time.Minute) // between two cycles of Entra
	attack()
	genuine(home).want(t, http.StatusOK)
	genuine(elsewhere).want(t, http.StatusOK)
	genuine(strange).want(t, http.StatusOK) // customers of one provider send from the same addresses
	w.advance(72 * time.Hour)
	attack()
	genuine(strange).want(t, http.StatusTooManyRequests) // nobody remembers it, and it comes from there
	genuine(home).want(t, http.StatusOK)
	genuine(strange).want(t, http.StatusOK)
}

// X52: whoever guesses the password of a user learns nothing from a right one above the limit.
func TestPasswordsAreGuessedAtTheSameRate(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X52")
	w, _ := newAuthWorld(t, stores["sqlite"](t), behindProxy)
	password := w.secret(t, "pass")
	const mode = `{basic: [{username: okta, passwords: ["${file:pass}"]}, {username: beside, passwords: ["${file:pass}"]}]}`
	c, other := w.configure(t, "acme", mode), w.configure(t, "other", mode)
	at := func(c *client, user, password, address string) answer {
		return c.do(t, probe(w.basic(user, password)).with(from, address))
	}
	for range 5 {
		at(c, "okta", password+"x", strange).want(t, http.StatusUnauthorized)
	}
	if got := at(c, "okta", password, strange).want(t, http.StatusTooManyRequests); got.retryAfter(t) > 30 {
		t.Errorf("Retry-After %d", got.retryAfter(t))
	}
	at(c, "okta", password, home).want(t, http.StatusOK)
	at(c, "okta", password, strange).want(t, http.StatusTooManyRequests) // or whoever guesses would learn that it is right
	at(c, "beside", password, strange).want(t, http.StatusOK)
	at(other, "okta", password, strange).want(t, http.StatusOK)
	for range 5 { // a user who is not there is no other than one who is
		at(c, "nobody", password, strange).want(t, http.StatusUnauthorized)
	}
	at(c, "nobody", password, strange).want(t, http.StatusTooManyRequests)
	w.advance(time.Minute)
	at(c, "okta", password, strange).want(t, http.StatusOK)
	for range 10 {
		at(c, "okta", password+"x", strange)
	}
	at(c, "okta", password, strange).want(t, http.StatusOK) // from there it was good
}

// X52: so are the secrets of the token endpoint's clients, however they are written.
func TestSecretsOfClientsAreGuessedAtTheSameRate(t *testing.T) {
	t.Parallel()
	board.Begin(t, "X52")
	w, _ := newAuthWorld(t, stores["sqlite"](t), behindProxy)
	secret := w.secret(t, "new")
	w.configure(t, "acme", `{oauth_clients: [{id: acme-entra, secrets: ["${file:new}"]}]}`)
	good, bad := form("client_id", "acme-entra", "client_secret", secret), form("client_id", "acme-entra", "client_secret", secret+"x")
	refused := func(a tokenAnswer, status int) {
		t.Helper()
		if a.status != status || status == http.StatusTooManyRequests && (a.retryAfter(t) > 30 || a.Error != "temporarily_unavailable") {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	}
	refused(w.ask(t, "acme", bad, from, strange), http.StatusUnauthorized)
	refused(w.ask(t, "acme", bad, from, strange), http.StatusUnauthorized)
	refused(w.ask(t, "acme", form(), from, strange, token, w.basic("acme-entra", "x")), http.StatusUnauthorized)
	refused(w.ask(t, "acme", form(), from, strange, token, w.basic("acme%2Dentra", "x")), http.StatusUnauthorized)
	refused(w.ask(t, "acme", form(), from, strange, token, w.basic("%61cme-entra", "x")), http.StatusUnauthorized)
	refused(w.ask(t, "acme", good, from, strange), http.StatusTooManyRequests)
	refused(w.ask(t, "acme", form(), from, strange, token, w.basic("acme-entra", secret)), http.StatusTooManyRequests)
	w.granted(t, "acme", good, from, home)
	refused(w.ask(t, "acme", good, from, strange), http.StatusTooManyRequests)
	w.advance(time.Minute)
	w.granted(t, "acme", good, from, strange)
}
