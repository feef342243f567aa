package store

import (
	"context"
	"database/sql"
	"errors"

	"scimrelay/quarantine"
)

// What one Mend marks at most: links by a commit, and commits.
const (
	markLinks   = 1000
	markCommits = 10
)

// Mend tells the store the target's settings. When they are new, everything that waits because
// of the old ones is tried now: the target, if it rests, and links that were set aside. Links in
// sync are looked at again, as far as their records have become others, a part of them with each
// Mend.
func (g *Targets) Mend(ctx context.Context, tenant, target, settings string) error {
	var known string
	var rechecking bool
	err := g.db.read.QueryRowContext(ctx, `SELECT settings, rechecking FROM targets WHERE tenant = $1 AND target = $2`,
		tenant, target).Scan(&known, &rechecking)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return unavailable("read a target", err)
	}
	if known != settings {
		if err := g.renew(ctx, tenant, target, settings); err != nil {
			return err
		}
		rechecking = known != "" // a target's first settings are those its links are made for
	}
	for range markCommits {
		if !rechecking {
			return nil
		}
		if rechecking, err = g.mark(ctx, tenant, target); err != nil {
			return err
		}
	}
	return nil
}

// renew notes the new settings and tries what waits because of the old ones.
func (g *Targets) renew(ctx context.Context, tenant, target, settings string) error {
	return g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		var health string
		var version int64
		err := t.row(ctx, `UPDATE targets SET rechecking = settings <> '', recheck_after = '', settings = $1
			WHERE tenant = $2 AND target = $3 AND settings <> $1 RETURNING health, health_version`, []any{settings, tenant, target}, &health, &version)
		if errors.Is(err, ErrNotFound) {
			return nil // another process was faster
		}
		if err == nil {
			err = t.endRest(ctx, tenant, target, version, readHealth(health))
		}
		if err != nil {
			return err
		}
		t.note(event{tenant: tenant, target: target, kind: "target.settings", detail: "settings " + settings})
		return t.exec(ctx, `UPDATE links SET next_at = $1, attempts = 0, failing = 0 WHERE tenant = $2 AND target = $3
			AND wanted <> applied AND state <> '' AND waits_for = '' AND intent = 0`, t.now, tenant, target)
	})
}

// mark makes the next links in sync due for a look at their records, and reports whether there
// are more. It goes after whatever else the target has to do.
func (g *Targets) mark(ctx context.Context, tenant, target string) (more bool, err error) {
	return g.markAll(ctx, tenant, target, false)
}

// markAll is mark. Forgetful, it has records compared with the vendor that are what they were.
func (g *Targets) markAll(ctx context.Context, tenant, target string, forgetful bool) (more bool, err error) {
	err = g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		var after string // read with the row in hand: new settings, or another mark, may just have moved it
		err := t.row(ctx, `UPDATE targets SET recheck_after = recheck_after WHERE tenant = $1 AND target = $2 AND rechecking
			RETURNING recheck_after`, []any{tenant, target}, &after)
		if errors.Is(err, ErrNotFound) {
			more = false
			return nil
		}
		if err != nil {
			return err
		}
		next, err := t.members(ctx, `SELECT resource FROM links WHERE tenant = $1 AND resource > $2 AND target = $3
			ORDER BY resource LIMIT $4`, tenant, after, target, markLinks)
		if err != nil {
			return err
		}
		if more = len(next) == markLinks; len(next) > 0 {
			after = next[len(next)-1]
		}
		err = in([]any{t.now, tenant, target, forgetful}, next, func(list string, args []any) error {
			return t.exec(ctx, `UPDATE links SET recheck = TRUE, next_at = $1, changed = $1, applied = wanted - 1,
				digest = CASE WHEN CAST($4 AS BOOLEAN) THEN '' ELSE digest END,
				urgency = CASE WHEN type = 'Group' THEN `+membershipLiteral+` ELSE `+createLiteral+` END
				WHERE tenant = $2 AND target = $3 AND wanted = applied AND NOT kept AND resource IN `+list, args...)
		})
		if err != nil {
			return err
		}
		return t.exec(ctx, `UPDATE targets SET rechecking = $1, recheck_after = $2 WHERE tenant = $3 AND target = $4`,
			more, after, tenant, target)
	})
	return more, err
}

// endRest has a target that rests because of its old settings probed with the new ones.
func (t *tx) endRest(ctx context.Context, tenant, target string, version int64, before quarantine.State) error {
	after := before.TryNow(fromMillis(t.now))
	if after.Until.Equal(before.Until) {
		return nil
	}
	t.note(event{tenant: tenant, target: target, kind: "target.released", detail: "its settings have changed"})
	_, err := t.setHealth(ctx, tenant, target, version, after)
	return err
}
