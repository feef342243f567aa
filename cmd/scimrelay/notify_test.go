package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/notify/notifytest"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/telemetry"
)

// told is an installation whose one tenant tells a mail server and a webhook of this machine.
type told struct {
	config string
	mail   *notifytest.MailServer
	hook   *notifytest.Receiver
}

func newTold(t *testing.T) told {
	t.Helper()
	w := told{mail: notifytest.NewMailServer(t, "none", ""), hook: notifytest.NewReceiver(t)}
	dir := t.TempDir()
	w.config = filepath.Join(dir, "scimrelay.yaml")
	w.write(t, "scimrelay.yaml", fmt.Sprintf(`store: {url: "sqlite://%s"}
server: {listen: "127.0.0.1:0"}
notify:
  smtp: {host: 127.0.0.1, port: %d, tls: none, from: scimrelay@gateway.example}
  operator: {email: ops@gateway.example}
`, filepath.Join(dir, "data", "s.db"), w.mail.Port))
	w.write(t, "hook.key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	w.write(t, "any.key", "not-asked-for")
	w.write(t, "tenants/acme.yaml", fmt.Sprintf(`id: acme
name: Acme SAS
targets:
- id: sage
  product: sage
  base_url: http://127.0.0.1:1
  credentials: {public_key: "${file:../any.key}", private_key: "${file:../any.key}"}
  defaults: {role_id: 3, branch_id: 1, level: 1, id_prefix: 69, phone: "000000000"}
  notify: {email: it@acme.example, webhook: %q, secret: "${file:../hook.key}"}
`, w.hook.URL))
	return w
}

func (w told) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(w.config), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w told) run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e screen
	code = run(t.Context(), append(args, "--config", w.config), console{&o, &e})
	return code, o.String(), e.String()
}

func TestATestMessageGoesToEveryAddressAndIsReported(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	code, out, errs := w.run(t, "tenant", "notify", "acme", "--operator")
	for _, want := range []string{"sage: ok   e-mail to it@acme.example: the mail server 127.0.0.1 has taken message ",
		"sage: ok   webhook at http://127.0.0.1:", "operator: ok   e-mail to ops@gateway.example"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s%s", want, out, errs)
		}
	}
	letters, posts := w.mail.Letters(), w.hook.Posts()
	if code != exitFine || len(letters) != 2 || len(posts) != 1 || !strings.Contains(letters[0].Data, "is set up to tell you here") {
		t.Fatalf("exit %d, %+v, %+v", code, letters, posts)
	}
	if !posts[0].Genuine("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") || !strings.Contains(posts[0].Body, `"kind":"test"`) || strings.Contains(out, "/hook") {
		t.Errorf("%+v\n%s", posts[0], out)
	}
}

func TestATestThatDoesNotArriveSaysWhy(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	w.hook.Answer(http.StatusForbidden)
	w.mail.Refuse("RCPT", "550 no it@acme.example here")
	code, out, errs := w.run(t, "tenant", "notify", "acme", "--target", "sage")
	if code != exitFailed || !strings.Contains(errs, "not everything arrived") ||
		!strings.Contains(out, "sage: FAIL e-mail to it@acme.example: the mail server 127.0.0.1: the mail server refused the receiver's address (550)\n") ||
		!strings.Contains(out, ": the receiver answered 403\n") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := w.run(t, "tenant", "notify", "acme", "--target", "nosuch"); code != exitFailed || !strings.Contains(errs, `no target "nosuch"`) {
		t.Errorf("exit %d: %s", code, errs)
	}
	w.write(t, "scimrelay.yaml", fmt.Sprintf("store: {url: \"sqlite://%s\"}\n", filepath.Join(t.TempDir(), "s.db")))
	if code, out, _ := w.run(t, "tenant", "notify", "acme"); code != exitFailed || !strings.Contains(out, "sage: FAIL e-mail to it@acme.example: no mail server is configured\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, errs := w.run(t, "config", "check"); code != exitFine || !strings.Contains(errs, "acme.yaml:9:19: targets[0].notify.email: no e-mail is sent, for notify.smtp is not configured") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// A whole process: what was kept before it started arrives, and a webhook that was gone is sent
// to again once a test has arrived.
func TestAProcessSendsWhatWasKept(t *testing.T) {
	t.Parallel()
	w := newTold(t)
	w.hook.Answer(http.StatusGone)
	in, err := configFlag{Config: w.config}.load("")
	if err != nil {
		t.Fatal(err)
	}
	var errs screen
	log, err := telemetry.NewLogger(&errs, in.config.Log)
	if err != nil {
		t.Fatal(err)
	}
	tel, err := telemetry.Start(t.Context(), telemetry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tel.Shutdown(context.WithoutCancel(t.Context())) }()
	g, err := build(t.Context(), in, roleAll, log, tel)
	if err != nil {
		t.Fatal(err)
	}
	n := store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeEntered, Reason: "auth", Series: time.Now()}}
	if err := g.store.Notices.Tell(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.run(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil }) }()
	waitFor(t, "both letters and the call", func() bool { return len(w.mail.Letters()) == 2 && len(w.hook.Posts()) == 1 })
	waitFor(t, "the webhook is known to be gone", func() bool {
		found, err := g.store.Notices.Undelivered(t.Context(), "acme")
		return err == nil && len(found) == 1 && !found[0].Disabled.IsZero()
	})
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := w.run(t, "tenant", "notify", "acme"); !strings.Contains(out, "notices by webhook: 1 waiting, the receiver said on ") {
		t.Errorf("%s", out)
	}
	w.hook.Answer(http.StatusOK)
	if code, out, _ := w.run(t, "tenant", "notify", "acme", "--actor", "ana", "--reason", "it is back"); code != exitFine || !strings.Contains(out, "notices by webhook: 1 waiting\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	_, out, _ := w.run(t, "audit", "list", "--tenant", "acme", "--kind", "notice.outlet-enabled", "--json")
	if !strings.Contains(out, `"actor":"cli:ana"`) || !strings.Contains(out, `"detail":"webhook: it is back"`) || !strings.Contains(out, `"target":"sage"`) {
		t.Errorf("enabled by nobody: %s", out)
	}
	if got := errs.String(); strings.Contains(got, "it@acme.example") || strings.Contains(got, "/hook") {
		t.Errorf("an address is in the log: %s", got)
	}
}

// waitFor waits for what another goroutine brings about.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); !done(); {
		select {
		case <-deadline:
			t.Fatal("waited for: " + what)
		case <-tick.C:
		}
	}
}
