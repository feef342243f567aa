package notify_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/notify"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

func TestANoticeArrivesOnEachChannelSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.round()
	w.round()
	w.arrived(1, 1)
	post, letter := w.hook.Posts()[0], w.mail.Letters()[0]
	if !post.Genuine(secret) || !post.Genuine(oldSecret) {
		t.Errorf("signature %s", post.Signature)
	}
	d := read(t, post)
	if n := d.Data.Notices[0]; d.Type != "scimrelay.notices" || d.Data.ID != post.ID || d.Data.Tenant != "acme" || n.Kind != "quarantined" || n.Target != "sage" || n.Reason != "auth" {
		t.Errorf("%+v", d)
	}
	if !letter.TLS || letter.User != "relay" || header(letter, "Subject") != "[scimrelay] sage of Acme SAS rests: the vendor refuses its credentials" {
		t.Errorf("%+v", letter)
	}
	events, err := w.store.Events.Latest(t.Context(), "acme", 5)
	if err != nil || len(events) != 2 || events[0].Kind != "notice.delivered" {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestOneMessageAnHourAndTheRestTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dir.put("globex", "Globex", map[string]tenants.Notify{"sage": {Email: "it@globex.example"}})
	w.tell("acme", "sage", quarantine.NoticeEntered, "unreachable")
	w.round()
	for range 30 { // the target flaps for half an hour
		w.forward(time.Minute)
		n := store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeRecovered, Series: w.now()}}
		if err := w.store.Notices.Tell(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		w.round()
	}
	w.arrived(1, 1)
	w.tell("globex", "sage", quarantine.NoticeEntered, "auth") // whose hour is its own
	w.round()
	w.arrived(2, 1)
	w.forward(29*time.Minute + 59*time.Second)
	w.round()
	w.arrived(2, 1)
	w.forward(time.Second)
	w.round()
	w.arrived(3, 2)
	if d := read(t, w.hook.Posts()[1]); len(d.Data.Notices) != 25 {
		t.Errorf("a message of %d notices", len(d.Data.Notices))
	}
	if got := header(w.mail.Letters()[2], "Subject"); got != "[scimrelay] Acme SAS: 25 notices" {
		t.Errorf("subject %q", got)
	}
	w.forward(time.Hour)
	w.round()
	w.arrived(4, 3)
	if d := read(t, w.hook.Posts()[2]); len(d.Data.Notices) != 5 {
		t.Errorf("a message of %d notices", len(d.Data.Notices))
	}
}

func TestARestartBetweenKeepingAndSendingLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.open()
	w.round()
	w.arrived(1, 1)
	w.open()
	w.round()
	w.arrived(1, 1)
}

// dying has every settlement lost, as when the process dies once the message is out.
type dying struct{ notify.Ledger }

func (dying) Settle(context.Context, store.Delivery, store.Settlement) error {
	return store.ErrUnavailable
}

func TestADeathBetweenSendingAndRecordingRepeatsTheSameMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.loop.Ledger = dying{w.store.Notices}
	if _, err := w.loop.Round(t.Context()); err == nil {
		t.Fatal("the settlement went well")
	}
	w.arrived(1, 1)
	w.open()
	w.tell("acme", "sage", quarantine.NoticeReason, "plan")
	w.round() // the dead one's claim stands
	w.arrived(1, 1)
	w.forward(4 * time.Minute)
	w.round()
	w.arrived(2, 2)
	letters, posts := w.mail.Letters(), w.hook.Posts()
	if header(letters[0], "Message-ID") != header(letters[1], "Message-ID") || letters[0].Data != letters[1].Data {
		t.Errorf("the letter changed:\n%s\n%s", letters[0].Data, letters[1].Data)
	}
	if posts[0].ID != posts[1].ID || posts[0].Body != posts[1].Body || !posts[1].Genuine(secret) {
		t.Errorf("the call changed: %+v", posts)
	}
}

func TestAReceiverThatIsDownForHoursHearsLaterAndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hook.Answer(http.StatusServiceUnavailable)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	for range 7 * 60 {
		w.round()
		w.forward(time.Minute)
	}
	w.arrived(1, 7) // at once, after 1, 5, 15 and 30 minutes, 1 and 2 hours, each a twentieth longer here
	w.tell("acme", "sage", quarantine.NoticeReason, "plan")
	w.round()
	backlog, err := w.store.Notices.Undelivered(t.Context(), "acme")
	if err != nil || len(backlog) != 1 || backlog[0].Waiting != 2 || backlog[0].Attempts != 7 || backlog[0].Detail != "the receiver answered 503" {
		t.Errorf("%+v, %v", backlog, err)
	}
	w.hook.Answer(http.StatusOK)
	w.forward(2 * time.Hour)
	w.round()
	w.arrived(2, 8)
	w.forward(59 * time.Minute)
	w.round()
	w.arrived(2, 8)
	w.forward(time.Minute)
	w.round()
	w.arrived(2, 9)
	posts := w.hook.Posts()
	for _, p := range posts[:8] {
		if p.ID != posts[0].ID || !p.Genuine(secret) {
			t.Errorf("%+v", p)
		}
	}
	if d := read(t, posts[8]); d.Data.Notices[0].Kind != "reason-changed" || len(d.Data.Notices) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestAMessageIsGivenUpAfterThreeDaysAndThatIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hook.Answer(http.StatusBadGateway)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	for range 80 * 12 {
		w.round()
		w.forward(5 * time.Minute)
	}
	if n := len(w.hook.Posts()); n < 15 || n > 20 {
		t.Errorf("tried %d times", n)
	}
	backlog, err := w.store.Notices.Undelivered(t.Context(), "acme")
	if err != nil || len(backlog) != 1 || backlog[0].GivenUp != 1 || backlog[0].Waiting != 0 || backlog[0].Detail != "the receiver answered 502" {
		t.Errorf("%+v, %v", backlog, err)
	}
	events, err := w.store.Events.Latest(t.Context(), "acme", 1)
	if err != nil || events[0].Kind != "notice.given-up" || !strings.Contains(events[0].Detail, "the receiver answered 502") {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestAReceiverThatIsGoneIsLeftAloneUntilItsAddressIsAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hook.Answer(http.StatusGone)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.round()
	w.arrived(1, 1)
	w.tell("acme", "sage", quarantine.NoticeDay1, "auth")
	for range 30 {
		w.forward(time.Hour)
		w.round()
	}
	w.arrived(2, 1)
	w.hook.Answer(http.StatusOK)
	told := w.both()
	told.Webhook += "/v2"
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": told})
	w.tell("acme", "sage", quarantine.NoticeDay7, "auth")
	w.round()
	w.arrived(3, 2)
	if d := read(t, w.hook.Posts()[1]); len(d.Data.Notices) != 3 || d.Data.Notices[2].Kind != "day-7" {
		t.Errorf("%+v", d)
	}
	if backlog, err := w.store.Notices.Undelivered(t.Context(), "acme"); err != nil || len(backlog) != 0 {
		t.Errorf("%+v, %v", backlog, err)
	}
}

func TestACorrectedAddressGetsWhatWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": {Email: "ti@acme.example"}})
	w.mail.Refuse("RCPT", "550 no such user")
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.round()
	w.mail.Refuse("RCPT", "")
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": {Email: "it@acme.example"}})
	w.forward(2 * time.Minute)
	w.round()
	w.round()
	w.arrived(1, 0)
	if to := w.mail.Letters()[0].To; to != "it@acme.example" {
		t.Errorf("went to %s", to)
	}
	if backlog, err := w.store.Notices.Undelivered(t.Context(), "acme"); err != nil || len(backlog) != 0 {
		t.Errorf("%+v, %v", backlog, err)
	}
}

func TestWhatWasToldLongAgoIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	w.round()
	w.arrived(1, 1)
	w.forward(91 * quarantine.Day)
	w.round()
	if left, err := w.store.Notices.Forget(t.Context(), 10); err != nil || left != 0 {
		t.Errorf("%d are left to be forgotten, %v", left, err)
	}
}

func TestTheOperatorHearsOfAllTenantsInOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.loop.Routes.Operator = configs.Operator{Email: "ops@gateway.example"}
	for _, id := range []string{"a", "b", "c"} {
		w.dir.put(id, "", map[string]tenants.Notify{"sage": {}})
		w.tell(id, "sage", quarantine.NoticeEntered, "unreachable")
	}
	w.round()
	w.arrived(1, 0)
	letter := w.mail.Letters()[0]
	if letter.To != "ops@gateway.example" || header(letter, "Subject") != "[scimrelay] 3 notices about 3 tenants" || strings.Count(text(letter), "rests: ") != 3 {
		t.Errorf("%+v", letter)
	}
}

func TestAVendorsIncidentIsOneNoteForATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": w.both(), "sage2": w.both(), "other": {Email: "else@acme.example"}})
	for _, target := range []string{"sage", "sage2"} {
		w.tell("acme", target, quarantine.NoticeIncident, "api.vendor.example")
	}
	w.round()
	w.arrived(2, 1) // one to each address of the tenant
	if d := read(t, w.hook.Posts()[0]); len(d.Data.Notices) != 1 || d.Data.Notices[0].Summary != "Acme SAS waits: the vendor at api.vendor.example has trouble that is not this tenant's alone" {
		t.Errorf("%+v", d)
	}
}
