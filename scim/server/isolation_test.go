package server_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"scimrelay/scim"
)

// shelf is the ids that each tenant made, for the other to try.
type shelf struct {
	mu  sync.Mutex
	ids map[string][]string
}

func (s *shelf) put(tenant, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[tenant] = append(s.ids[tenant], id)
}

func (s *shelf) any(tenant string, r *rand.Rand) (id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids[tenant]) == 0 {
		return "", false
	}
	return s.ids[tenant][r.IntN(len(s.ids[tenant]))], true
}

// Two tenants at once, each with the same names and its own canary in every value. Whatever
// one of them is shown or leaves behind is its own.
func TestTenantsUnderLoadStayApart(t *testing.T) {
	const clients, requests = 32, 12
	proves(t, "INV-10")
	onEachStore(t, func(t *testing.T, w *world) {
		one, two := w.tenant(t, "sage", "dastra"), w.tenant(t, "sage")
		ids := &shelf{ids: map[string][]string{}}
		for _, c := range []*client{one, two} {
			w.checks.plant(canary(c.tenant), c.tenant)
		}
		together(2*clients, func(i int) {
			l := &load{client: one, other: two.tenant, ids: ids, number: i / 2, rand: rand.New(rand.NewPCG(1, uint64(i)))}
			if i%2 == 1 {
				l.client, l.other = two, one.tenant
			}
			for range requests {
				l.step(t)
			}
		})
		w.apart(t, one, two.tenant, ids, "sage", "dastra")
		w.apart(t, two, one.tenant, ids, "sage")
	})
}

func canary(tenant string) string { return "canary-" + tenant }

// load is one of many clients of a tenant. It deletes nothing that others may be reading.
type load struct {
	*client
	other  string
	ids    *shelf
	number int
	made   int
	rand   *rand.Rand
}

func (l *load) body(name string) string {
	c := canary(l.tenant)
	return fmt.Sprintf(`{"schemas":[%q],"userName":%q,"externalId":%q,"displayName":%q,"emails":[{"type":"work","value":%q}]}`,
		scim.SchemaUser, name, name, c, "mail@"+c)
}

// step is one request, chosen by chance.
func (l *load) step(t *testing.T) {
	own, some := l.ids.any(l.tenant, l.rand)
	foreign, others := l.ids.any(l.other, l.rand)
	switch n := l.rand.IntN(10); {
	case n < 4 || !some:
		l.made++
		name := fmt.Sprintf("user-%d-%d", l.number, l.made)
		if got := l.ask(t, post("/Users", l.body(name)), http.StatusCreated); got.text("displayName") == canary(l.tenant) {
			l.ids.put(l.tenant, got.text("id"))
		} else {
			t.Errorf("created %s", got.body)
		}
	case n < 6:
		l.ask(t, patch("/Users/"+own, operations(fmt.Sprintf(`{"op":"replace","path":"title","value":"%s %d"}`, canary(l.tenant), l.rand.IntN(1000)))), 200)
	case n < 7:
		l.ask(t, get("/Users/"+own), http.StatusOK)
	case n < 8:
		l.ask(t, get(fmt.Sprintf(`/Users?filter=externalId eq "user-%d-%d"`, l.rand.IntN(32), l.rand.IntN(5))), http.StatusOK)
		l.ask(t, get(`/Users?count=5&filter=displayName co "canary"`), http.StatusOK)
	case others:
		l.ask(t, get("/Users/"+foreign), http.StatusNotFound)
		l.ask(t, put("/Users/"+foreign, l.body("stolen")), http.StatusNotFound)
		l.ask(t, patch("/Users/"+foreign, operations(`{"op":"replace","path":"active","value":false}`)), http.StatusNotFound)
		l.ask(t, remove("/Users/"+foreign), http.StatusNotFound)
	}
}

func (l *load) ask(t *testing.T, in call, status int) answer {
	got, err := l.send(t, in)
	if err != nil || got.status != status {
		t.Errorf("%s %s: %v, %d, want %d: %s", in.method, in.target, err, got.status, status, got.body)
	}
	return got
}

// apart asks the store whether everything of the tenant is its own, and all of it there.
func (w *world) apart(t *testing.T, c *client, other string, ids *shelf, targets ...string) {
	t.Helper()
	own := map[string]bool{}
	for _, id := range ids.ids[c.tenant] {
		own[id] = true
	}
	resources, err := w.store.Directory.After(t.Context(), c.tenant, scim.TypeUser, "", 1<<20)
	if err != nil || len(resources) != len(own) || len(own) == 0 {
		t.Errorf("%s has %d resources of %d, %v", c.tenant, len(resources), len(own), err)
	}
	for _, r := range resources {
		if !own[r.ID] || !strings.Contains(string(r.Body), canary(c.tenant)) || strings.Contains(string(r.Body), canary(other)) {
			t.Errorf("%s has %s: %s", c.tenant, r.ID, r.Body)
		}
	}
	for _, target := range targets {
		links, err := w.store.Links.Waiting(t.Context(), c.tenant, target, 1<<20)
		if err != nil || len(links) != len(own) {
			t.Errorf("%s has %d links at %s, %v", c.tenant, len(links), target, err)
		}
		for _, l := range links {
			if !own[l.Resource] || l.Tenant != c.tenant {
				t.Errorf("%s has a link of %s to %s", c.tenant, l.Tenant, l.Resource)
			}
		}
	}
	events, err := w.store.Events.Latest(t.Context(), c.tenant, 1<<20)
	if err != nil || len(events) < len(own) {
		t.Errorf("%d events, %v", len(events), err)
	}
	keyID, _, _ := strings.Cut(strings.TrimPrefix(c.secret, "scr_"), "_")
	for _, e := range events {
		if e.Resource != "" && (!own[e.Resource] || e.Actor != "token:"+keyID) {
			t.Errorf("%s has the event %+v", c.tenant, e)
		}
	}
}
