package smtp_test

import (
	"context"
	"crypto/tls"
	"net/mail"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"scimrelay/configs"
	"scimrelay/notify"
	"scimrelay/notify/notifytest"
	"scimrelay/notify/smtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const login = "relay\x00hunter2"

func sender(s *notifytest.MailServer, security, user, password string) smtp.Sender {
	c := configs.SMTP{Host: s.Host, Port: s.Port, TLS: security, From: "scimrelay@gateway.example", Username: user, Password: configs.NewSecret(password)}
	return smtp.Sender{Config: c, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.Roots}}
}

func letter() notify.Mail {
	return notify.Mail{ID: "0193-m1", To: "it@acme.example", Subject: "[scimrelay] Société: sage rests", Text: "First line\n.\n..dots\n",
		At: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)}
}

func TestAMessageArrivesByEachKindOfConnection(t *testing.T) {
	t.Parallel()
	for _, security := range []string{"starttls", "tls", "none"} {
		for _, user := range []string{"relay", ""} {
			with := ""
			if user != "" {
				with = login
			}
			server := notifytest.NewMailServer(t, security, with)
			password := strings.TrimPrefix(with, "relay\x00")
			if err := sender(server, security, user, password).Mail(t.Context(), letter()); err != nil {
				t.Errorf("%s %s: %v", security, user, err)
				continue
			}
			got := server.Letters()
			if len(got) != 1 || got[0].TLS != (security != "none") || got[0].User != user || got[0].From != "scimrelay@gateway.example" || got[0].To != "it@acme.example" {
				t.Errorf("%s %s: %+v", security, user, got)
			}
		}
	}
}

func TestTheLetterSaysWhatItIs(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, "none", "")
	if err := sender(server, "none", "", "").Mail(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(strings.NewReader(server.Letters()[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Message-ID": "<0193-m1@gateway.example>", "Auto-Submitted": "auto-generated", "To": "<it@acme.example>",
		"From": "<scimrelay@gateway.example>", "Date": "Thu, 26 Nov 2026 03:00:00 +0000", "Content-Type": "text/plain; charset=UTF-8", "User-Agent": ""} {
		if got := read.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if body := server.Letters()[0].Data; !strings.HasSuffix(body, "First line\r\n.\r\n..dots\r\n") {
		t.Errorf("%s", body)
	}
}

func TestWhatGoesWrongIsSaidInPlainWordsAndNamesNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ command, reply, want string }{
		"an unknown receiver":     {"RCPT", "550 5.1.1 it@acme.example: no such canary", "the mail server refused the receiver's address (550)"},
		"a sender it dislikes":    {"MAIL", "553 canary", "the mail server refused the sender's address (553)"},
		"greylisting":             {"RCPT", "451 later, canary", "the mail server refused the receiver's address (451)"},
		"a message it dislikes":   {".", "554 canary", "the mail server refused the message (554)"},
		"no data":                 {"DATA", "452 full of canary", "the mail server refused the message (452)"},
		"a hang-up":               {"RCPT", "-", "the conversation with the mail server broke while the receiver's address was handed over"},
		"a login it will not":     {"AUTH", "454 4.7.0 canary", "the mail server answered 454 before the message was handed over"},
		"no encryption after all": {"STARTTLS", "454 canary", "the mail server answered 454 before the message was handed over"},
	} {
		server := notifytest.NewMailServer(t, "starttls", login)
		server.Refuse(c.command, c.reply)
		err := sender(server, "starttls", "relay", "hunter2").Mail(t.Context(), letter())
		if err == nil || err.Error() != c.want || len(server.Letters()) != 0 {
			t.Errorf("%s: %v, %+v", name, err, server.Letters())
		}
	}
}

func TestNothingIsSentToAServerThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	plain, secure := notifytest.NewMailServer(t, "none", ""), notifytest.NewMailServer(t, "starttls", login)
	strange := sender(secure, "starttls", "relay", "hunter2")
	strange.TLS = nil
	away := sender(secure, "starttls", "", "")
	away.Config.Port = 1
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no STARTTLS":       {sender(plain, "starttls", "", "").Mail(t.Context(), letter()), "the mail server does not offer STARTTLS"},
		"a foreign name":    {strange.Mail(t.Context(), letter()), "the mail server's certificate is not good for its name"},
		"a wrong password":  {sender(secure, "starttls", "relay", "canary").Mail(t.Context(), letter()), "the mail server refuses the user name or password (535)"},
		"no login offered":  {sender(plain, "none", "relay", "hunter2").Mail(t.Context(), letter()), "the mail server offers no way to log in that could be used"},
		"nobody there":      {away.Mail(t.Context(), letter()), "the mail server cannot be reached"},
		"a caller who left": {sender(plain, "none", "", "").Mail(ended, letter()), "the mail server cannot be reached"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if len(plain.Letters())+len(secure.Letters()) != 0 {
		t.Error("something was sent")
	}
}

// The server has the message once it has said so: to send it again would double it.
func TestTroubleWhilePartingIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"RSET", "QUIT"} {
		server := notifytest.NewMailServer(t, "none", "")
		server.Refuse(command, "-")
		if err := sender(server, "none", "", "").Mail(t.Context(), letter()); err != nil || len(server.Letters()) != 1 {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestNoHeaderIsInjected(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, "none", "")
	for _, change := range []func(*notify.Mail){
		func(m *notify.Mail) { m.To = "it@acme.example\r\nBcc: all@acme.example" },
		func(m *notify.Mail) { m.To = "it@acme.example>\r\nRCPT TO:<all@acme.example" },
		func(m *notify.Mail) { m.Subject = "x\r\nBcc: all@acme.example" },
		func(m *notify.Mail) { m.ID = "x\nBcc: all@acme.example" },
	} {
		m := letter()
		change(&m)
		if err := sender(server, "none", "", "").Mail(t.Context(), m); err == nil {
			t.Errorf("%+v was sent", m)
		}
	}
	if len(server.Letters()) != 0 {
		t.Errorf("%+v", server.Letters())
	}
}
