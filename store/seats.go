package store

import (
	"context"

	"scimrelay/quarantine"
)

// Seat is what an outcome says of the vendor's seats.
type Seat int

// What an outcome may say.
const (
	SeatNone    Seat = iota // nothing
	SeatRefused             // none was free for a new account
	SeatTaken               // a new account got one
	SeatFreed               // an account gave one back
)

// seats tells once that a vendor has no seat free, and wakes who waits for one: one for each that
// was given back, who is told from those who wait by having no state, and everybody once a new
// account got one, for then some were bought.
func (t *tx) seats(ctx context.Context, lease Lease, outcomes []Outcome) error {
	var count [SeatFreed + 1]int
	for i := range outcomes {
		count[outcomes[i].Seat]++
	}
	switch {
	case count[SeatRefused] > 0:
		return t.full(ctx, lease)
	case count[SeatTaken] > 0:
		n, err := t.affect(ctx, `UPDATE targets SET seats_since = 0 WHERE tenant = $1 AND target = $2 AND seats_since <> 0`,
			lease.Tenant, lease.Target)
		if err != nil || n == 0 {
			return err
		}
		return t.exec(ctx, `UPDATE links SET next_at = $1 WHERE tenant = $2 AND target = $3`+seatless, t.now, lease.Tenant, lease.Target)
	case count[SeatFreed] > 0:
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = '' WHERE tenant = $2 AND target = $3`+seatless+`
			AND resource IN (SELECT resource FROM links WHERE tenant = $2 AND target = $3`+seatless+`
				AND EXISTS (SELECT 1 FROM targets WHERE tenant = $2 AND target = $3 AND seats_since <> 0)
				ORDER BY changed, resource LIMIT $4)`, t.now, lease.Tenant, lease.Target, count[SeatFreed])
	}
	return nil
}

// seatless is who waits for a seat.
const seatless = ` AND wanted <> applied AND state <> '' AND fault = 'seats'`

// full notes since when no seat is free.
func (t *tx) full(ctx context.Context, lease Lease) error {
	n, err := t.affect(ctx, `UPDATE targets SET seats_since = $1 WHERE tenant = $2 AND target = $3 AND seats_since = 0`,
		t.now, lease.Tenant, lease.Target)
	if err != nil || n == 0 {
		return err
	}
	return t.tell(ctx, Notice{Tenant: lease.Tenant, Target: lease.Target, Notice: quarantine.Notice{
		Kind: quarantine.NoticeSeats, Reason: "seats", Series: fromMillis(t.now),
		Detail: "the vendor has no free seat: new accounts wait, everything else goes on"}})
}
