package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	meters "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/errgroup"

	"scimrelay/quarantine"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim/schema"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/store/storetest"
	"scimrelay/tenants"
)

// house is a store that processes come and go over, in a bubble where time costs nothing.
type house struct {
	tb      testing.TB
	store   *store.Store
	hasher  tenants.Hasher
	schemas *schema.Set
	tenants int
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	h := &house{tb: tb}
	var err error
	if h.store, err = store.Open(tb.Context(), storetest.Fresh(tb, inMemory(tb)), store.Options{}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			tb.Error(err)
		}
	})
	if h.hasher, err = tenants.NewHasher([]byte("0123456789abcdef0123456789abcdef")); err != nil {
		tb.Fatal(err)
	}
	if h.schemas, err = schema.Load(); err != nil {
		tb.Fatal(err)
	}
	return h
}

// company is one tenant of the house with a vendor of its own and the processes that serve it. What
// they call goes through fate.
type company struct {
	*house
	id     string
	tenant *tenants.Tenant
	token  string
	vendor *archive
	fate   *fate
	now    []*residents // the processes that run
	asked  int          // requests go to one after the other
	echo   *echoes      // rings again and again, nil where they come once
}

const companyTarget = "vendor"

func (h *house) company() *company {
	h.tb.Helper()
	h.tenants++
	c := &company{house: h, id: fmt.Sprintf("c%d", h.tenants), fate: newFate()}
	c.vendor = newArchive("@" + c.id + ".")
	text := fmt.Sprintf("id: %s\nname: Company\ntargets:\n  - {id: %s, product: archive}\n", c.id, companyTarget)
	tenant, faults := tenants.Parse(c.id+".yaml", []byte(text))
	if faults.Err() != nil {
		h.tb.Fatal(faults)
	}
	c.tenant = &tenant
	token, secret, err := h.hasher.Issue(rand.Reader, c.id, h.store.Now())
	if err == nil {
		err = h.store.Tokens.Change(h.tb.Context(), store.TokenChange{Tenant: c.id, Actor: "test", Kind: "token.created", KeyID: token.KeyID,
			Apply: func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) { return set.Create(token, now) }})
	}
	if err != nil {
		h.tb.Fatal(err)
	}
	c.token = secret
	return c
}

// Tenant implements tenants.Directory.
func (c *company) Tenant(id string) (*tenants.Tenant, bool) { return c.tenant, id == c.id }

// residents are the parts of one process, working.
type residents struct {
	*life
	handler http.Handler
	bell    *queue.Bell
	turns   *queue.Turns
	session *relay.Session
	all     errgroup.Group
	stop    func()
}

// Open implements queue.Sessions.
func (r *residents) Open(_, target string) (*relay.Session, bool, error) {
	return r.session, target == companyTarget, nil
}

// start starts so many processes that serve the company side by side.
func (c *company) start(processes int) {
	c.tb.Helper()
	for range processes {
		c.now = append(c.now, c.process())
	}
}

// process puts a process together that serves the company until it dies or is stopped.
func (c *company) process() *residents {
	c.tb.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &residents{life: &life{fate: c.fate, end: stop}, stop: stop}
	log := slog.New(slog.DiscardHandler)
	engine, err := relay.New(relayLinks{c.store.Links, r.life}, quarantine.Default(), log,
		traces.NewTracerProvider().Tracer(""), meters.NewMeterProvider().Meter(""))
	if err != nil {
		c.tb.Fatal(err)
	}
	engine.Now, engine.Jitter = c.store.Now, func() float64 { return 0.5 }
	r.session = relaytest.NewSession(c.tb, engine, c.id, companyTarget, office{c.vendor, r.life})
	r.session.Settle, r.session.Target.OnDelete, r.session.Capabilities.Delete = time.Second, "delete", true
	r.session.Target.Guard = tenants.Guard{Off: true} // half of a company of two may go
	var rings queue.Transport = queue.NewInProcess()
	if c.echo != nil {
		c.echo.Transport = rings
		rings = c.echo
	}
	transport := line{rings, r.life}
	r.bell = queue.NewBell(transport, statuses{c.store.Targets, r.life}, c.store.Now, log)
	r.turns = &queue.Turns{Sessions: r, Leases: leases{c.store.Targets, r.life}, Links: turnLinks{c.store.Links, r.life}, Bell: r.bell,
		Hosts: ward{c.store.Targets, r.life}, Transport: transport, Owner: uuid.NewString(), Limit: 4, Now: c.store.Now, Log: log}
	sweeper := &queue.Sweeper{Links: swept{c.store.Links, r.life}, Keeper: keeper{c.store.Targets, r.life}, Ward: ward{c.store.Targets, r.life}, Bell: r.bell, Every: time.Second, Log: log,
		Targets: func() map[queue.Key]string {
			return map[queue.Key]string{{Tenant: c.id, Target: companyTarget}: "settings"}
		}}
	r.handler = c.front(r.life, r.bell)
	r.all.Go(func() error { return r.bell.Run(ctx) })
	r.all.Go(func() error { return r.turns.Run(ctx) })
	r.all.Go(func() error { return sweeper.Run(ctx) })
	return r
}

// front is the process's SCIM server.
func (c *company) front(l *life, bell server.Doorbell) http.Handler {
	c.tb.Helper()
	limits := server.DefaultLimits()
	limits.Rate = server.Rate{} // the identity provider here is in a hurry
	s := &server.Server{
		Auth:    &tenants.Authenticator{Tenants: c, Tokens: tokens{c.store.Tokens, l}, Hasher: c.hasher, Now: c.store.Now},
		Tenants: c, Bell: bell, Directory: directory{c.store.Directory, l}, Finder: finder{c.store.Directory, l},
		Groups: rosters{c.store.Directory, l}, Schemas: c.schemas, PublicURL: "https://scim.test", Limits: limits,
		NewID: func() (string, error) { id, err := uuid.NewV7(); return id.String(), err }, Now: c.store.Now,
		CursorKey: []byte("0123456789abcdef0123456789abcdef"), Log: slog.New(slog.DiscardHandler),
		Tracer: traces.NewTracerProvider().Tracer(""), Meter: meters.NewMeterProvider().Meter(""),
	}
	handler, err := s.Handler()
	if err != nil {
		c.tb.Fatal(err)
	}
	return handler
}

// end stops the processes and waits until nothing of them runs.
func (c *company) end() {
	c.tb.Helper()
	for _, r := range c.now {
		c.bury(r)
	}
	c.now = nil
}

func (c *company) bury(r *residents) {
	c.tb.Helper()
	r.stop()
	if err := r.all.Wait(); err != nil && !r.dead.Load() {
		c.tb.Error(err)
	}
}

// revive starts another process in the place of each that has died.
func (c *company) revive() {
	c.tb.Helper()
	for i, r := range c.now {
		if r.dead.Load() {
			c.bury(r)
			c.now[i] = c.process()
		}
	}
}

// kill is kill -9 of one process: nothing that was under way has an effect any more.
func (c *company) kill(which int) {
	c.now[which%len(c.now)].die()
	c.revive()
}

// ask sends one request to a process. A status of 0 means that no answer came.
func (c *company) ask(method, path, body string) (status int, answer map[string]any) {
	c.asked++
	front := c.now[c.asked%len(c.now)]
	r := httptest.NewRequest(method, "/t/"+c.id+"/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	recorder := &httptest.ResponseRecorder{Body: new(bytes.Buffer)}
	func() {
		defer func() { _ = recover() }() // an answer that broke off
		front.handler.ServeHTTP(recorder, r)
	}()
	if front.dead.Load() {
		return 0, nil
	}
	_ = json.Unmarshal(recorder.Body.Bytes(), &answer)
	return recorder.Code, answer
}
