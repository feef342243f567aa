package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors/webhook"
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

func TestTwoProcessesOnOneDatabaseSendOnce(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"SQLite": "", "PostgreSQL": databases.New(t)} {
		w := newWorld(t)
		if url != "" {
			w = newWorldOn(t, url)
		}
		other, err := store.Open(t.Context(), w.url, store.Options{Now: w.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		const companies = 10
		for i := range companies {
			id := string(rune('a' + i))
			w.dir.put(id, "", map[string]tenants.Notify{"sage": w.both()})
			w.tell(id, "sage", quarantine.NoticeEntered, "auth")
		}
		var rounds sync.WaitGroup
		for _, loop := range []*notify.Loop{w.loop, w.process(other), w.loop, w.process(other)} {
			rounds.Go(func() {
				for range 5 {
					if _, err := loop.Round(t.Context()); err != nil {
						t.Error(name, err)
					}
				}
			})
		}
		rounds.Wait()
		w.arrived(companies, companies)
	}
}

func TestNothingOfAPersonAndNoSecretLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hook.Answer(http.StatusInternalServerError)
	w.mail.Refuse("RCPT", "450 it@acme.example has no room")
	n := store.Notice{Tenant: "acme", Target: "sage", Notice: quarantine.Notice{Kind: quarantine.NoticeHeld, Series: w.now(),
		Detail: "12 deletions\r\nBcc: canary@person.example\u202e, the vendor said <canary@person.example> is \x1b[31mred" + strings.Repeat("x", 1000)}}
	if err := w.store.Notices.Tell(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	w.round()
	w.mail.Refuse("RCPT", "")
	w.forward(2 * time.Minute)
	w.round()
	w.arrived(1, 2)
	letter := text(w.mail.Letters()[0])
	sent := letter + w.hook.Posts()[0].Body + w.hook.Posts()[1].Body + w.log.String()
	for _, canary := range []string{"canary", "hunter2", secret[6:], oldSecret[6:], "\u202e", "\x1b"} {
		if strings.Contains(sent, canary) {
			t.Errorf("%q left:\n%s", canary, sent)
		}
	}
	if strings.Contains(w.log.String(), "it@acme.example") || strings.Contains(w.log.String(), w.hook.URL) || !strings.Contains(letter, "12 deletions Bcc: ") || header(w.mail.Letters()[0], "Bcc") != "" {
		t.Errorf("%s\n%s", w.log, letter)
	}
	events, err := w.store.Events.Latest(t.Context(), "acme", 10)
	for _, e := range events {
		if err != nil || strings.Contains(e.Detail, "@") || strings.Contains(e.Detail, "http") {
			t.Errorf("%+v", e)
		}
	}
}

// slow holds a message until it is let go.
type slow struct{ begun, let chan struct{} }

func (s slow) Mail(ctx context.Context, _ notify.Mail) error {
	close(s.begun)
	<-s.let
	return ctx.Err()
}

func TestALeavingProcessEndsWhatItBegan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dir.put("acme", "Acme SAS", map[string]tenants.Notify{"sage": {Email: "it@acme.example"}})
	w.tell("acme", "sage", quarantine.NoticeEntered, "auth")
	held := slow{make(chan struct{}), make(chan struct{})}
	w.loop.Sender.Mailer = held
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.loop.Run(ctx) }()
	<-held.begun
	leave()
	select {
	case <-ended:
		t.Fatal("it left a message half sent")
	default:
	}
	close(held.let)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if backlog, err := w.store.Notices.Undelivered(t.Context(), "acme"); err != nil || len(backlog) != 0 {
		t.Errorf("%+v, %v", backlog, err)
	}
}

// deaf takes messages, but for those to one URL, which hang until they are let go.
type deaf struct {
	url     string
	begun   chan struct{}
	let     chan struct{}
	arrived chan string
}

func (d deaf) Post(_ context.Context, m webhook.Message) error {
	if m.URL == d.url {
		d.begun <- struct{}{}
		<-d.let
		return nil
	}
	d.arrived <- m.URL
	return nil
}

func TestAReceiverThatHangsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const others = 40 // more than are on their way at once
	hooks := deaf{"https://hangs.example", make(chan struct{}, 1), make(chan struct{}), make(chan string, others+1)}
	w.loop.Sender.Poster, w.loop.Every = hooks, 10*time.Millisecond
	tell := func(tenant, url string) {
		w.dir.put(tenant, "", map[string]tenants.Notify{"sage": {Webhook: url}})
		w.tell(tenant, "sage", quarantine.NoticeEntered, "auth")
	}
	tell("hangs", hooks.url)
	for i := range others {
		tell(fmt.Sprint("t", i), fmt.Sprintf("https://t%d.example", i))
	}
	type end struct {
		tried int
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		tried, err := w.loop.Round(t.Context())
		ended <- end{tried, err}
	}()
	wait := func(what string) {
		select {
		case <-hooks.arrived:
		case <-time.After(20 * time.Second):
			close(hooks.let)
			t.Fatal(what)
		}
	}
	<-hooks.begun
	for i := range others {
		wait(fmt.Sprintf("%d of %d were told while one hangs", i, others))
	}
	tell("late", "https://late.example")
	wait("what there was to tell meanwhile waited for the one that hangs")
	close(hooks.let)
	if e := <-ended; e.err != nil || e.tried != others+2 {
		t.Errorf("tried %d, %v", e.tried, e.err)
	}
}

// silent is a ledger with nothing in it, or nothing to be had of it.
type silent struct {
	err   error
	looks *int
}

func (s silent) Spread(context.Context, int, func(store.KeptNotice) []store.Outlet) (int, error) {
	*s.looks++
	return 0, s.err
}

func (silent) Forget(context.Context, int) (int, error) { return 0, nil }

func (silent) Abandon(context.Context, func(store.Outlet) bool) error { return nil }

func (silent) Claim(context.Context, int, store.Terms) ([]store.Delivery, error) { return nil, nil }

func (silent) Settle(context.Context, store.Delivery, store.Settlement) error { return nil }

func TestALoopLooksAgainWhateverTheStoreSays(t *testing.T) {
	for _, failure := range []error{nil, store.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			looks := 0
			log := new(lockedBuffer)
			l := &notify.Loop{Ledger: silent{failure, &looks}, Now: time.Now, Every: 5 * time.Second, Log: logTo(log)}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute-time.Second)
			defer cancel()
			if err := l.Run(ctx); err != nil || looks != 12 || (failure != nil) != strings.Contains(log.String(), "notices cannot be looked at") {
				t.Errorf("%d looks, %v, %s", looks, err, log)
			}
		})
	}
}
