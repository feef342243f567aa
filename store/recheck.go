package store

import (
	"context"
	"errors"
)

const (
	markPortion = 1000 // links that one commit goes through at most,
	markMost    = 2000 // and one Recheck,
	markCost    = 20   // for which a commit counts as so many at least
)

// Recheck makes more links in sync due for a look at their records, of whatever targets have some
// left to mark: a part of them with each call, so that no other work waits for it, and each target
// with many in its turn. Whoever began it may be gone.
func (g *Targets) Recheck(ctx context.Context) error {
	for left := markMost; left > 0; {
		behind, err := g.rechecking(ctx)
		if err != nil || len(behind) == 0 {
			return err
		}
		for _, k := range behind {
			n, _, failed := g.mark(ctx, k.tenant, k.target)
			err = errors.Join(err, failed)
			left -= max(n, markCost)
		}
		if err != nil { // the next call asks again
			return err
		}
	}
	return nil
}

// rechecking lists targets with links left to mark.
func (g *Targets) rechecking(ctx context.Context) (behind []targetKey, err error) {
	rows, err := g.db.read.QueryContext(ctx, targetsRechecking, markMost/markCost)
	if err != nil {
		return nil, unavailable("read targets to recheck", err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		var k targetKey
		err := scan(&k.tenant, &k.target)
		behind = append(behind, k)
		return err
	})
	return behind, unavailable("read targets to recheck", err)
}

const targetsRechecking = `SELECT tenant, target FROM targets WHERE rechecking ORDER BY tenant, target LIMIT $1`

type targetKey struct{ tenant, target string }

// mark makes the target's next links in sync due for a look at their records, and reports how many
// it went through and whether there are more. It goes after whatever else the target has to do.
func (g *Targets) mark(ctx context.Context, tenant, target string) (int, bool, error) {
	var n int
	var more bool
	err := g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		n, more = 0, false
		var after string // read with the row in hand: new settings, or another mark, may just have moved it
		var whole bool
		err := t.row(ctx, `UPDATE targets SET recheck_after = recheck_after WHERE tenant = $1 AND target = $2 AND rechecking
			RETURNING recheck_after, recheck_whole`, []any{tenant, target}, &after, &whole)
		if err != nil {
			return ignoreNotFound(err) // somebody else has marked the last ones
		}
		next, err := t.members(ctx, `SELECT resource FROM links WHERE tenant = $1 AND resource > $2 AND target = $3
			ORDER BY resource LIMIT $4`, tenant, after, target, markPortion)
		if err != nil {
			return err
		}
		if n, more = len(next), len(next) == markPortion; n > 0 {
			after = next[n-1]
		}
		if err := t.markLinks(ctx, tenant, target, next, whole); err != nil {
			return err
		}
		return t.exec(ctx, `UPDATE targets SET rechecking = $1, recheck_after = $2, recheck_whole = recheck_whole AND $1
			WHERE tenant = $3 AND target = $4`, more, after, tenant, target)
	})
	if err != nil {
		return 0, false, err
	}
	return n, more, nil
}

// markLinks marks those of the links that are in sync. With whole, records are compared with the
// vendor that are what they were.
func (t *tx) markLinks(ctx context.Context, tenant, target string, resources []string, whole bool) error {
	return in([]any{t.now, tenant, target, whole}, resources, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET recheck = TRUE, next_at = $1, changed = $1, applied = wanted - 1,
			digest = CASE WHEN CAST($4 AS BOOLEAN) THEN '' ELSE digest END,
			urgency = CASE WHEN type = 'Group' THEN `+membershipLiteral+` ELSE `+createLiteral+` END
			WHERE tenant = $2 AND target = $3 AND wanted = applied AND NOT kept AND resource IN `+list, args...)
	})
}
