package notify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"scimrelay/notify"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

// example is the message that docs/notifications.md shows.
func example(channel store.Channel) (notify.Composer, store.Delivery) {
	dir := &directory{all: map[string]*tenants.Tenant{}}
	dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": {}})
	at := time.Date(2026, 11, 26, 3, 5, 0, 0, time.UTC)
	return notify.Composer{Tenants: dir, Link: "https://scim.example.com"}, store.Delivery{
		Outlet: store.Outlet{Tenant: "acme", Channel: channel}, ID: "019abcde-0000-7000-8000-000000000002", Begun: at.Add(2 * time.Second),
		Notices: []store.KeptNotice{{ID: "019abcde-0000-7000-8000-000000000001", At: at, Links: 1250, Waiting: 214,
			Notice: store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeEntered, Reason: "auth",
				Series: at.Add(-5 * time.Minute), Detail: "2 refusals, 6 s apart"}}}}}
}

// block is the first fenced block of the page after a heading.
func block(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n## "+heading+"\n")
	_, rest, _ = strings.Cut(rest, "\n```")
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatalf("no example under %q", heading)
	}
	return text
}

func TestThePageShowsTheLetterThatIsSent(t *testing.T) {
	t.Parallel()
	composer, d := example(store.ChannelEmail)
	m := composer.Mail(d, "it@acme.example")
	want := "Subject: " + m.Subject + "\n\n" + strings.TrimRight(m.Text, "\n")
	if got := block(t, "E-mail"); got != want {
		t.Errorf("docs/notifications.md shows\n%s\nand sent is\n%s", got, want)
	}
}

func TestThePageShowsTheDocumentThatIsSent(t *testing.T) {
	t.Parallel()
	composer, d := example(store.ChannelWebhook)
	body, err := composer.Document(d)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Indent(&want, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	if got := block(t, "Webhook"); got != want.String() {
		t.Errorf("docs/notifications.md shows\n%s\nand sent is\n%s", got, want.String())
	}
}

func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []quarantine.NoticeKind{quarantine.NoticeEntered, quarantine.NoticeReason, quarantine.NoticeDay1, quarantine.NoticeDay7,
		quarantine.NoticeDay14, quarantine.NoticeDay21, quarantine.NoticeDay27, quarantine.NoticeDisabled, quarantine.NoticeRecovered,
		quarantine.NoticeHeld, quarantine.NoticeIncident, quarantine.NoticeSeats} {
		composer, d := example(store.ChannelEmail)
		d.Notices[0].Kind = kind
		if subject := composer.Mail(d, "").Subject; strings.Contains(subject, string(kind)) && kind != quarantine.NoticeDisabled || strings.ContainsAny(subject, "{}") {
			t.Errorf("%s has no words: %q", kind, subject)
		}
		if !strings.Contains(string(page), "`"+string(kind)+"`") {
			t.Errorf("docs/notifications.md does not know %s", kind)
		}
	}
}

// Decision 0016: a tenant's writes are refused when all of its targets are disabled, and not before.
func TestADisabledTargetIsNotSaidToRefuseEverything(t *testing.T) {
	t.Parallel()
	for _, kind := range []quarantine.NoticeKind{quarantine.NoticeDay1, quarantine.NoticeDay7, quarantine.NoticeDay14, quarantine.NoticeDay21,
		quarantine.NoticeDay27, quarantine.NoticeDisabled} {
		composer, d := example(store.ChannelEmail)
		d.Notices[0].Kind = kind
		said := strings.Join(strings.Fields(composer.Mail(d, "").Text), " ")
		if !strings.Contains(said, "urther changes no longer reach it, and are refused once no other product takes them") {
			t.Errorf("%s: %s", kind, said)
		}
	}
}
