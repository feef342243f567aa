package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"scimrelay/quarantine"
)

// Held is what waits for a person at a target.
type Held struct {
	Batch string    // names all of it, as it is now
	Since time.Time // the first of it
	// Tripped is since when the deletion guard holds whatever takes something away, zero when it
	// does not.
	Tripped time.Time
	// People are to lose their accounts, Deleted of them because they were deleted; Groups are to
	// be deleted; Removals are members who are to leave Losing groups.
	People, Deleted, Groups, Removals, Losing int
	// Gone is how many people and groups the guard has let go within its window.
	Gone int
}

// Empty reports whether nothing is held.
func (h Held) Empty() bool { return h.People+h.Groups+h.Removals == 0 }

// Held tells what waits for a person at the target.
func (l *Links) Held(ctx context.Context, tenant, target string) (Held, error) {
	var h Held
	var number, opened, tripped int64
	err := l.db.read.QueryRowContext(ctx, `SELECT number, opened, tripped FROM holds WHERE tenant = $1 AND target = $2 AND grp = ''`,
		tenant, target).Scan(&number, &opened, &tripped)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE type = 'User'), COUNT(*) FILTER (WHERE type = 'User' AND urgency = `+deleteLiteral+`),
			COUNT(*) FILTER (WHERE type = 'Group') FROM links WHERE tenant = $1 AND target = $2 AND staged > 0`, tenant, target).
			Scan(&h.People, &h.Deleted, &h.Groups)
	}
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(DISTINCT a.grp)`+heldRemovals+` AND a.tenant = $1 AND a.target = $2`, tenant, target).Scan(&h.Removals, &h.Losing)
	}
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM departures WHERE tenant = $1 AND target = $2 AND grp = '' AND at > $3`,
			tenant, target, l.db.millis()-quarantine.GuardWindow.Milliseconds()).Scan(&h.Gone)
	}
	if err != nil || h.Empty() {
		return Held{Gone: h.Gone}, unavailable("count what is held", err)
	}
	h.Batch, h.Since, h.Tripped = quarantine.BatchName(tenant, target, number), fromMillis(opened), fromMillis(tripped)
	return h, nil
}
