package store

import "context"

// Leaving is how many of a target's people are to lose their accounts.
type Leaving struct {
	// Leaving are to lose them and nobody has agreed to it yet, Linked have one.
	Leaving, Linked int
}

// Leaving counts the people whose accounts at the target are wanted gone, before any call.
func (l *Links) Leaving(ctx context.Context, tenant, target string) (Leaving, error) {
	var n Leaving
	err := l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE wanted <> applied AND approved < wanted
		AND urgency IN (`+deactivateLiteral+`, `+deleteLiteral+`)), COUNT(*) FROM links
		WHERE tenant = $1 AND target = $2 AND type = 'User' AND vendor_id <> ''`, tenant, target).Scan(&n.Leaving, &n.Linked)
	return n, unavailable("count links", err)
}

const (
	deactivateLiteral = "0" // UrgencyDeactivate
	deleteLiteral     = "1" // UrgencyDelete
)

// Approve agrees to what the target's links are held for: that of the resource, or of all when it
// is empty. It counts for the version wanted now and returns how many there were. Actor and
// reason go into the events.
func (l *Links) Approve(ctx context.Context, tenant, target, resource, actor, reason string) (n int, err error) {
	err = l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		n = 0
		return t.rows(ctx, `UPDATE links SET approved = wanted, next_at = $1, state = '', attempts = 0, changed = $1
			WHERE tenant = $2 AND target = $3 AND ($4 = '' OR resource = $4) AND wanted <> applied AND state <> '' AND fault = 'confirm'
			RETURNING resource, wanted`, []any{t.now, tenant, target, resource}, func(scan func(...any) error) error {
			var approved string
			var version int64
			if err := scan(&approved, &version); err != nil {
				return err
			}
			n++
			t.note(event{tenant: tenant, target: target, kind: "link.approved", actor: actor, resource: approved, version: version, detail: reason})
			return nil
		})
	})
	return n, err
}
