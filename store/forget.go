package store

import (
	"context"
	"slices"
	"time"

	"scimrelay/quarantine"
)

// noticesKept is how long notices are kept that everybody was told of. That something was told
// already is needed for as long as its series lasts: a target is given up after 28 days, beside
// which it may wait for its vendor's incidents. Such an incident may last for longer, and its
// notices stay as long.
const noticesKept = 90 * 24 * time.Hour

// noticesSettled are the oldest that nothing has happened to since $1. What is in a message is
// still to be sent. What is in none by then will be in none: it was too old long before, and waits
// where its receiver is gone.
const (
	noticesSettled = `SELECT n.tenant, n.id FROM notices n WHERE n.at < $1 AND n.spread
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.about = n.tenant AND d.notice = n.id
			AND (d.state = 'waiting' AND d.message <> '' OR d.at >= $1))
		AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.host = n.reason AND i.began = n.series AND i.ended = 0)
		ORDER BY n.at LIMIT $2`
	unsettled = `state = 'waiting' AND message <> '' OR at >= $3`
)

// Forget drops up to limit notices that have been settled for 90 days, and the outlets that are
// left with nothing. It returns how many notices there were.
func (n *Notices) Forget(ctx context.Context, limit int) (forgotten int, err error) {
	since := n.db.millis() - noticesKept.Milliseconds()
	old, err := n.settled(ctx, since, limit)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	err = n.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		forgotten = 0
		var left []Outlet
		for _, notice := range old {
			dropped, outlets, err := t.dropNotice(ctx, notice.Tenant, notice.ID, unsettled, since)
			if err != nil {
				return err
			}
			if dropped {
				forgotten++
			}
			left = append(left, outlets...)
		}
		slices.SortFunc(left, compareOutlets)
		for _, o := range slices.Compact(left) {
			if err := t.dropOutlet(ctx, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return forgotten, nil
}

func (n *Notices) settled(ctx context.Context, since int64, limit int) (old []KeptNotice, err error) {
	rows, err := n.db.read.QueryContext(ctx, noticesSettled, since, limit)
	if err != nil {
		return nil, unavailable("read old notices", err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		var one KeptNotice
		err := scan(&one.Tenant, &one.ID)
		old = append(old, one)
		return err
	})
	return old, unavailable("read old notices", err)
}

// dropNotice drops the notice with its deliveries, unless one of these is as keep says, a condition
// whose arguments begin with $3. It returns the outlets that lose one. The rows are held first: who
// spreads the notice, or makes a message of it, comes before or after.
func (t *tx) dropNotice(ctx context.Context, tenant, id, keep string, args ...any) (dropped bool, outlets []Outlet, err error) {
	held, err := t.affect(ctx, `UPDATE notices SET spread = spread WHERE tenant = $1 AND id = $2`, tenant, id)
	if err != nil || held == 0 {
		return false, nil, err
	}
	kept := false
	err = t.rows(ctx, `UPDATE deliveries SET state = state WHERE about = $1 AND notice = $2 RETURNING tenant, channel, address, `+keep,
		append([]any{tenant, id}, args...), func(scan func(...any) error) error {
			var o Outlet
			var one bool
			err := scan(&o.Tenant, &o.Channel, &o.Address, &one)
			outlets, kept = append(outlets, o), kept || one
			return err
		})
	if err != nil || kept {
		return false, nil, err
	}
	if err := t.exec(ctx, `DELETE FROM deliveries WHERE about = $1 AND notice = $2`, tenant, id); err != nil {
		return false, nil, err
	}
	return true, outlets, t.exec(ctx, `DELETE FROM notices WHERE tenant = $1 AND id = $2`, tenant, id)
}

// dropOutlet drops an outlet at which nothing waits and of which nothing is known.
func (t *tx) dropOutlet(ctx context.Context, o Outlet) error {
	return t.exec(ctx, `DELETE FROM outlets WHERE `+ofOutlet+` AND next_at = $4 AND disabled = 0 AND message = '' AND quiet_until <= $5
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.tenant = outlets.tenant AND d.channel = outlets.channel AND d.address = outlets.address)`,
		o.args(toMillis(Never()), t.now)...)
}

const (
	departuresOld    = `SELECT tenant, target, grp, resource FROM departures WHERE at <= $1 ORDER BY at, tenant, target, grp, resource LIMIT $2`
	departuresAtOnce = 500
)

// forgetDepartures drops who was let through so long ago that no guard counts them. A target that
// lets somebody through forgets its own; one that is gone does not.
func (g *Targets) forgetDepartures(ctx context.Context) error {
	until := g.db.millis() - 2*quarantine.GuardWindow.Milliseconds()
	var old int
	err := g.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (`+departuresOld+`) AS old`, until, 1).Scan(&old)
	if err != nil || old == 0 {
		return unavailable("read who has left", err)
	}
	return g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		// Asked twice: who is let through again meanwhile has left just now.
		return t.exec(ctx, `DELETE FROM departures WHERE (tenant, target, grp, resource) IN (`+departuresOld+`) AND at <= $1`, until, departuresAtOnce)
	})
}
