package store

import "context"

// VendorIDs returns the vendor's ids of those resources that are linked at the target.
func (l *Links) VendorIDs(ctx context.Context, tenant, target string, resources []string) (map[string]string, error) {
	return l.pairs(ctx, `SELECT l.vendor_id FROM links l WHERE l.tenant = $1 AND l.target = $2 AND l.resource = asked.id`,
		[]any{tenant, target}, resources)
}

// Holders returns, for those of the vendor's accounts or groups (kind is the resource type) that
// some link holds, whose it is. A vendor's user 1 and group 1 are two things.
func (l *Links) Holders(ctx context.Context, tenant, target, kind string, vendorIDs []string) (map[string]string, error) {
	return l.pairs(ctx, `SELECT l.resource FROM links l WHERE l.tenant = $1 AND l.target = $2 AND l.type = $3
		AND l.vendor_id <> '' AND l.vendor_id = asked.id`, []any{tenant, target, kind}, vendorIDs)
}

// pairs reads for each of the keys the one value that there is of it, or none. It asks for each by
// itself: before a database has statistics its planner takes all of a target's links for one, and
// would go through them for every list.
func (l *Links) pairs(ctx context.Context, value string, fixed []any, keys []string) (map[string]string, error) {
	found := make(map[string]string, len(keys))
	err := table(fixed, keys, func(list string, args []any) error {
		rows, err := l.db.read.QueryContext(ctx, `WITH asked(id) AS (VALUES `+list+`) SELECT asked.id, COALESCE((`+value+`), '') FROM asked`, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func(scan func(...any) error) error {
			var key, value string
			err := scan(&key, &value)
			if value != "" {
				found[key] = value
			}
			return err
		})
	})
	return found, unavailable("read links", err)
}

// Counts is how many links of a target are in which state.
type Counts struct {
	Links, Pending, Due int
	Linked              int            // with an account or group at the vendor
	States              map[string]int // of the pending ones, by why they wait
}

// Count counts the target's links.
func (l *Links) Count(ctx context.Context, tenant, target string) (Counts, error) {
	c := Counts{States: make(map[string]int)}
	err := l.db.read.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE vendor_id <> '') FROM links
		WHERE tenant = $1 AND target = $2`, tenant, target).Scan(&c.Links, &c.Linked)
	if err != nil {
		return c, unavailable("count links", err)
	}
	rows, err := l.db.read.QueryContext(ctx, `SELECT state, COUNT(*), COUNT(*) FILTER (WHERE next_at <= $3)
		FROM links WHERE tenant = $1 AND target = $2 AND wanted <> applied GROUP BY state`, tenant, target, l.db.millis())
	if err != nil {
		return c, unavailable("count links", err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		var state string
		var pending, due int
		err := scan(&state, &pending, &due)
		c.States[state], c.Pending, c.Due = pending, c.Pending+pending, c.Due+due
		return err
	})
	return c, unavailable("count links", err)
}
