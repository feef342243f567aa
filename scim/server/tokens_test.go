package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestE05TwoTokensDuringRotation(t *testing.T) {
	t.Parallel()
	proves(t, "E-05")
	onEachStore(t, func(t *testing.T, w *world) {
		old := w.tenant(t)
		fresh := w.client(old.tenant, w.token(t, old.tenant))
		id := old.created(t, "ines")
		fresh.do(t, get("/Users/"+id)).want(t, http.StatusOK)
		w.revoke(t, old.tenant, old.secret)
		old.do(t, get("/Users/"+id)).want(t, http.StatusUnauthorized)
		fresh.do(t, get("/Users/"+id)).want(t, http.StatusOK)
	})
}

// One answer for everybody who may not speak, so that nobody learns which tenants there are
// or how near a guess was; and nothing changes.
func TestWhoMayNotSpeakLearnsNothing(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, w *world) {
		c, other := w.tenant(t, "sage"), w.tenant(t)
		revoked := w.token(t, c.tenant)
		w.client(c.tenant, revoked).created(t, "ines")
		w.revoke(t, c.tenant, revoked)
		w.bell.all()
		before := w.snapshot(t)
		want := w.client("no-such-tenant", c.secret).do(t, post("/Users", user("bad"))).want(t, http.StatusUnauthorized)
		for name, values := range badTokens(c.secret, other.secret, revoked) {
			got := c.do(t, post("/Users", user("bad")).with(token, values...))
			got.header.Del("Date")
			want.header.Del("Date")
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("%s is told apart:\n%s", name, diff)
			}
		}
		for _, odd := range []call{
			post("/Users?access_token="+c.secret, user("bad")).with(token),
			post("/Users", user("bad")).with(token).with("Cookie", "Authorization="+c.secret),
			post("/Users", user("bad")).with(token).with("X-Authorization", "Bearer "+c.secret),
		} {
			c.do(t, odd).want(t, http.StatusUnauthorized)
		}
		if diff := cmp.Diff(before, w.snapshot(t)); diff != "" {
			t.Errorf("the store has changed:\n%s", diff)
		}
		if rings := w.bell.all(); len(rings) > 0 {
			t.Errorf("the bell rang: %v", rings)
		}
	})
}

func badTokens(secret, other, revoked string) map[string][]string {
	all := map[string][]string{
		"no token":                    {},
		"another tenant's token":      {"Bearer " + other},
		"a revoked token":             {"Bearer " + revoked},
		"a word":                      {"Bearer nope"},
		"an empty bearer":             {"Bearer "},
		"a bearer of blanks":          {"Bearer    "},
		"no bearer":                   {"Bearer"},
		"an empty header":             {""},
		"another scheme":              {"Basic " + secret},
		"two headers":                 {"Bearer " + secret, "Bearer " + secret},
		"two headers, one wrong":      {"Bearer " + secret, "Bearer nope"},
		"a token and more":            {"Bearer " + secret + "x"},
		"a token and a blank":         {"Bearer " + secret + " x"},
		"two blanks before a token":   {"Bearer  " + secret},
		"a token in upper case":       {"Bearer " + strings.ToUpper(secret)},
		"two tokens":                  {"Bearer " + secret + "," + secret},
		"sixty-four thousand letters": {"Bearer " + strings.Repeat("x", 64_000)},
	}
	for n := range secret {
		all[fmt.Sprintf("the first %d letters of a token", n)] = []string{"Bearer " + secret[:n]}
		all[fmt.Sprintf("a token without its first %d letters", n+1)] = []string{"Bearer " + secret[n+1:]}
		changed := []byte(secret)
		changed[n] ^= 1
		all[fmt.Sprintf("a token with letter %d changed", n)] = []string{"Bearer " + string(changed)}
	}
	return all
}
