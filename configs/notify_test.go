package configs_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
)

func TestNotifyIsReadWithItsPortAndSecrets(t *testing.T) {
	t.Setenv("NOTIFY_PASSWORD", "hunter2")
	t.Setenv("NOTIFY_SECRET", "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)))
	for tls, port := range map[string]int{"starttls": 587, "tls": 465, "none": 25} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		text := `notify:
  smtp: {host: localhost, username: relay, password: "${env:NOTIFY_PASSWORD}", tls: ` + tls + `, from: relay@example.com}
  operator: {email: ops@example.com, webhook: "https://alerts.example.com/x?room=1", secret: "${env:NOTIFY_SECRET}"}
`
		write(t, path, text)
		c, err := configs.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if s := c.Notify.SMTP; !s.On() || s.Port != port || s.Password.Reveal() != "hunter2" || c.Notify.Operator.Email != "ops@example.com" {
			t.Errorf("%+v", c.Notify)
		}
	}
}

func TestNotifyReportsEverythingAtOnce(t *testing.T) {
	t.Setenv("NOTIFY_PASSWORD", "hunter2")
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, `notify:
  smtp: {host: "mail example", port: 70000, username: relay, tls: maybe, from: "relay@example.com\r\nBcc: all@example.com"}
  operator: {email: "Ops <ops@example.com>", webhook: "http://alerts.example.com", secret: "${env:NOTIFY_PASSWORD}"}
`)
	_, err := configs.Load(path)
	want := []string{
		`2:16: notify.smtp.host: want the name of a mail server`,
		`2:38: notify.smtp.port: want a port from 1 to 65535`,
		`2:55: notify.smtp.username: want user name and password, or neither`,
		`2:67: notify.smtp.tls: want one of starttls, tls, none`,
		`2:80: notify.smtp.from: want one mail address, as in it@acme.example`,
		`3:21: notify.operator.email: want one mail address, as in it@acme.example`,
		`3:55: notify.operator.webhook: want https; http is only for localhost and private addresses`,
		`3:92: notify.operator.secret: want whsec_ and the base64 of 24 to 64 random bytes`,
	}
	got := strings.Split(strings.ReplaceAll(err.Error(), path+":", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" || strings.Contains(err.Error(), "hunter2") {
		t.Fatal(diff)
	}
}

// TestTheOperatorsWebhookIsHeldToWhatATenantsIs: a secret signs something, and what nothing signs is
// warned of.
func TestTheOperatorsWebhookIsHeldToWhatATenantsIs(t *testing.T) {
	t.Setenv("NOTIFY_SECRET", "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)))
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, "notify:\n  operator: {secret: \"${env:NOTIFY_SECRET}\"}\n")
	if _, err := configs.Load(path); err == nil || !strings.HasSuffix(err.Error(), "c.yaml:2:22: notify.operator.secret: signs what goes to a webhook, and there is none") {
		t.Error(err)
	}
	const unsigned = "2:23: notify.operator.webhook: without notify.operator.secret nothing is signed, and the receiver cannot tell who calls"
	const inside = "2:23: notify.operator.webhook: 10.0.0.7 is inside, where no call may go: set outbound.private: true"
	for text, want := range map[string][]string{
		"notify:\n  operator: {webhook: \"https://alerts.example.com\"}\n":                                                     {unsigned},
		"notify:\n  operator: {webhook: \"http://10.0.0.7/x\"}\nserver: {public_url: \"https://scim.example.com\"}\n":          {unsigned, inside},
		"notify:\n  operator: {webhook: \"http://10.0.0.7/x\", secret: \"${env:NOTIFY_SECRET}\"}\noutbound: {private: true}\n": nil,
		"notify: {}\n": nil,
	} {
		write(t, path, text)
		c, err := configs.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.ReplaceAll(c.Warnings.Error(), path+":", ""); len(c.Warnings) != len(want) || told != strings.Join(want, "\n") {
			t.Errorf("%s warns of %q, want %q", text, told, want)
		}
	}
}

func TestNotifyFaultsOfWhatDoesNotGoTogether(t *testing.T) {
	t.Setenv("NOTIFY_PASSWORD", "hunter2")
	for text, want := range map[string]string{
		`smtp: {from: a@b.example}`: "notify.smtp.host: want the name of a mail server",
		`smtp: {host: h}`:           "notify.smtp.from: want the sender's address",
		`smtp: {host: h, from: a@b.example, username: u, tls: none, password: "${env:NOTIFY_PASSWORD}"}`: "notify.smtp.tls: would send the password in clear",
		`operator: {email: a@b.example}`: "notify.operator.email: needs notify.smtp to be sent",
	} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		write(t, path, "notify: {"+text+"}\n")
		if _, err := configs.Load(path); err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNoAddressCanAddAHeaderOrAReceiver(t *testing.T) {
	t.Parallel()
	for _, fine := range []string{"", "it@acme.example", "o'neil+scim@mail.acme.example"} {
		if problem := configs.MailProblem(fine); problem != "" {
			t.Errorf("%q: %s", fine, problem)
		}
	}
	for _, bad := range []string{"a@b.example\r\nBcc: c@d.example", "a@b.example\n", "a@b.example, c@d.example", "A <a@b.example>",
		`"a b"@c.example`, "\"a\r\nBcc: x\"@c.example", "a@b.example\u202e", "a", "@", "a@b@c", strings.Repeat("a", 250) + "@b.example"} {
		if configs.MailProblem(bad) == "" {
			t.Errorf("%q passes", bad)
		}
	}
	for _, bad := range []string{"/x", "https://", "ftp://x", "https://u:p@x/", "https://x/#y", "http://x.example/", "https://x/../y", "https://x/?a;b", "https://x/\r\nHost: y"} {
		if configs.WebhookProblem(bad) == "" {
			t.Errorf("%q passes", bad)
		}
	}
	for _, fine := range []string{"https://x.example/a/b?c=d", "http://127.0.0.1:9/x", "http://localhost/", "http://10.0.0.1"} {
		if problem := configs.WebhookProblem(fine); problem != "" {
			t.Errorf("%q: %s", fine, problem)
		}
	}
}
