package store

import "context"

// mostUrgent is the most urgent class among the links of target $2 of tenant $1 that are due at $3;
// 9 when none is. It looks into the index for one class after the other, until there is one.
const (
	mostUrgent = `CASE WHEN ` + dueOf + deactivateLiteral + `) THEN ` + deactivateLiteral +
		` WHEN ` + dueOf + deleteLiteral + `) THEN ` + deleteLiteral +
		` WHEN ` + dueOf + updateLiteral + `) THEN ` + updateLiteral +
		` WHEN ` + dueOf + createLiteral + `) THEN ` + createLiteral +
		` WHEN ` + dueOf + membershipLiteral + `) THEN ` + membershipLiteral + ` ELSE 9 END`
	dueOf = `EXISTS (SELECT 1 FROM links d WHERE d.tenant = $1 AND d.target = $2 AND d.wanted <> d.applied AND d.next_at <= $3 AND d.urgency = `
)

// Due returns up to limit due links of the most urgent class that has any, each with its
// resource at the version it wants.
func (l *Links) Due(ctx context.Context, tenant, target string, limit int) ([]Work, error) {
	return l.work(ctx, selectWork+`WHERE l.tenant = $1 AND l.target = $2 AND l.urgency = (SELECT `+mostUrgent+`) AND l.wanted <> l.applied
		AND l.next_at <= $3 ORDER BY l.next_at LIMIT $4`, tenant, target, l.db.millis(), limit)
}

// Pending calls each for every target with a link that is due, in the order of their names.
func (l *Links) Pending(ctx context.Context, each func(tenant, target string)) error {
	var tenant, target string
	for {
		rows, err := l.db.read.QueryContext(ctx, `SELECT tenant, target FROM links
			WHERE wanted <> applied AND (tenant, target) > ($1, $2) ORDER BY tenant, target LIMIT 1`, tenant, target)
		if err != nil {
			return unavailable("read pending targets", err)
		}
		found := false
		err = eachRow(rows, func(scan func(...any) error) error {
			found = true
			return scan(&tenant, &target)
		})
		if err != nil || !found {
			return unavailable("read pending targets", err)
		}
		due, err := l.HasDue(ctx, tenant, target)
		if err != nil {
			return err
		}
		if due {
			each(tenant, target)
		}
	}
}

// HasDue reports whether the target has a due link.
func (l *Links) HasDue(ctx context.Context, tenant, target string) (bool, error) {
	_, due, err := l.MostUrgent(ctx, tenant, target)
	return due, err
}

// MostUrgent returns the most urgent class among the target's due links, and whether any is due.
func (l *Links) MostUrgent(ctx context.Context, tenant, target string) (Urgency, bool, error) {
	var class Urgency
	err := l.db.read.QueryRowContext(ctx, `SELECT `+mostUrgent, tenant, target, l.db.millis()).Scan(&class)
	if err != nil || class > UrgencyMembership {
		return 0, false, unavailable("read due links", err)
	}
	return class, true, nil
}
