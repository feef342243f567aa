package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Delivery is one message on its way to an outlet: some notices, which stay the same however
// often it has to be tried. Whoever holds it is the only one who sends it until its claim ends.
type Delivery struct {
	Outlet
	ID       string // the same with every attempt, for receivers to know a repetition by
	Begun    time.Time
	Attempts int // that failed before this one
	Notices  []KeptNotice
	claim    string
}

// Terms are how messages are claimed.
type Terms struct {
	// TTL is how long a claim lasts: longer than any attempt.
	TTL time.Duration
	// MaxAge is how old a notice may become that is not part of a message yet.
	MaxAge time.Duration
	// Notices is how many one message holds.
	Notices int
}

// Claim takes up to limit messages that are due, the longest waiting first, and after them those to
// receivers that failed when they were last sent something: a thousand dead ones would be waited
// for by everybody. An outlet has one message at a time, made of what waits there when it is first
// claimed.
func (n *Notices) Claim(ctx context.Context, limit int, terms Terms) ([]Delivery, error) {
	due, err := n.outlets(ctx, outletsDue, n.db.millis(), limit)
	if err != nil {
		return nil, err
	}
	var claimed []Delivery
	for _, o := range due {
		d, err := n.claim(ctx, o, terms)
		if err != nil {
			return claimed, err
		}
		if d.ID != "" {
			claimed = append(claimed, d)
		}
	}
	return claimed, nil
}

const outletsDue = `WHERE next_at <= $1 AND until <= $1 ORDER BY CASE WHEN detail = '' THEN 0 ELSE 1 END, next_at LIMIT $2`

// claim takes the outlet's message. The zero Delivery says that somebody else was there first,
// or that nothing waits any more.
func (n *Notices) claim(ctx context.Context, o Outlet, terms Terms) (Delivery, error) {
	claim := uuid.NewString()
	var d Delivery
	err := n.db.commit.do(ctx, o.lock(), func(ctx context.Context, t *tx) error {
		d = Delivery{Outlet: o, claim: claim} // a batch may be run again
		var begun int64
		err := t.row(ctx, `UPDATE outlets SET claim = $4, until = $5 WHERE `+ofOutlet+` AND next_at <= $6 AND until <= $6
			RETURNING message, begun, attempts`, o.args(claim, t.now+terms.TTL.Milliseconds(), t.now), &d.ID, &begun, &d.Attempts)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.ID == "" {
			begun = t.now
			if err := t.composeMessage(ctx, &d, terms); err != nil || d.ID == "" {
				return err
			}
		}
		d.Begun = fromMillis(begun)
		return t.rows(ctx, `SELECT `+noticeColumns+` FROM deliveries d JOIN notices n ON n.tenant = d.about AND n.id = d.notice
			WHERE d.tenant = $1 AND d.channel = $2 AND d.address = $3 AND d.message = $4 AND d.state = 'waiting' ORDER BY n.id`,
			o.args(d.ID), func(scan func(...any) error) error {
				notice, err := scanNotice(scan)
				d.Notices = append(d.Notices, notice)
				return err
			})
	})
	if err != nil {
		return Delivery{}, err
	}
	return d, nil
}

// composeMessage makes a message of what waits, leaving out what has become too old to be news. When
// nothing is left the outlet rests.
func (t *tx) composeMessage(ctx context.Context, d *Delivery, terms Terms) error {
	err := t.exec(ctx, `UPDATE deliveries SET state = 'given-up', at = $4 WHERE `+ofOutlet+` AND state = 'waiting' AND message = ''
		AND EXISTS (SELECT 1 FROM notices n WHERE n.tenant = deliveries.about AND n.id = deliveries.notice AND n.at < $5)`, d.args(t.now, t.now-terms.MaxAge.Milliseconds())...)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return t.fail(err)
	}
	n, err := t.affect(ctx, `UPDATE deliveries SET message = $4 WHERE `+ofOutlet+` AND (about, notice) IN (SELECT about, notice
		FROM deliveries WHERE `+ofOutlet+` AND state = 'waiting' ORDER BY notice LIMIT $5)`, d.args(id.String(), terms.Notices)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return t.exec(ctx, `UPDATE outlets SET claim = '', until = 0, next_at = `+nextOr+` WHERE `+ofOutlet, d.args(t.now, toMillis(Never()))...)
	}
	d.ID = id.String()
	return t.exec(ctx, `UPDATE outlets SET message = $4, begun = $5, attempts = 0 WHERE `+ofOutlet, d.args(d.ID, t.now)...)
}
