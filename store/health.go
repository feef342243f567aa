package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"scimrelay/quarantine"
)

// ErrOverruled says that the target's health was changed by another hand while a turn worked on
// it. What the turn did to links is recorded; what it thought of the target is not.
var ErrOverruled = errors.New("store: the target's health was changed meanwhile")

// seen is the health that a lease's owner works from, and its version. It is shared by the
// copies of one lease.
type seen struct {
	mu      sync.Mutex
	version int64
	health  quarantine.State
}

func (s *seen) look() (int64, quarantine.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.health
}

func (s *seen) move(version int64, health quarantine.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.health = version, health
}

// readHealth takes what cannot be read, as after a roll-back from a newer version, for a
// target nothing is known of: better asked once too often than never again.
func readHealth(text string) quarantine.State {
	var s quarantine.State
	if json.Unmarshal([]byte(text), &s) != nil {
		return quarantine.State{}
	}
	return s
}

// healthColumns are set from values 1 to 8.
const healthColumns = `health = $1, health_version = health_version + $2, rest_until = $3, phase = $4, reason = $5,
	look_at = $6, opened = $7, incident = $8`

func (db *database) healthValues(step int64, s quarantine.State) ([]any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("store: write a target's health: %w", err)
	}
	return []any{string(text), step, toMillis(s.Rest()), string(s.Phase), string(s.Reason), toMillis(db.policy.Look(s)),
		toMillis(s.Opened), toMillis(s.Incident)}, nil
}

// setHealth writes the health over the version, and says whether that was still there.
func (t *tx) setHealth(ctx context.Context, tenant, target string, version int64, s quarantine.State) (bool, error) {
	values, err := t.lane.db.healthValues(1, s)
	if err != nil {
		return false, err
	}
	n, err := t.affect(ctx, `UPDATE targets SET `+healthColumns+` WHERE tenant = $9 AND target = $10 AND health_version = $11`,
		append(values, tenant, target, version)...)
	return n > 0, err
}

// reported is what became of the health that a lease's owner came to.
type reported struct {
	version int64
	health  quarantine.State
	written bool
}

// report renews the lease and writes the health its owner came to, if nobody has changed it
// since the owner saw it. It refuses with ErrFenced when the lease is another's.
func (t *tx) report(ctx context.Context, l Lease, after quarantine.State, worked bool) (r reported, err error) {
	if l.joins(after) {
		if err := t.shareIncidents(ctx, l.Host); err != nil {
			return r, err
		}
	}
	version, before, err := t.before(ctx, l)
	if err != nil {
		return r, err
	}
	down, err := t.downOnEntry(ctx, l, before, after)
	if err != nil {
		return r, err
	}
	if down != nil {
		after = t.lane.db.policy.Join(after, fromMillis(t.now), false)
	}
	step, err := changed(before, after)
	if err != nil {
		return r, err
	}
	if r.written, err = t.writeReport(ctx, l, version, step, after, worked); err != nil {
		return r, err
	}
	if !r.written {
		return r, t.hold(ctx, l)
	}
	if down != nil {
		if err := t.tellIncident(ctx, l.Tenant, *down); err != nil {
			return r, err
		}
	}
	r.version, r.health = version+step, after
	return r, t.tellHealth(ctx, l.Tenant, l.Target, "", "", before, after)
}

// changed is by how much the version rises.
func changed(before, after quarantine.State) (int64, error) {
	one, err := json.Marshal(before)
	if err != nil {
		return 0, err
	}
	other, err := json.Marshal(after)
	if err != nil || bytes.Equal(one, other) {
		return 0, err
	}
	return 1, nil
}

func (t *tx) writeReport(ctx context.Context, l Lease, version, step int64, s quarantine.State, worked bool) (bool, error) {
	values, err := t.lane.db.healthValues(step, s)
	if err != nil {
		return false, err
	}
	at := int64(0)
	if worked {
		at = t.now
	}
	n, err := t.affect(ctx, `UPDATE targets SET `+healthColumns+`, until = $9,
		host = CASE WHEN CAST($10 AS TEXT) = '' THEN host ELSE CAST($10 AS TEXT) END,
		worked = CASE WHEN CAST($11 AS BIGINT) = 0 THEN worked ELSE CAST($11 AS BIGINT) END
		WHERE tenant = $12 AND target = $13 AND owner = $14 AND fence = $15 AND health_version = $16`,
		append(values, t.now+l.TTL.Milliseconds(), l.Host, at, l.Tenant, l.Target, l.Owner, l.Fence, version)...)
	return n > 0, err
}

// before is the health that the lease's owner works from. A lease that was not got from Acquire
// has none of its own.
func (t *tx) before(ctx context.Context, l Lease) (version int64, _ quarantine.State, err error) {
	if l.seen != nil {
		version, state := l.seen.look()
		return version, state, nil
	}
	if err := t.hold(ctx, l); err != nil {
		return 0, quarantine.State{}, err
	}
	return t.lockHealth(ctx, l.Tenant, l.Target)
}

// lockHealth reads the health for changing it in this transaction. A target nobody has worked on
// is ErrNotFound.
func (t *tx) lockHealth(ctx context.Context, tenant, target string) (version int64, _ quarantine.State, err error) {
	var text string
	err = t.row(ctx, `UPDATE targets SET health_version = health_version WHERE tenant = $1 AND target = $2
		RETURNING health, health_version`, []any{tenant, target}, &text, &version)
	return version, readHealth(text), err
}

// tellHealth writes the event of a changed phase, and what there is to tell of it.
func (t *tx) tellHealth(ctx context.Context, tenant, target, actor, why string, before, after quarantine.State) error {
	if before.Phase != after.Phase || before.Reason != after.Reason && after.Phase == quarantine.Quarantined {
		t.note(event{tenant: tenant, target: target, kind: "target." + phaseName(after.Phase), actor: actor,
			fault: string(after.Reason), detail: describe(after, why)})
	}
	for _, n := range quarantine.Notices(before, after) {
		if err := t.tell(ctx, Notice{Tenant: tenant, Target: target, Notice: n}); err != nil {
			return err
		}
	}
	return nil
}

func phaseName(p quarantine.Phase) string {
	if p == quarantine.Active {
		return "active"
	}
	return string(p)
}

func describe(s quarantine.State, why string) string {
	if why != "" {
		return why
	}
	if s.Phase != quarantine.Quarantined {
		return ""
	}
	return fmt.Sprintf("k %d, rest %d of the series since %s, next probe %s", s.Step, s.Count,
		s.Began.UTC().Format(time.RFC3339), s.Until.UTC().Format(time.RFC3339))
}
