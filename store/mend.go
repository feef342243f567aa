package store

import (
	"context"
	"database/sql"
	"errors"

	"scimrelay/quarantine"
)

// Mend tells the store the target's settings. When they are new, everything that waits because
// of the old ones is tried now: the target, if it rests, and links that were set aside. Links in
// sync are looked at again, as far as their records have become others: Recheck marks them.
func (g *Targets) Mend(ctx context.Context, tenant, target, settings string) error {
	var known string
	err := g.db.read.QueryRowContext(ctx, `SELECT settings FROM targets WHERE tenant = $1 AND target = $2`, tenant, target).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil || known == settings {
		return unavailable("read a target", err)
	}
	return g.renew(ctx, tenant, target, settings)
}

// renew notes the new settings and tries what waits because of the old ones. A target's first
// settings are those its links are made for.
func (g *Targets) renew(ctx context.Context, tenant, target, settings string) error {
	return g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		var health string
		var version int64
		err := t.row(ctx, `UPDATE targets SET rechecking = rechecking OR settings <> '', recheck_after = '', settings = $1
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
			AND wanted <> applied AND state <> '' AND waits_for = ''`, t.now, tenant, target)
	})
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
