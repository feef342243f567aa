package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"scimrelay/quarantine"
)

// Targets are what the gateway knows of each target beside its file: who works on it (the
// lease), how healthy it is, whether it is paused.
type Targets struct{ db *database }

// Lease is the right of one owner to work on a target until a time, renewed by Extend and by
// every Record. Fence rises with each lease of the target, so that a late owner is told apart.
type Lease struct {
	Tenant, Target string
	Owner          string
	Fence          int64
	TTL            time.Duration
	// Host is where the owner calls the vendor; Record keeps it with the target.
	Host string

	seen *seen
}

// Status is a target's row.
type Status struct {
	Held      bool  // a live owner works on it
	Fence     int64 // of the latest lease
	RestUntil time.Time
	Paused    bool
	Health    quarantine.State
	Host      string
}

// Open reports whether a turn may start now.
func (s Status) Open(now time.Time) bool {
	return !s.Held && !s.Paused && !s.RestUntil.After(now)
}

const targetRow = `INSERT INTO targets (tenant, target, owner, until, fence, rest_until, paused, seeds, seeded_at, settings, health)
	VALUES ($1, $2, $3, $4, $5, 0, $6, 0, 0, '', '{}')`

// Acquire takes the target's lease for ttl and returns the target's status with it, or
// ErrFenced while another owner holds it.
func (g *Targets) Acquire(ctx context.Context, tenant, target, owner string, ttl time.Duration) (Lease, Status, error) {
	lease := Lease{Tenant: tenant, Target: target, Owner: owner, TTL: ttl}
	var status Status
	var version int64
	err := g.db.commit.do(ctx, lockTarget(tenant, target), func(ctx context.Context, t *tx) error {
		var rest int64
		var health string
		err := t.row(ctx, targetRow+` ON CONFLICT (tenant, target) DO UPDATE SET owner = excluded.owner,
			until = excluded.until, fence = targets.fence + 1 WHERE targets.owner = '' OR targets.until <= $7
			RETURNING fence, rest_until, paused, health, health_version`,
			[]any{tenant, target, owner, t.now + ttl.Milliseconds(), 1, false, t.now},
			&lease.Fence, &rest, &status.Paused, &health, &version)
		if errors.Is(err, ErrNotFound) {
			return ErrFenced
		}
		if err != nil {
			return err
		}
		status.Fence, status.RestUntil, status.Health = lease.Fence, fromMillis(rest), readHealth(health)
		return nil
	})
	if err != nil {
		return Lease{}, Status{}, err
	}
	lease.seen = &seen{version: version, health: status.Health}
	return lease, status, nil
}

// hold renews the lease inside a transaction, or refuses with ErrFenced.
func (t *tx) hold(ctx context.Context, l Lease) error {
	n, err := t.affect(ctx, `UPDATE targets SET until = $1 WHERE tenant = $2 AND target = $3 AND owner = $4 AND fence = $5`,
		t.now+l.TTL.Milliseconds(), l.Tenant, l.Target, l.Owner, l.Fence)
	if err == nil && n == 0 {
		return ErrFenced
	}
	return err
}

// haveTarget keeps turns from recording at the target until the transaction ends. Whoever changes
// many of its links takes it first, as a Record does, or the two meet in a circle.
func (t *tx) haveTarget(ctx context.Context, tenant, target string) error {
	return t.exec(ctx, `UPDATE targets SET fence = fence WHERE tenant = $1 AND target = $2`, tenant, target)
}

// Extend renews the lease, or returns ErrFenced when it is another owner's.
func (g *Targets) Extend(ctx context.Context, l Lease) error {
	return g.db.commit.do(ctx, lockTarget(l.Tenant, l.Target), func(ctx context.Context, t *tx) error { return t.hold(ctx, l) })
}

// Release ends the lease if it is still the owner's.
func (g *Targets) Release(ctx context.Context, l Lease) error {
	return g.db.commit.do(ctx, lockTarget(l.Tenant, l.Target), func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `UPDATE targets SET owner = '', until = 0 WHERE tenant = $1 AND target = $2
			AND owner = $3 AND fence = $4`, l.Tenant, l.Target, l.Owner, l.Fence)
	})
}

// Reclaim ends every lease. Only a process that knows to be alone may call it, at its start:
// whoever held them is dead.
func (g *Targets) Reclaim(ctx context.Context) error {
	return g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `UPDATE targets SET owner = '', until = 0 WHERE owner <> ''`)
	})
}

// Status reads the target's row; a target nobody has worked on yet has the zero Status.
func (g *Targets) Status(ctx context.Context, tenant, target string) (Status, error) {
	var s Status
	var owner, health string
	var until, rest int64
	err := g.db.read.QueryRowContext(ctx, `SELECT owner, until, fence, rest_until, paused, health, host FROM targets
		WHERE tenant = $1 AND target = $2`, tenant, target).Scan(&owner, &until, &s.Fence, &rest, &s.Paused, &health, &s.Host)
	if errors.Is(err, sql.ErrNoRows) {
		return Status{}, nil
	}
	if err != nil {
		return s, unavailable("read a target", err)
	}
	s.Held, s.RestUntil, s.Health = owner != "" && until > g.db.millis(), fromMillis(rest), readHealth(health)
	return s, nil
}

// Pause stops or lets go the target's turns.
func (g *Targets) Pause(ctx context.Context, o Order, paused bool) error {
	kind := "target.resumed"
	if paused {
		kind = "target.paused"
	}
	return g.db.commit.do(ctx, lockTarget(o.Tenant, o.Target), func(ctx context.Context, t *tx) error {
		t.note(o.event(kind))
		return t.exec(ctx, targetRow+` ON CONFLICT (tenant, target) DO UPDATE SET paused = excluded.paused`,
			o.Tenant, o.Target, "", 0, 0, paused)
	})
}

// seedAgain is how much later links are made once more: by then every gateway has read the
// target's file, and none writes resources without a link for it any longer.
const seedAgain = 90 * time.Second

// Seed makes the links a new target lacks: one, due, for each living resource of the tenant.
// It returns how long until it must be asked again, zero when never.
func (g *Targets) Seed(ctx context.Context, tenant, target string) (time.Duration, error) {
	if done, err := g.seeded(ctx, tenant, target); done || err != nil {
		return 0, err
	}
	var again time.Duration
	err := g.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		var seeds, at int64
		err := t.row(ctx, targetRow+` ON CONFLICT (tenant, target) DO UPDATE SET seeds = targets.seeds
			RETURNING seeds, seeded_at`, []any{tenant, target, "", 0, 0, false}, &seeds, &at)
		if err != nil {
			return err
		}
		again = 0
		if seeds == 1 {
			again = seedAgain - time.Duration(t.now-at)*time.Millisecond
		}
		if seeds > 1 || again > 0 {
			return nil
		}
		if seeds == 0 {
			again = seedAgain
		}
		t.note(event{tenant: tenant, target: target, kind: "target.seeded"})
		return t.seed(ctx, tenant, target)
	})
	if err != nil {
		return 0, err
	}
	return max(0, again), nil
}

func (g *Targets) seeded(ctx context.Context, tenant, target string) (bool, error) {
	var seeds int64
	err := g.db.read.QueryRowContext(ctx, `SELECT seeds FROM targets WHERE tenant = $1 AND target = $2`, tenant, target).Scan(&seeds)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return seeds > 1, unavailable("read a target", err)
}

func (t *tx) seed(ctx context.Context, tenant, target string) error {
	err := t.exec(ctx, insertLinks+` SELECT tenant, id, CAST($1 AS TEXT), type, 1, version, 0,
		CASE WHEN type = 'Group' THEN `+membershipLiteral+` ELSE `+createLiteral+` END, '', '', '', '', 0,
		CAST($2 AS BIGINT), '', 0, '', 0, '', CAST($2 AS BIGINT), 0, '', '', 0, FALSE, 0 FROM resources WHERE tenant = $3 AND NOT deleted
		ON CONFLICT DO NOTHING`, target, t.now, tenant)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE targets SET seeds = seeds + 1, seeded_at = $1 WHERE tenant = $2 AND target = $3`, t.now, tenant, target)
}
