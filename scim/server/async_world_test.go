package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"scimrelay/quarantine"
	"scimrelay/scim/event"
	"scimrelay/store"
)

// later is the call of a client that wants to hear later how it ended.
func (c call) later() call { return c.with("Prefer", "respond-async") }

// promised sends the call and returns its transaction.
func (c *client) promised(tb testing.TB, in call) (txn string) {
	tb.Helper()
	return c.do(tb, in.later()).want(tb, http.StatusAccepted).header.Get("Set-Txn")
}

func poll(body string) call { return post("/../../events", body) }

// atOnce is a poll that waits for nothing.
const atOnce = `{"returnImmediately":true}`

// heard is an event as its receiver understands it.
type heard struct {
	id, token string
	claims    jwt.MapClaims
	header    map[string]any
}

// outcome is a member of the event's payload.
func (h heard) outcome(name string) any {
	events, _ := h.claims["events"].(map[string]any)
	payload, _ := events[event.AsyncResponse].(map[string]any)
	return payload[name]
}

// events polls and believes what is signed with the tenant's published key, in the order of
// their ids.
func (c *client) events(tb testing.TB, body string) []heard {
	tb.Helper()
	return c.read(tb, c.do(tb, poll(body)).want(tb, http.StatusOK))
}

func (c *client) read(tb testing.TB, a answer) (all []heard) {
	tb.Helper()
	sets, ok := a.value("sets").(map[string]any)
	if _, told := a.value("moreAvailable").(bool); !ok || !told {
		tb.Fatalf("no answer to a poll: %s", a.body)
	}
	for id, token := range sets {
		h, err := c.believe(tb, fmt.Sprint(token))
		if err != nil || h.claims["jti"] != id {
			tb.Fatalf("event %s: %v", token, err)
		}
		h.id = id
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b heard) int { return slices.Compare([]byte(a.id), []byte(b.id)) })
	return all
}

// believe verifies a token as somebody would who has nothing but the RFCs and the URL of the keys.
func (c *client) believe(tb testing.TB, token string) (heard, error) {
	tb.Helper()
	h := heard{token: token, claims: jwt.MapClaims{}}
	read, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"})).ParseWithClaims(token, h.claims, func(t *jwt.Token) (any, error) {
		return c.key(tb, t.Header["kid"])
	})
	if err == nil {
		h.header = read.Header
	}
	return h, err
}

func (c *client) key(tb testing.TB, id any) (*ecdsa.PublicKey, error) {
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	if err := json.Unmarshal([]byte(c.do(tb, get("/../../jwks.json").with(token)).want(tb, http.StatusOK).body), &set); err != nil {
		return nil, err
	}
	for _, k := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(k.X)
		y, errY := base64.RawURLEncoding.DecodeString(k.Y)
		if k.Kid == id && errX == nil && errY == nil {
			return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
		}
	}
	return nil, fmt.Errorf("no key %v", id)
}

// turn records what change makes of the target's due links, as its worker would.
func (w *world) turn(tb testing.TB, tenant, target string, change func(store.Link) store.Outcome) {
	tb.Helper()
	lease, _, err := w.store.Targets.Acquire(tb.Context(), tenant, target, "worker", time.Minute)
	if err != nil {
		tb.Fatal(err)
	}
	work, err := w.store.Links.Due(tb.Context(), tenant, target, 100)
	if err != nil || len(work) == 0 {
		tb.Fatalf("%d due links of %s: %v", len(work), target, err)
	}
	var outcomes []store.Outcome
	for _, k := range work {
		outcomes = append(outcomes, change(k.Link))
	}
	if err := w.store.Links.Record(tb.Context(), lease, outcomes, quarantine.State{}); err != nil {
		tb.Fatal(err)
	}
	if err := w.store.Targets.Release(tb.Context(), lease); err != nil {
		tb.Fatal(err)
	}
}

// applied is the outcome of a link that reached its vendor.
func applied(k store.Link) store.Outcome {
	k.Applied, k.VendorID, k.State, k.NextAt = k.Wanted, "vendor-"+k.Resource, "", time.Time{}
	return store.Outcome{Next: k, Linked: true, Kind: "link.applied"}
}

// gone is the outcome of a link whose resource is deleted at the vendor too.
func gone(k store.Link) store.Outcome {
	return store.Outcome{Next: k, Gone: true, Kind: "link.applied"}
}

// setAside is the outcome of a link that waits in the state with the fault.
func setAside(state, fault, detail string) func(store.Link) store.Outcome {
	return func(k store.Link) store.Outcome {
		k.State, k.Fault, k.Detail, k.NextAt = state, fault, detail, store.Never()
		return store.Outcome{Next: k, Kind: "link.failed"}
	}
}
