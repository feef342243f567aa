package store

import (
	"cmp"
	"context"
	"slices"
)

// OperatorOutlets stands where an outlet has its tenant, for the operator's. No tenant's id
// begins with a dash.
const OperatorOutlets = "-"

// Channel is the way a message goes.
type Channel string

// The channels.
const (
	ChannelEmail   Channel = "email"
	ChannelWebhook Channel = "webhook"
)

// Outlet is one address at which one tenant, or the operator, is told. Address is a digest: what
// it stands for is in the tenant's file, and may be corrected there.
type Outlet struct {
	Tenant  string
	Channel Channel
	Address string
}

func (o Outlet) lock() locks {
	return locks{row: "5 " + o.Tenant + " " + string(o.Channel) + " " + o.Address}
}

func (o Outlet) args(more ...any) []any {
	return append([]any{o.Tenant, string(o.Channel), o.Address}, more...)
}

func compareOutlets(a, b Outlet) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Address, b.Address))
}

// ofOutlet is a condition on the first three arguments.
const ofOutlet = `tenant = $1 AND channel = $2 AND address = $3`

// Spread hands the oldest notices that no outlet has heard of to those that route names, and
// returns how many there were. Each is handed over once, whoever else is at it.
func (n *Notices) Spread(ctx context.Context, limit int, route func(KeptNotice) []Outlet) (int, error) {
	fresh, err := n.unspread(ctx, limit)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	if err := n.count(ctx, fresh); err != nil {
		return 0, err
	}
	routes := make([][]Outlet, len(fresh))
	for i, notice := range fresh {
		routes[i] = route(notice)
	}
	err = n.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error { return t.spreadNotices(ctx, fresh, routes) })
	if err != nil {
		return 0, err
	}
	return len(fresh), nil
}

const noticesUnspread = `WHERE NOT n.spread ORDER BY n.id LIMIT $1`

// count notes how many links the notices' targets have, once for each target.
func (n *Notices) count(ctx context.Context, notices []KeptNotice) error {
	type target struct{ tenant, target string }
	known := make(map[target]Counts)
	links := &Links{n.db}
	for i := range notices {
		notice := &notices[i]
		if notice.Target == "" {
			continue
		}
		at := target{notice.Tenant, notice.Target}
		counts, ok := known[at]
		if !ok {
			var err error
			if counts, err = links.Count(ctx, at.tenant, at.target); err != nil {
				return err
			}
			known[at] = counts
		}
		notice.Links, notice.Waiting = counts.Links, counts.Pending
	}
	return nil
}

// spreadNotices takes the notices that nobody else took meanwhile, wakes their outlets, each in
// its turn so that two processes do not wait for each other in a circle, and adds to what waits. A
// notice that is spread again, because an address was wrong, keeps its counts: a message at another
// address may hold it, and be tried again.
func (t *tx) spreadNotices(ctx context.Context, notices []KeptNotice, routes [][]Outlet) error {
	waiting := make(map[Outlet][]KeptNotice)
	for i, notice := range notices {
		taken, err := t.affect(ctx, `UPDATE notices SET spread = TRUE, counted = TRUE,
			links = CASE WHEN counted THEN links ELSE CAST($1 AS BIGINT) END, waiting = CASE WHEN counted THEN waiting ELSE CAST($2 AS BIGINT) END
			WHERE tenant = $3 AND id = $4 AND NOT spread`, notice.Links, notice.Waiting, notice.Tenant, notice.ID)
		if err != nil {
			return err
		}
		if taken == 0 {
			continue
		}
		for _, o := range routes[i] {
			waiting[o] = append(waiting[o], notice)
		}
	}
	outlets := make([]Outlet, 0, len(waiting))
	for o := range waiting {
		outlets = append(outlets, o)
	}
	slices.SortFunc(outlets, compareOutlets)
	for _, o := range outlets {
		if err := t.awaitAt(ctx, o, waiting[o]); err != nil {
			return err
		}
	}
	return nil
}

// awaitAt adds notices to what waits at an outlet. One that was told something within its quiet
// time waits for the end of that, one that is disabled for a person.
func (t *tx) awaitAt(ctx context.Context, o Outlet, notices []KeptNotice) error {
	err := t.exec(ctx, `INSERT INTO outlets (tenant, channel, address, next_at, quiet_until, claim, until, message, begun, attempts, disabled, detail)
		VALUES ($1, $2, $3, $4, 0, '', 0, '', 0, 0, 0, '')
		ON CONFLICT (tenant, channel, address) DO UPDATE SET next_at = CASE
			WHEN outlets.disabled <> 0 OR outlets.next_at < $5 THEN outlets.next_at
			WHEN outlets.quiet_until > excluded.next_at THEN outlets.quiet_until
			ELSE excluded.next_at END`, o.args(t.now, toMillis(Never()))...)
	if err != nil {
		return err
	}
	for _, notice := range notices {
		err := t.exec(ctx, `INSERT INTO deliveries (tenant, channel, address, about, notice, message, state, at)
			VALUES ($1, $2, $3, $4, $5, '', 'waiting', $6) ON CONFLICT DO NOTHING`, o.args(notice.Tenant, notice.ID, t.now)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Enable has an outlet sent to again whose receiver had said that it is gone, beginning with
// what waits. Who asked for it and why goes into the events of the order's tenant.
func (n *Notices) Enable(ctx context.Context, o Outlet, by Order) error {
	return n.db.commit.do(ctx, o.lock(), func(ctx context.Context, t *tx) error {
		enabled, err := t.affect(ctx, `UPDATE outlets SET disabled = 0, detail = '', next_at = CASE WHEN quiet_until > $4 THEN quiet_until ELSE $4 END
			WHERE `+ofOutlet+` AND disabled <> 0`, o.args(t.now)...)
		if err == nil && enabled > 0 {
			e := by.event("notice.outlet-enabled")
			e.detail = string(o.Channel)
			if by.Reason != "" {
				e.detail += ": " + by.Reason
			}
			t.note(e)
		}
		return err
	})
}

const selectOutlets = `SELECT tenant, channel, address FROM outlets `

func (n *Notices) outlets(ctx context.Context, where string, args ...any) ([]Outlet, error) {
	rows, err := n.db.read.QueryContext(ctx, selectOutlets+where, args...)
	if err != nil {
		return nil, unavailable("read outlets", err)
	}
	var found []Outlet
	err = eachRow(rows, func(scan func(...any) error) error {
		var o Outlet
		err := scan(&o.Tenant, &o.Channel, &o.Address)
		found = append(found, o)
		return err
	})
	return found, unavailable("read outlets", err)
}
