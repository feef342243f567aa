package store

import (
	"context"
	"fmt"
	"time"
)

// MessageEnd is how an attempt to deliver a message ended.
type MessageEnd int

// The ends.
const (
	MessageDelivered MessageEnd = iota // the receiver has taken it
	MessageAgain                       // it is tried again later
	MessageGivenUp                     // it has been tried for long enough
	OutletGone                         // the receiver says that it is there no more: nothing is sent until a person enables it
	OutletMoved                        // there is no such address any more: its notices go where the tenant's file says now
)

// Settlement is what became of an attempt.
type Settlement struct {
	End    MessageEnd
	Next   time.Time     // of MessageAgain
	Quiet  time.Duration // of MessageDelivered: nothing is sent for so long
	Detail string        // what failed, in words that name nobody
}

// Settle ends the claim on a message with what became of it, or returns ErrFenced when the claim
// had ended before; then somebody else sends it too, under the same id.
func (n *Notices) Settle(ctx context.Context, d Delivery, s Settlement) error {
	return n.db.commit.do(ctx, d.lock(), func(ctx context.Context, t *tx) error {
		held, err := t.affect(ctx, `UPDATE outlets SET claim = '', until = 0 WHERE `+ofOutlet+` AND claim = $4`, d.args(d.claim)...)
		if err != nil {
			return err
		}
		if held == 0 {
			return ErrFenced
		}
		switch s.End {
		case MessageDelivered:
			return t.messageDelivered(ctx, d, s)
		case MessageAgain:
			return t.exec(ctx, `UPDATE outlets SET next_at = $4, attempts = attempts + 1, detail = $5 WHERE `+ofOutlet,
				d.args(toMillis(s.Next), s.Detail)...)
		case MessageGivenUp:
			return t.messageGivenUp(ctx, d, s)
		case OutletGone:
			return t.outletGone(ctx, d, s)
		case OutletMoved:
			return t.outletMoved(ctx, d)
		}
		return fmt.Errorf("store: settle a message: no end %d", s.End)
	})
}

// nextOr is when an outlet without a message is to be sent one: at $4 if something waits.
const nextOr = `CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.tenant = outlets.tenant AND d.channel = outlets.channel
	AND d.address = outlets.address AND d.state = 'waiting') THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END`

func (t *tx) messageDelivered(ctx context.Context, d Delivery, s Settlement) error {
	if err := t.endMessage(ctx, d, "delivered", ""); err != nil {
		return err
	}
	quiet := t.now + s.Quiet.Milliseconds()
	return t.exec(ctx, `UPDATE outlets SET message = '', attempts = 0, detail = '', quiet_until = $4, next_at = `+nextOr+` WHERE `+ofOutlet,
		d.args(quiet, toMillis(Never()))...)
}

func (t *tx) messageGivenUp(ctx context.Context, d Delivery, s Settlement) error {
	if err := t.endMessage(ctx, d, "given-up", s.Detail); err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE outlets SET message = '', attempts = 0, detail = $6, next_at = `+nextOr+` WHERE `+ofOutlet,
		d.args(t.now, toMillis(Never()), s.Detail)...)
}

// endMessage brings the message's notices to their end, with an event for their tenant.
func (t *tx) endMessage(ctx context.Context, d Delivery, state, detail string) error {
	if d.Tenant != OperatorOutlets {
		what := fmt.Sprintf("%s, message %s, notices: %d", d.Channel, d.ID, len(d.Notices))
		if detail != "" {
			what += ": " + detail
		}
		t.note(event{tenant: d.Tenant, kind: "notice." + state, actor: "notify", detail: what})
	}
	return t.exec(ctx, `UPDATE deliveries SET state = $4, at = $5 WHERE `+ofOutlet+` AND message = $6 AND state = 'waiting'`,
		d.args(state, t.now, d.ID)...)
}

// outletGone has the notices wait for a person who enables the outlet, or corrects the address.
func (t *tx) outletGone(ctx context.Context, d Delivery, s Settlement) error {
	if d.Tenant != OperatorOutlets {
		t.note(event{tenant: d.Tenant, kind: "notice.outlet-gone", actor: "notify", detail: string(d.Channel) + ": " + s.Detail})
	}
	err := t.exec(ctx, `UPDATE deliveries SET message = '' WHERE `+ofOutlet+` AND message = $4 AND state = 'waiting'`, d.args(d.ID)...)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE outlets SET message = '', attempts = 0, detail = $4, disabled = $5, next_at = $6 WHERE `+ofOutlet,
		d.args(s.Detail, t.now, toMillis(Never()))...)
}

// outletMoved has all that waits at the outlet spread again.
func (t *tx) outletMoved(ctx context.Context, d Delivery) error {
	if err := t.spreadAgain(ctx, d.Outlet); err != nil {
		return err
	}
	err := t.exec(ctx, `UPDATE outlets SET message = '', attempts = 0, detail = '', next_at = $4 WHERE `+ofOutlet, d.args(toMillis(Never()))...)
	if err != nil {
		return err
	}
	return t.dropOutlet(ctx, d.Outlet)
}

func (t *tx) spreadAgain(ctx context.Context, o Outlet) error {
	err := t.exec(ctx, `UPDATE notices SET spread = FALSE WHERE (tenant, id) IN (SELECT about, notice FROM deliveries
		WHERE `+ofOutlet+` AND state = 'waiting')`, o.args()...)
	if err != nil {
		return err
	}
	return t.exec(ctx, `DELETE FROM deliveries WHERE `+ofOutlet+` AND state = 'waiting'`, o.args()...)
}

const outletsDisabled = `WHERE disabled <> 0`

// Abandon drops the disabled outlets that no file names any more, and has what waits there spread
// again. One that is not disabled is found out when it is next sent something.
func (n *Notices) Abandon(ctx context.Context, named func(Outlet) bool) error {
	disabled, err := n.outlets(ctx, outletsDisabled)
	if err != nil {
		return err
	}
	for _, o := range disabled {
		if named(o) {
			continue
		}
		err := n.db.commit.do(ctx, o.lock(), func(ctx context.Context, t *tx) error {
			dropped, err := t.affect(ctx, `DELETE FROM outlets WHERE `+ofOutlet+` AND disabled <> 0`, o.args()...)
			if err != nil || dropped == 0 {
				return err
			}
			return t.spreadAgain(ctx, o)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Backlog is an outlet that owes its tenant something, or has failed to tell it.
type Backlog struct {
	Outlet
	Waiting  int // notices that have not been delivered
	GivenUp  int // that never will be, in the past seven days
	Attempts int // that failed for the message it is at
	NextAt   time.Time
	Disabled time.Time // when the receiver said that it is gone, zero if it has not
	Detail   string
}

// backlogFor is how long a status speaks of what was given up.
const backlogFor = 7 * 24 * time.Hour

// Undelivered returns the outlets that a tenant, or OperatorOutlets, is not told by as it should.
func (n *Notices) Undelivered(ctx context.Context, tenant string) ([]Backlog, error) {
	rows, err := n.db.read.QueryContext(ctx, `SELECT channel, address, attempts, next_at, disabled, detail, waiting, given_up FROM (
		SELECT o.channel, o.address, o.attempts, o.next_at, o.disabled, o.detail,
			(SELECT COUNT(*) FROM deliveries d WHERE d.tenant = o.tenant AND d.channel = o.channel AND d.address = o.address
				AND d.state = 'waiting') AS waiting,
			(SELECT COUNT(*) FROM deliveries d WHERE d.tenant = o.tenant AND d.channel = o.channel AND d.address = o.address
				AND d.state = 'given-up' AND d.at > $2) AS given_up
		FROM outlets o WHERE o.tenant = $1) AS all_of_them
		WHERE waiting > 0 OR given_up > 0 OR disabled <> 0 ORDER BY channel, address`, tenant, n.db.millis()-backlogFor.Milliseconds())
	if err != nil {
		return nil, unavailable("read outlets", err)
	}
	var found []Backlog
	err = eachRow(rows, func(scan func(...any) error) error {
		b := Backlog{Outlet: Outlet{Tenant: tenant}}
		var next, disabled int64
		err := scan(&b.Channel, &b.Address, &b.Attempts, &next, &disabled, &b.Detail, &b.Waiting, &b.GivenUp)
		b.NextAt, b.Disabled = fromMillis(next), fromMillis(disabled)
		found = append(found, b)
		return err
	})
	return found, unavailable("read outlets", err)
}
