package store

import "context"

// Due returns up to limit due links of the most urgent class that has any, each with its
// resource at the version it wants.
func (l *Links) Due(ctx context.Context, tenant, target string, limit int) ([]Work, error) {
	now := l.db.millis()
	for _, urgency := range Urgencies() {
		work, err := l.work(ctx, selectWork+`WHERE l.tenant = $1 AND l.target = $2 AND l.urgency = $3 AND l.wanted <> l.applied
			AND l.next_at <= $4 ORDER BY l.next_at LIMIT $5`, tenant, target, int(urgency), now, limit)
		if err != nil || len(work) > 0 {
			return work, err
		}
	}
	return nil, nil
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
	now := l.db.millis()
	for _, urgency := range Urgencies() {
		var due bool
		err := l.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM links WHERE tenant = $1 AND target = $2
			AND urgency = $3 AND wanted <> applied AND next_at <= $4)`, tenant, target, int(urgency), now).Scan(&due)
		if err != nil || due {
			return urgency, due, unavailable("read due links", err)
		}
	}
	return 0, false, nil
}
