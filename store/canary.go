package store

import (
	"context"

	"scimrelay/quarantine"
)

// canary reads the target that asks for all, nil when there is none.
func (t *tx) canary(ctx context.Context, i incident) (*patient, error) {
	found, err := t.patients(ctx, `tenant = $1 AND target = $2`, i.tenant, i.target)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// reached reports whether the canary's vendor has answered.
func (t *tx) reached(canary *patient) bool {
	s := canary.health
	return !s.Canary && !s.Open() && s.Phase != quarantine.Disabled
}

// patience is how many probes of a canary may fall out before another target has to be it.
const patience = 5

func (t *tx) useless(canary *patient) bool {
	s := canary.health
	late := fromMillis(t.now).Sub(s.Until) > patience*t.lane.db.policy.CanaryEvery
	return !s.Canary || s.Phase == quarantine.Disabled || canary.paused || late && !canary.held
}

// appoint makes the canary of a target that rests, the next after the old one by when they opened
// and the first after the last, and has the others wait: of targets that nobody probes, because
// their files are gone, there may be several, and whoever can ask has to get its turn. Without
// any the incident is over: nobody could ask.
func (t *tx) appoint(ctx context.Context, i incident, old *patient) error {
	var opened int64
	if old != nil {
		opened = toMillis(old.health.Opened)
	}
	open, err := t.patients(ctx, `host = $1 AND reason = 'unreachable' AND phase IN ('quarantined', 'probing') AND NOT paused
		ORDER BY CASE WHEN (opened, tenant, target) > ($2, $3, $4) THEN 0 ELSE 1 END, opened, tenant, target LIMIT 1`,
		i.host, opened, i.tenant, i.target)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return t.conclude(ctx, i)
	}
	policy, now, next := t.lane.db.policy, fromMillis(t.now), open[0]
	if old != nil && (old.tenant != next.tenant || old.target != next.target) {
		if err := t.adjust(ctx, i, *old, policy.Join(old.health, now, false)); err != nil {
			return err
		}
	}
	if err := t.adjust(ctx, i, next, policy.Join(next.health, now, true)); err != nil {
		return err
	}
	err = t.exec(ctx, `UPDATE incidents SET canary_tenant = $1, canary_target = $2 WHERE host = $3 AND began = $4`,
		next.tenant, next.target, i.host, i.began)
	if err != nil {
		return err
	}
	return t.gather(ctx, i)
}
