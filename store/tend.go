package store

import (
	"context"
	"time"

	"scimrelay/quarantine"
)

// patient is a target that somebody has to look at.
type patient struct {
	tenant, target string
	health         quarantine.State
	version        int64
	held, paused   bool
}

func scanPatient(scan func(...any) error, now int64) (patient, error) {
	var p patient
	var health, owner string
	var until int64
	err := scan(&p.tenant, &p.target, &health, &p.version, &owner, &until, &p.paused)
	p.health, p.held = readHealth(health), owner != "" && until > now
	return p, err
}

const patientColumns = `tenant, target, health, health_version, owner, until, paused`

// Tend looks after targets whose turn does not come by itself: it gives warnings, gives up what
// has rested for too long, ends recoveries, and calls each for those that are to be probed. Of
// those who have left targets it forgets whom no guard counts any more.
func (g *Targets) Tend(ctx context.Context, each func(tenant, target string)) error {
	now := g.db.millis()
	rows, err := g.db.read.QueryContext(ctx, `SELECT `+patientColumns+` FROM targets WHERE look_at <> 0 AND look_at <= $1`, now)
	if err != nil {
		return unavailable("read sick targets", err)
	}
	var patients []patient
	err = eachRow(rows, func(scan func(...any) error) error {
		p, err := scanPatient(scan, now)
		patients = append(patients, p)
		return err
	})
	if err != nil {
		return unavailable("read sick targets", err)
	}
	for _, p := range patients {
		if p.held { // its turn looks after it
			continue
		}
		next, err := g.tick(ctx, p, fromMillis(now))
		if err != nil {
			return err
		}
		if !p.paused && next.Phase != quarantine.Recovering && next.Phase != quarantine.Active && !next.Rest().After(fromMillis(now)) {
			each(p.tenant, p.target)
		}
	}
	return g.forgetDepartures(ctx)
}

// tick writes what time alone has done to the target. Who is faster is right.
func (g *Targets) tick(ctx context.Context, p patient, now time.Time) (quarantine.State, error) {
	idle := false
	if p.health.Phase == quarantine.Recovering {
		due, err := (&Links{g.db}).HasDue(ctx, p.tenant, p.target)
		if err != nil {
			return p.health, err
		}
		idle = !due
	}
	next := g.db.policy.Tick(p.health, now, idle)
	if next.Phase == p.health.Phase && next.Warned == p.health.Warned && next.Trial == p.health.Trial {
		return p.health, nil
	}
	return next, g.db.commit.do(ctx, lockTarget(p.tenant, p.target), func(ctx context.Context, t *tx) error {
		written, err := t.setHealth(ctx, p.tenant, p.target, p.version, next)
		if err != nil || !written {
			return err
		}
		return t.tellHealth(ctx, p.tenant, p.target, "", "", p.health, next)
	})
}

// Trials returns the links that a probe may send: the oldest that failed and destroy nothing, up to
// limit. Where none has failed and any is true, one that is simply due.
func (l *Links) Trials(ctx context.Context, tenant, target string, limit int, any bool) ([]Work, error) {
	const nothingLost = ` l.urgency NOT IN (` + deactivateLiteral + `, ` + deleteLiteral + `) AND l.waits_for = '' AND l.intent = 0 `
	work, err := l.work(ctx, selectWork+`WHERE l.tenant = $1 AND l.target = $2 AND l.wanted <> l.applied AND `+nothingLost+`
		AND l.state IN ('escrow', 'retry') ORDER BY l.changed, l.resource LIMIT $3`, tenant, target, limit)
	if err != nil || len(work) > 0 || !any {
		return work, err
	}
	return l.work(ctx, selectWork+`WHERE l.tenant = $1 AND l.target = $2 AND l.wanted <> l.applied AND `+nothingLost+`
		AND l.next_at <= $3 ORDER BY l.urgency, l.next_at LIMIT 1`, tenant, target, l.db.millis())
}

// SetAside counts the target's links that were set aside, and those that have waited for a reference
// for longer than the window, up to most of both together: in a first load many wait for a moment.
func (l *Links) SetAside(ctx context.Context, tenant, target string, most int) (escrowed, parked int, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE state = 'escrow'), COUNT(*) FILTER (WHERE state = 'parked')
		FROM (SELECT state FROM links WHERE tenant = $1 AND target = $2 AND state IN ('escrow', 'parked')
		AND (state = 'escrow' OR changed <= $3) ORDER BY state LIMIT $4) AS aside`,
		tenant, target, l.db.millis()-l.db.policy.Window.Milliseconds(), most).Scan(&escrowed, &parked)
	return escrowed, parked, unavailable("count links", err)
}
