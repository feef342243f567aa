package store

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"scimrelay/quarantine"
)

// Incident is a time in which a vendor is down for all its targets. Ended is zero while it lasts.
type Incident struct {
	Host         string
	Began, Ended time.Time
}

// incident is the one that lasts, on its way through a transaction.
type incident struct {
	host           string
	began          int64
	tenant, target string // of the canary
}

// ongoing returns the host's incident, or ErrNotFound.
func (t *tx) ongoing(ctx context.Context, host string) (incident, error) {
	i := incident{host: host}
	err := t.row(ctx, `SELECT began, canary_tenant, canary_target FROM incidents WHERE host = $1 AND ended = 0`, []any{host},
		&i.began, &i.tenant, &i.target)
	return i, err
}

// downOnEntry is the incident that a target gets into which can no longer reach its vendor, nil
// when the vendor is not down for all: then it waits with the others.
func (t *tx) downOnEntry(ctx context.Context, l Lease, before, after quarantine.State) (*incident, error) {
	if l.Host == "" || !after.Open() || before.Open() || !after.Incident.IsZero() {
		return nil, nil
	}
	i, err := t.ongoing(ctx, l.Host)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &i, err
}

// tellIncident tells a tenant once of an incident, whatever the number of its targets.
func (t *tx) tellIncident(ctx context.Context, tenant string, i incident) error {
	return t.tell(ctx, Notice{Tenant: tenant, Notice: quarantine.Notice{Kind: quarantine.NoticeIncident, Reason: i.host, Series: fromMillis(i.began)}})
}

// Troubled lists the hosts of which somebody has to ask whether they are down for all.
func (g *Targets) Troubled(ctx context.Context) (hosts []string, err error) {
	rows, err := g.db.read.QueryContext(ctx, `SELECT host FROM targets WHERE reason = 'unreachable' AND host <> ''
		AND phase IN ('quarantined', 'probing') AND opened >= $1 UNION SELECT host FROM incidents WHERE ended = 0 ORDER BY 1`,
		g.db.millis()-g.db.policy.HostWindow.Milliseconds())
	if err != nil {
		return nil, unavailable("read hosts", err)
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		var host string
		err := scan(&host)
		hosts = append(hosts, host)
		return err
	})
	return hosts, unavailable("read hosts", err)
}

// Survey asks whether the host is down for all its targets, and has them wait for one of them, or
// ends that once the one has reached it.
func (g *Targets) Survey(ctx context.Context, host string) error {
	return g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, t.lane.db.engine.exclude, "incident "+host); err != nil {
			return err
		}
		i, err := t.ongoing(ctx, host)
		if errors.Is(err, ErrNotFound) {
			return t.declare(ctx, host)
		}
		if err != nil {
			return err
		}
		return t.pursue(ctx, i)
	})
}

// declare begins an incident, if so many of the host's targets have opened lately.
func (t *tx) declare(ctx context.Context, host string) error {
	p := t.lane.db.policy
	var opened, active int
	var over int64 // who has opened before the end of the last one waits for a probe of its own
	if err := t.row(ctx, `SELECT COALESCE(MAX(ended), 0) FROM incidents WHERE host = $1`, []any{host}, &over); err != nil {
		return err
	}
	err := t.row(ctx, `SELECT COUNT(*) FILTER (WHERE reason = 'unreachable' AND phase IN ('quarantined', 'probing') AND opened >= $1),
		COUNT(*) FILTER (WHERE worked >= $2) FROM targets WHERE host = $3 AND phase <> 'disabled' AND NOT paused`,
		[]any{max(over+1, t.now-p.HostWindow.Milliseconds()), t.now - p.Window.Milliseconds(), host}, &opened, &active)
	if err != nil || !p.Vendorwide(opened, active) {
		return err
	}
	err = t.exec(ctx, `INSERT INTO incidents (host, began, ended, canary_tenant, canary_target) VALUES ($1, $2, 0, '', '')`, host, t.now)
	if err != nil {
		return err
	}
	return t.pursue(ctx, incident{host: host, began: t.now})
}

// pursue looks how the incident's canary is, and has another one where it is of no use any more.
func (t *tx) pursue(ctx context.Context, i incident) error {
	canary, err := t.canary(ctx, i)
	if err != nil {
		return err
	}
	switch {
	case canary != nil && t.reached(canary):
		return t.conclude(ctx, i)
	case canary == nil || t.useless(canary):
		return t.appoint(ctx, i, canary)
	}
	return t.gather(ctx, i)
}

// canary reads the target that asks for all, nil when there is none.
func (t *tx) canary(ctx context.Context, i incident) (*patient, error) {
	found, err := t.patients(ctx, `tenant = $1 AND target = $2`, i.tenant, i.target)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (t *tx) patients(ctx context.Context, where string, args ...any) (found []patient, err error) {
	err = t.rows(ctx, `SELECT `+patientColumns+` FROM targets WHERE `+where, args, func(scan func(...any) error) error {
		p, err := scanPatient(scan, t.now)
		found = append(found, p)
		return err
	})
	return found, err
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

// appoint makes the canary of a target that rests and is not the old one, unless it is the only
// one, and has the others wait. Without any the incident is over: nobody could ask.
func (t *tx) appoint(ctx context.Context, i incident, old *patient) error {
	open, err := t.patients(ctx, `host = $1 AND reason = 'unreachable' AND phase IN ('quarantined', 'probing') AND NOT paused
		ORDER BY CASE WHEN tenant = $2 AND target = $3 THEN 1 ELSE 0 END, opened, tenant, target LIMIT 1`, i.host, i.tenant, i.target)
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

// gather has those wait that have opened since.
func (t *tx) gather(ctx context.Context, i incident) error {
	open, err := t.patients(ctx, `host = $1 AND reason = 'unreachable' AND phase IN ('quarantined', 'probing') AND incident = 0
		ORDER BY tenant, target`, i.host)
	for _, p := range open {
		if err != nil {
			return err
		}
		err = t.adjust(ctx, i, p, t.lane.db.policy.Join(p.health, fromMillis(t.now), false))
	}
	return err
}

// conclude ends the incident: each of its targets is probed at a time of its own.
func (t *tx) conclude(ctx context.Context, i incident) error {
	err := t.exec(ctx, `UPDATE incidents SET ended = $1 WHERE host = $2 AND began = $3`, t.now, i.host, i.began)
	if err != nil {
		return err
	}
	waiting, err := t.patients(ctx, `host = $1 AND incident <> 0 ORDER BY tenant, target`, i.host)
	for _, p := range waiting {
		if err != nil {
			return err
		}
		err = t.adjust(ctx, i, p, t.lane.db.policy.Release(p.health, fromMillis(t.now), chance(p, i.began)))
	}
	return err
}

// adjust writes a member's health, unless somebody was faster: then the next survey does it. Of
// one that begins to wait the tenant is told of the incident instead of the quarantine.
func (t *tx) adjust(ctx context.Context, i incident, p patient, after quarantine.State) error {
	before := p.health
	if before.Incident.Equal(after.Incident) && before.Canary == after.Canary {
		return nil
	}
	written, err := t.setHealth(ctx, p.tenant, p.target, p.version, after)
	if err != nil || !written {
		return err
	}
	switch {
	case before.Incident.IsZero():
		t.note(event{tenant: p.tenant, target: p.target, kind: "target.incident", fault: string(after.Reason), detail: i.host})
		err = t.exec(ctx, `DELETE FROM notices WHERE tenant = $1 AND target = $2 AND kind = $3 AND series = $4 AND at >= $5`,
			p.tenant, p.target, string(quarantine.NoticeEntered), toMillis(before.Began), t.now-t.lane.db.policy.HostWindow.Milliseconds())
		if err == nil {
			err = t.tellIncident(ctx, p.tenant, i)
		}
	case after.Incident.IsZero():
		t.note(event{tenant: p.tenant, target: p.target, kind: "target.incident-over", fault: string(after.Reason), detail: i.host})
	}
	return err
}

// chance is a number in [0,1) of the target's own.
func chance(p patient, began int64) float64 {
	h := fnv.New64a()
	for _, part := range []string{p.tenant, "/", p.target, time.UnixMilli(began).UTC().String()} {
		_, _ = h.Write([]byte(part))
	}
	return float64(h.Sum64()>>11) / (1 << 53)
}
