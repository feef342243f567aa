package notify_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors/webhook"
	"scimrelay/internal/services"
	"scimrelay/notify"
	"scimrelay/notify/notifytest"
	"scimrelay/notify/smtp"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/store/storetest"
	"scimrelay/tenants"
)

var databases services.Databases

func TestMain(m *testing.M) { os.Exit(services.Main(m, &databases)) }

const (
	secret    = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// directory holds tenants as their files say now.
type directory struct {
	mu  sync.Mutex
	all map[string]*tenants.Tenant
}

func (d *directory) Tenant(id string) (*tenants.Tenant, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.all[id]
	return t, ok
}

// put sets who is told of a tenant's targets.
func (d *directory) put(id, name string, targets map[string]tenants.Notify) {
	t := &tenants.Tenant{ID: id, Name: name}
	for target, told := range targets {
		t.Targets = append(t.Targets, tenants.Target{Tenant: id, ID: target, Product: "sage", Notify: told})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[id] = t
}

// world is a store, a mail server and a webhook, in a time of its own.
type world struct {
	t     *testing.T
	url   string
	store *store.Store
	mail  *notifytest.MailServer
	hook  *notifytest.Receiver
	dir   *directory
	loop  *notify.Loop
	log   *lockedBuffer

	mu    sync.Mutex
	ahead time.Duration
	from  time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t *testing.T) *world {
	return newWorldOn(t, storetest.Fresh(t, t.TempDir()))
}

func newWorldOn(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, mail: notifytest.NewMailServer(t, "starttls", "relay\x00hunter2"), hook: notifytest.NewReceiver(t),
		dir: &directory{all: map[string]*tenants.Tenant{}}, log: new(lockedBuffer), from: time.Date(2026, 11, 26, 3, 5, 0, 0, time.UTC)}
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": w.both()})
	w.open()
	return w
}

// both is an address on each channel.
func (w *world) both() tenants.Notify {
	return tenants.Notify{Email: "it@acme.example", Webhook: w.hook.URL, Secret: configs.NewSecret(secret), PreviousSecret: configs.NewSecret(oldSecret)}
}

// now stands still until forward is called.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.from.Add(w.ahead)
}

func (w *world) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

// open starts a process on the database; the one before it is closed.
func (w *world) open() {
	w.t.Helper()
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	s, err := store.Open(w.t.Context(), w.url, store.Options{Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = s
	w.t.Cleanup(func() { _ = s.Close() })
	w.loop = w.process(s)
}

// process is a loop on a store.
func (w *world) process(s *store.Store) *notify.Loop {
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return &notify.Loop{Ledger: s.Notices, Routes: notify.Routes{Tenants: w.dir, Mail: true}, Now: s.Now, Jitter: func() float64 { return 0.5 },
		Every: time.Second, Log: log, Sender: notify.Sender{
			Composer: notify.Composer{Tenants: w.dir, Link: "https://scim.example.com"},
			Poster:   webhook.Caller{Now: s.Now, Log: log},
			Mailer: smtp.Sender{TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: w.mail.Roots},
				Config: configs.SMTP{Host: w.mail.Host, Port: w.mail.Port, TLS: "starttls", Username: "relay", Password: configs.NewSecret("hunter2"), From: "scimrelay@gateway.example"}},
		}}
}

// tell keeps a notice, whose series began five minutes ago.
func (w *world) tell(tenant, target string, kind quarantine.NoticeKind, reason string) {
	w.t.Helper()
	n := store.Notice{Tenant: tenant, Target: target, Notice: quarantine.Notice{Kind: kind, Reason: reason,
		Series: w.from.Add(-5 * time.Minute), Detail: "2 refusals, 6 s apart"}}
	if err := w.store.Notices.Tell(w.t.Context(), n); err != nil {
		w.t.Fatal(err)
	}
}

// round looks once.
func (w *world) round() {
	w.t.Helper()
	if _, err := w.loop.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// arrived checks how many letters and well-answered or refused calls there are.
func (w *world) arrived(letters, posts int) {
	w.t.Helper()
	if l, p := w.mail.Letters(), w.hook.Posts(); len(l) != letters || len(p) != posts {
		w.t.Fatalf("%d letters and %d calls, want %d and %d\n%+v\n%+v\n%s", len(l), len(p), letters, posts, l, p, w.log)
	}
}

// document is what a webhook was sent.
type document struct {
	Type string
	Data struct {
		ID, Tenant string
		Notices    []struct{ Kind, Tenant, Target, Reason, Summary string }
	}
}

func read(t *testing.T, p notifytest.Post) (d document) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &d); err != nil {
		t.Fatalf("%s: %v", p.Body, err)
	}
	return d
}

// header is a header of a letter as a reader sees it.
func header(l notifytest.Letter, name string) string {
	message, err := mail.ReadMessage(strings.NewReader(l.Data))
	if err != nil {
		return err.Error()
	}
	value, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get(name))
	if err != nil {
		return err.Error()
	}
	return value
}

// text is the body of a letter as a reader sees it.
func text(l notifytest.Letter) string {
	message, err := mail.ReadMessage(strings.NewReader(l.Data))
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(body), "\r\n", "\n")
}

func logTo(l *lockedBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
