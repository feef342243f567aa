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

	"scimrelay/connectors/webhook"
	"scimrelay/notify"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

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
