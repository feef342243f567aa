package server_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	meters "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"

	"scimrelay/scim/event"
	"scimrelay/scim/schema"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/tenants"
)

// world is the SCIM front with everything behind it: a store, tenants from files, tokens.
type world struct {
	server   *server.Server
	http     *httptest.Server
	store    *store.Store
	storeURL string
	registry *tenants.Registry
	bell     *bell
	hasher   tenants.Hasher
	checks   *invariants

	dir   string
	files sync.Mutex // held while they change
	log   *journal
	ahead atomic.Int64 // how far the authenticator's clock is ahead
	count atomic.Int64
}

// newWorld opens a world on a database. What a test replaces in the server it replaces by a
// function of it.
func newWorld(tb testing.TB, storeURL string, changes ...func(*server.Server)) *world {
	tb.Helper()
	w := newQuietWorld(tb, storeURL, changes...)
	w.start(tb)
	return w
}

// newQuietWorld is a world that listens to nobody yet.
func newQuietWorld(tb testing.TB, storeURL string, changes ...func(*server.Server)) *world {
	tb.Helper()
	w := &world{storeURL: storeURL, dir: tb.TempDir(), bell: &bell{}, log: &journal{}, checks: newInvariants()}
	var err error
	if w.store, err = store.Open(tb.Context(), storeURL, store.Options{Busy: time.Minute}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.store.Close() })
	if w.registry, err = tenants.Open(w.dir, nil); err != nil {
		tb.Fatal(err)
	}
	if w.hasher, err = tenants.NewHasher([]byte("0123456789abcdef0123456789abcdef")); err != nil {
		tb.Fatal(err)
	}
	schemas, err := schema.Load()
	if err != nil {
		tb.Fatal(err)
	}
	key, err := event.NewKey()
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := event.NewSigner(key)
	if err != nil {
		tb.Fatal(err)
	}
	w.http = httptest.NewUnstartedServer(nil)
	w.server = &server.Server{
		Auth:    &tenants.Authenticator{Tenants: w.registry, Tokens: w.store.Tokens, Hasher: w.hasher, Now: w.now},
		Tenants: w.registry, Bell: w.bell, Directory: w.store.Directory, Finder: w.store.Directory, Groups: w.store.Directory, Links: w.store.Links, Schemas: schemas,
		PublicURL: "http://" + w.http.Listener.Addr().String(), Limits: server.DefaultLimits(), NewID: newID, Now: w.now,
		CursorKey:    []byte("0123456789abcdef0123456789abcdef"),
		Transactions: w.store.Transactions, Signer: signer, NewTxn: rand.Text,
		Log:    slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Tracer: traces.NewTracerProvider().Tracer(""), Meter: meters.NewMeterProvider().Meter(""),
	}
	// One client of a test asks more than an identity provider does; what slows them down has tests of its own.
	w.server.Limits.Rate, w.server.Limits.Source, w.server.Limits.Key = server.Rate{}, server.Rate{}, server.Rate{}
	for _, change := range changes {
		change(w.server)
	}
	return w
}

func (w *world) start(tb testing.TB) {
	tb.Helper()
	handler, err := w.server.Handler()
	if err != nil {
		tb.Fatal(err)
	}
	w.http.Config.Handler = handler
	w.http.Start()
	tb.Cleanup(w.http.Close)
	tb.Cleanup(func() { w.log.check(tb) })
}

func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// now is the authenticator's clock, which a test may put forward instead of waiting.
func (w *world) now() time.Time { return w.store.Now().Add(time.Duration(w.ahead.Load())) }

func (w *world) advance(d time.Duration) { w.ahead.Add(int64(d)) }

// tenant makes a new tenant with a file, a token and the targets.
func (w *world) tenant(tb testing.TB, targets ...string) *client {
	tb.Helper()
	return w.tenantOf(tb, "", targets...)
}

// tenantOf makes a new tenant whose file says more.
func (w *world) tenantOf(tb testing.TB, settings string, targets ...string) *client {
	tb.Helper()
	id := fmt.Sprintf("tenant-%d", w.count.Add(1))
	w.write(tb, id, settings, targets...)
	if strings.Contains(settings, "strict") || strings.Contains(settings, "etags: false") {
		w.checks.untag(id)
	}
	return w.client(id, w.token(tb, id))
}

func (w *world) write(tb testing.TB, id, settings string, targets ...string) {
	tb.Helper()
	w.files.Lock()
	defer w.files.Unlock()
	text := "id: " + id + "\nname: Tenant\n" + settings
	if len(targets) > 0 {
		text += "targets:\n"
	}
	for _, target := range targets {
		text += "  - {id: " + target + ", product: anything}\n"
	}
	file := filepath.Join(w.dir, id+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	if _, faults := w.registry.Reload(); faults.Err() != nil {
		_ = os.Remove(file) // or nobody else's tenant loads
		tb.Fatal(faults)
	}
}

// client speaks to the tenant with the secret through a transport that checks every answer.
func (w *world) client(tenant, secret string) *client {
	return &client{
		tenant: tenant, secret: secret, base: w.server.PublicURL + server.Prefix + tenant + "/scim/v2",
		http: &http.Client{
			Transport:     w.checks.around(w.http.Client().Transport),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// token issues a token of the tenant.
func (w *world) token(tb testing.TB, tenant string) (secret string) {
	tb.Helper()
	token, secret, err := w.hasher.Issue(rand.Reader, tenant, w.store.Now())
	if err != nil {
		tb.Fatal(err)
	}
	w.change(tb, tenant, token.KeyID, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
		return set.Create(token, now)
	})
	w.log.never(secret)
	return secret
}

// revoke ends a token at once.
func (w *world) revoke(tb testing.TB, tenant, secret string) {
	tb.Helper()
	keyID, _ := tenants.ParseToken(secret)
	w.change(tb, tenant, keyID, func(set tenants.TokenSet, now time.Time) (tenants.TokenSet, error) {
		return set.Delete(keyID, now)
	})
	w.advance(time.Second)
}

func (w *world) change(tb testing.TB, tenant, keyID string, apply func(tenants.TokenSet, time.Time) (tenants.TokenSet, error)) {
	tb.Helper()
	err := w.store.Tokens.Change(tb.Context(), store.TokenChange{Tenant: tenant, Actor: "test", Kind: "token.changed",
		KeyID: keyID, Apply: apply})
	if err != nil {
		tb.Fatal(err)
	}
}
