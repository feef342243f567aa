package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/connectors/webhook"
	"scimrelay/store"
)

// Ledger is what the store knows of notices and their messages.
type Ledger interface {
	Abandon(ctx context.Context, named func(store.Outlet) bool) error
	Spread(ctx context.Context, limit int, route func(store.KeptNotice) []store.Outlet) (int, error)
	Claim(ctx context.Context, limit int, terms store.Terms) ([]store.Delivery, error)
	Settle(ctx context.Context, d store.Delivery, s store.Settlement) error
	Forget(ctx context.Context, limit int) (int, error)
}

// Mailer carries an e-mail.
type Mailer interface {
	Mail(ctx context.Context, m Mail) error
}

// Poster calls a webhook. An error that is webhook.ErrGone ends the webhook.
type Poster interface {
	Post(ctx context.Context, m webhook.Message) error
}

// Sender puts messages into words and hands them to their channel.
type Sender struct {
	Composer Composer
	Mailer   Mailer // nil where there is no mail server
	Poster   Poster
}

// Send tries a message once. Its errors are for whoever set the address up: they name nobody.
func (s Sender) Send(ctx context.Context, d store.Delivery, to Address) error {
	if d.Channel == store.ChannelEmail {
		if s.Mailer == nil {
			return errors.New("no mail server is configured")
		}
		return s.Mailer.Mail(ctx, s.Composer.Mail(d, to.Email))
	}
	body, err := s.Composer.Document(d)
	if err != nil {
		return err
	}
	return s.Poster.Post(ctx, webhook.Message{ID: d.ID, URL: to.URL, Secrets: to.Secrets, Body: body})
}

// Loop delivers notices. Any number of processes may run one on the same store.
type Loop struct {
	Ledger Ledger
	Routes Routes
	Sender Sender
	Now    func() time.Time // the store's
	Jitter func() float64   // in [0,1)
	Every  time.Duration    // between two looks
	Log    *slog.Logger
	// Attempts counts attempts by channel and outcome; nil counts nothing.
	Attempts metric.Int64Counter
}

const (
	atOnce       = 16  // messages on their way at the same time
	spreadAtOnce = 200 // notices
	forgetAtOnce = 50  // notices
	settleTime   = 10 * time.Second
)

// Run delivers until ctx ends and what is on its way has arrived or failed.
func (l *Loop) Run(ctx context.Context) error {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		if _, err := l.Round(ctx); err != nil && ctx.Err() == nil {
			l.Log.WarnContext(ctx, "notices cannot be looked at", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Round sends until nothing more is due and nothing is on its way, and returns how many messages it
// tried. A place that becomes free is given on at once, and what is new is looked for meanwhile: a
// receiver that hangs holds up nobody else. Once the store fails nothing more is begun.
func (l *Loop) Round(ctx context.Context) (tried int, err error) {
	if err := l.look(ctx); err != nil {
		return 0, err
	}
	again := time.NewTicker(l.Every)
	defer again.Stop()
	ended := make(chan error, atOnce)
	for out := 0; ; {
		if err == nil {
			var begun int
			begun, err = l.begin(ctx, atOnce-out, ended)
			tried, out = tried+begun, out+begun
		}
		if out == 0 {
			return tried, err
		}
		select {
		case failure := <-ended:
			out--
			err = errors.Join(err, failure)
		case <-again.C:
			if err == nil && ctx.Err() == nil {
				err = l.look(ctx)
			}
		}
	}
}

// look spreads what is new and forgets some of what is long done.
func (l *Loop) look(ctx context.Context) error {
	if err := l.Ledger.Abandon(ctx, func(o store.Outlet) bool { _, named := l.Routes.Address(o); return named }); err != nil {
		return err
	}
	for n := spreadAtOnce; n == spreadAtOnce; {
		var err error
		if n, err = l.Ledger.Spread(ctx, spreadAtOnce, l.Routes.Outlets); err != nil {
			return err
		}
	}
	_, err := l.Ledger.Forget(ctx, forgetAtOnce)
	return err
}

// begin sends up to so many messages that are due, says of each on ended what became of it, and
// returns how many there are.
func (l *Loop) begin(ctx context.Context, places int, ended chan<- error) (int, error) {
	if places == 0 || ctx.Err() != nil {
		return 0, nil
	}
	claimed, err := l.Ledger.Claim(ctx, places, store.Terms{TTL: holding, MaxAge: keepTrying, Notices: perMessage})
	for _, d := range claimed {
		go func() { ended <- l.deliver(ctx, d) }()
	}
	return len(claimed), err
}

// deliver makes one attempt. What has been begun is brought to its end when the process leaves:
// a message that is cut off may have arrived.
func (l *Loop) deliver(ctx context.Context, d store.Delivery) error {
	ctx = context.WithoutCancel(ctx)
	to, known := l.Routes.Address(d.Outlet)
	settlement := store.Settlement{End: store.OutletMoved}
	if known {
		sending, cancel := context.WithTimeout(ctx, holding/2)
		failure := l.Sender.Send(sending, d, to)
		cancel()
		settlement = l.judge(d, failure)
	}
	l.report(ctx, d, settlement)
	settling, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := l.Ledger.Settle(settling, d, settlement); err != nil {
		return fmt.Errorf("notify: settle message %s: %w", d.ID, err)
	}
	return nil
}

// judge is what an attempt leads to.
func (l *Loop) judge(d store.Delivery, failure error) store.Settlement {
	if failure == nil {
		return store.Settlement{End: store.MessageDelivered, Quiet: quiet}
	}
	s := store.Settlement{End: store.MessageAgain, Detail: failure.Error(), Next: l.Now().Add(pause(d.Attempts+1, l.Jitter()))}
	switch {
	case errors.Is(failure, webhook.ErrGone):
		s.End = store.OutletGone
	case s.Next.After(d.Begun.Add(keepTrying)):
		s.End = store.MessageGivenUp
	}
	return s
}

// report logs and counts an attempt.
func (l *Loop) report(ctx context.Context, d store.Delivery, s store.Settlement) {
	outcome := outcomes()[s.End]
	if l.Attempts != nil {
		l.Attempts.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", string(d.Channel)), attribute.String("outcome", outcome)))
	}
	level := slog.LevelInfo
	if s.Detail != "" {
		level = slog.LevelWarn
	}
	l.Log.Log(ctx, level, "notices sent", "outcome", outcome, "tenant", d.Tenant, "channel", string(d.Channel), "message", d.ID,
		"notices", len(d.Notices), "attempt", d.Attempts+1, "detail", s.Detail)
}

// outcomes are the words for ends, in metrics and the log.
func outcomes() map[store.MessageEnd]string {
	return map[store.MessageEnd]string{store.MessageDelivered: "delivered", store.MessageAgain: "again",
		store.MessageGivenUp: "given-up", store.OutletGone: "gone", store.OutletMoved: "moved"}
}
