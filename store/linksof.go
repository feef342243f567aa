package store

import "context"

// VendorIDs returns the vendor's ids of those resources that are linked at the target.
func (l *Links) VendorIDs(ctx context.Context, tenant, target string, resources []string) (map[string]string, error) {
	return l.pairs(ctx, `SELECT resource, vendor_id FROM links WHERE tenant = $1 AND target = $2
		AND vendor_id <> '' AND resource IN `, []any{tenant, target}, resources)
}

// Holders returns, for those of the vendor's accounts or groups (kind is the resource type) that
// some link holds, whose it is. A vendor's user 1 and group 1 are two things.
func (l *Links) Holders(ctx context.Context, tenant, target, kind string, vendorIDs []string) (map[string]string, error) {
	return l.pairs(ctx, `SELECT vendor_id, resource FROM links WHERE tenant = $1 AND target = $2 AND type = $3
		AND vendor_id <> '' AND vendor_id IN `, []any{tenant, target, kind}, vendorIDs)
}

// pairs reads a map from one column to another for a list of keys.
func (l *Links) pairs(ctx context.Context, query string, fixed []any, keys []string) (map[string]string, error) {
	found := make(map[string]string, len(keys))
	err := in(fixed, keys, func(list string, args []any) error {
		rows, err := l.db.read.QueryContext(ctx, query+list, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func(scan func(...any) error) error {
			var key, value string
			err := scan(&key, &value)
			found[key] = value
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
