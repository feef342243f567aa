package store

import (
	"context"
	"errors"
	"time"

	"scimrelay/quarantine"
)

// Order is what an administrator asks for a target: who asks, and why, go into the events.
type Order struct {
	Tenant, Target string
	Actor, Reason  string
}

func (o Order) event(kind string) event {
	return event{tenant: o.Tenant, target: o.Target, kind: kind, actor: o.Actor, detail: o.Reason}
}

// TryNow ends the target's rest: it is probed next. It stays quarantined until a probe has gone
// well; nothing is taken for healthy by decree. It reports whether there was a rest to end.
func (g *Targets) TryNow(ctx context.Context, o Order) (bool, error) {
	return g.amend(ctx, o, "target.released", quarantine.State.TryNow)
}

// Disable switches the target off until somebody enables it. It reports whether that is new.
func (g *Targets) Disable(ctx context.Context, o Order) (bool, error) {
	return g.amend(ctx, o, "", quarantine.State.Disable)
}

// Enable lets a disabled target be probed, and its links that were given up be tried once more. It
// reports whether it was disabled.
func (g *Targets) Enable(ctx context.Context, o Order) (bool, error) {
	return g.amend(ctx, o, "target.enabled", quarantine.State.Enable)
}

// amend changes a target's health by an administrator's word. An event of the kind is written
// beside that of the new phase, if one is named.
func (g *Targets) amend(ctx context.Context, o Order, kind string, change func(quarantine.State, time.Time) quarantine.State) (changed bool, err error) {
	err = g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		changed = false
		version, before, err := t.lockHealth(ctx, o.Tenant, o.Target)
		if errors.Is(err, ErrNotFound) { // nobody has worked on it yet
			after := change(quarantine.State{}, fromMillis(t.now))
			if after.Phase == quarantine.Active {
				return nil
			}
			if err := t.exec(ctx, targetRow+` ON CONFLICT DO NOTHING`, o.Tenant, o.Target, "", 0, 0, false); err != nil {
				return err
			}
			version, before, err = t.lockHealth(ctx, o.Tenant, o.Target)
		}
		if err != nil {
			return err
		}
		after := change(before, fromMillis(t.now))
		if after.Phase == before.Phase && after.Reason == before.Reason && after.Until.Equal(before.Until) {
			return nil
		}
		if kind != "" {
			t.note(o.event(kind))
		}
		if changed, err = t.setHealth(ctx, o.Tenant, o.Target, version, after); err != nil {
			return err
		}
		if before.Phase == quarantine.Disabled && changed {
			if err := t.revive(ctx, o); err != nil {
				return err
			}
		}
		return t.tellHealth(ctx, o.Tenant, o.Target, o.Actor, o.Reason, before, after)
	})
	return changed, err
}

// revive has the target's links tried once more that time did not help any more: most of them have
// failed for so long because of their target, and somebody has looked after it.
func (t *tx) revive(ctx context.Context, o Order) error {
	return t.exec(ctx, `UPDATE links SET next_at = $1, failing = 0, changed = $1 WHERE tenant = $2 AND target = $3
		AND wanted <> applied AND state = 'escrow' AND next_at = $4`, t.now, o.Tenant, o.Target, toMillis(Never()))
}

// Disabled tells the tenant's targets that are disabled, and why in plain words.
func (g *Targets) Disabled(ctx context.Context, tenant string) (map[string]string, error) {
	rows, err := g.db.read.QueryContext(ctx, `SELECT target, health FROM targets WHERE tenant = $1 AND phase = 'disabled'`, tenant)
	if err != nil {
		return nil, unavailable("read disabled targets", err)
	}
	disabled := make(map[string]string)
	err = eachRow(rows, func(scan func(...any) error) error {
		var target, health string
		err := scan(&target, &health)
		disabled[target] = readHealth(health).Why()
		return err
	})
	return disabled, unavailable("read disabled targets", err)
}

// Retry makes the resource's link due now, if it is not as wanted. What a person has to agree to
// is tried and held again. A creation that may have happened is searched for: it is the relay that
// waits for the vendor before another, however often it looks.
func (l *Links) Retry(ctx context.Context, o Order, resource string) (found bool, err error) {
	err = l.db.commit.do(ctx, lockResource(o.Tenant, resource), func(ctx context.Context, t *tx) error {
		n, err := t.affect(ctx, `UPDATE links SET next_at = $1, failing = 0, changed = $1 WHERE tenant = $2 AND target = $3 AND resource = $4
			AND wanted <> applied`, t.now, o.Tenant, o.Target, resource)
		if found = n > 0; err != nil || !found {
			return err
		}
		e := o.event("link.retried")
		e.resource = resource
		t.note(e)
		return nil
	})
	return found, err
}

// Clear ends the waiting of all links of the target that were set aside or back off, and returns
// how many there were. What they want stays.
func (l *Links) Clear(ctx context.Context, o Order) (n int, err error) {
	err = l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.haveTarget(ctx, o.Tenant, o.Target); err != nil {
			return err
		}
		cleared, err := t.affect(ctx, `UPDATE links SET next_at = $1, state = '', attempts = 0, failing = 0, changed = $1
			WHERE tenant = $2 AND target = $3 AND wanted <> applied AND state IN ('escrow', 'retry') AND waits_for = ''`,
			t.now, o.Tenant, o.Target)
		if n = int(cleared); err == nil && n > 0 {
			t.note(o.event("target.cleared"))
		}
		return err
	})
	return n, err
}

// Reevaluate has all of the target's links looked at again and compared with the vendor,
// whatever is known of them, and ends the waiting of those set aside. Where it is cut off, Recheck
// goes on.
func (g *Targets) Reevaluate(ctx context.Context, o Order) error {
	if _, err := (&Links{g.db}).Clear(ctx, o); err != nil {
		return err
	}
	err := g.db.commit.do(ctx, lockTarget(o.Tenant, o.Target), func(ctx context.Context, t *tx) error {
		t.note(o.event("target.reevaluated"))
		return t.exec(ctx, `UPDATE targets SET rechecking = TRUE, recheck_after = '', recheck_whole = TRUE WHERE tenant = $1 AND target = $2`, o.Tenant, o.Target)
	})
	for more := err == nil; more && err == nil; {
		_, more, err = g.mark(ctx, o.Tenant, o.Target)
	}
	return err
}
