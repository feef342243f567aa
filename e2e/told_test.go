package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimrelay/internal/board"
	"scimrelay/notify/notifytest"
)

// A vendor refuses the credentials of a tenant. Its administrator reads so in a letter, with the
// reason and nobody's name, and hears of the recovery too.
func TestWhoHasToKnowOfAQuarantineIsTold(t *testing.T) {
	t.Parallel()
	check := board.Begin(t, "V25")
	v := startVendor(t)
	mail, hook := notifytest.NewMailServer(t, "none", ""), notifytest.NewReceiver(t)
	i := install(t, "", "inprocess", v)
	text, err := os.ReadFile(i.config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.config, string(text)+fmt.Sprintf("notify: {smtp: {host: %q, port: %d, tls: none, from: gateway@scim.example}}\n", mail.Host, mail.Port))
	file := filepath.Join(i.dir, "tenants", "t0.yaml")
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text)+fmt.Sprintf("    notify: {email: it@acme.example, webhook: %q}\n", hook.URL))
	c := i.client(t, "t0")
	p := i.serve(t)
	v.faults(t, `{"rate_limit":0,"keys_revoked":true}`)
	push(t, c, "somebody", 20, 4)
	eventually(t, 60*time.Second, "a letter has come", func() bool { return len(mail.Letters()) > 0 })
	letter := fmt.Sprint(mail.Letters()[0])
	if !strings.Contains(letter, "credentials") || strings.Contains(letter, "somebody") {
		t.Errorf("the letter says %s", letter)
	}
	eventually(t, 60*time.Second, "the webhook was called", func() bool { return len(hook.Posts()) > 0 })
	eventually(t, 20*time.Second, "the metric shows a target that rests", func() bool {
		return i.metric(t, `scimrelay_targets{reason="auth",state="quarantined"}`) == "1"
	})
	if !strings.Contains(p.tail(), `"msg":"target state changed","tenant":"t0","target":"sage","state":"quarantined"`) {
		t.Errorf("the log says nothing of it: %s", p.tail())
	}
	v.faults(t, `{"rate_limit":0}`)
	if out, errs, code := command(t, "tenant", "release", "t0", "--config", i.config, "--reason", "the key is good again"); code != 0 {
		t.Fatalf("release: %s %s", out, errs)
	}
	eventually(t, 90*time.Second, "everybody has an account", func() bool { return allActive(v.accounts(t), 20) })
	check.Work("letters and calls", len(mail.Letters())+len(hook.Posts()), 2)
}
