package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"scimrelay/quarantine"
)

// ApprovalLasts is how long an approval counts: what has not been carried out by then is held
// again.
const ApprovalLasts = 24 * time.Hour

// Decision is a person's, about what is held at a target.
type Decision struct {
	Order
	// Batch is the name that was shown; only what waited then is decided. When it is empty, it is
	// what waits now.
	Batch string
	// Resource is a person or a group, when the decision is about that one only.
	Resource string
}

// Decided is what a decision was about.
type Decided struct {
	Batch    string // empty when nothing was held
	Links    int    // people and groups
	Removals int    // memberships
	Left     int    // of all, still held
}

// Approve agrees to what is held. Links count for the version wanted now, and for ApprovalLasts.
// Asked about one resource it agrees as well to what was rejected of it before.
// ErrNotFound says that there is no batch of that name.
func (l *Links) Approve(ctx context.Context, d Decision) (Decided, error) {
	return l.decide(ctx, d, verdict{kind: "approved", member: lasts(),
		link: `rejected = 0, approved = wanted, approved_until = ` + lasts() + `, applied = CASE WHEN applied = wanted THEN wanted - 1 ELSE applied END`,
		also: `OR $4 <> '' AND rejected = wanted`})
}

// Reject refuses what is held: accounts and memberships stay as they are. The links come to rest
// without a call in the target's next turn. ErrNotFound says that there is no batch of that name.
func (l *Links) Reject(ctx context.Context, d Decision) (Decided, error) {
	return l.decide(ctx, d, rejection())
}

func rejection() verdict {
	return verdict{kind: "rejected", link: `rejected = wanted`, member: `-1`}
}

// lasts is now, the first value, and ApprovalLasts.
func lasts() string { return fmt.Sprintf("CAST($1 AS BIGINT) + %d", ApprovalLasts.Milliseconds()) }

// verdict is what a decision writes, and of which links it does beside those that are held.
type verdict struct{ kind, link, member, also string }

func (l *Links) decide(ctx context.Context, d Decision, v verdict) (done Decided, err error) {
	err = l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		done = Decided{}
		upto, err := t.batch(ctx, d)
		if err != nil || upto == 0 {
			return err
		}
		done.Batch = quarantine.BatchName(d.Tenant, d.Target, upto)
		if done.Removals, err = t.decideMembers(ctx, d, v, upto); err != nil {
			return err
		}
		if done.Links, err = t.decideLinks(ctx, d, v, upto); err != nil {
			return err
		}
		if done.Links+done.Removals > 0 {
			t.note(event{tenant: d.Tenant, target: d.Target, kind: "deletes." + v.kind, actor: d.Actor, resource: d.Resource,
				detail: fmt.Sprintf("batch %s, %d people and groups, %d memberships: %s", done.Batch, done.Links, done.Removals, d.Reason)})
		}
		return t.row(ctx, `SELECT (SELECT COUNT(*) FROM links WHERE tenant = $1 AND target = $2 AND staged > 0)
			+ (SELECT COUNT(*) FROM (`+heldMembers+`) AS x)`, []any{d.Tenant, d.Target}, &done.Left)
	})
	if err != nil {
		return Decided{}, err
	}
	return done, nil
}

// batch is the number up to which the decision counts, 0 when nothing was ever held. It keeps
// turns from recording meanwhile.
func (t *tx) batch(ctx context.Context, d Decision) (upto int64, err error) {
	if err := t.haveTarget(ctx, d.Tenant, d.Target); err != nil {
		return 0, err
	}
	err = t.row(ctx, `SELECT number FROM holds WHERE tenant = $1 AND target = $2 AND grp = ''`, []any{d.Tenant, d.Target}, &upto)
	if err != nil && !errors.Is(err, ErrNotFound) || d.Batch == "" {
		return upto, ignoreNotFound(err)
	}
	number, ok := quarantine.BatchNumber(d.Tenant, d.Target, d.Batch)
	if !ok || number < 1 || number > upto {
		return 0, ErrNotFound
	}
	return number, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// decideLinks decides about people and groups. A turn that has read one of them records nothing
// over it: it counts as touched.
func (t *tx) decideLinks(ctx context.Context, d Decision, v verdict, upto int64) (n int, err error) {
	err = t.rows(ctx, `UPDATE links SET `+v.link+`, staged = 0, next_at = $1, state = '', attempts = 0, changed = $1, touches = touches + 1
		WHERE tenant = $2 AND target = $3 AND ($4 = '' OR resource = $4) AND (staged BETWEEN 1 AND $5 `+v.also+`) RETURNING resource, wanted`,
		[]any{t.now, d.Tenant, d.Target, d.Resource, upto}, func(scan func(...any) error) error {
			e := event{tenant: d.Tenant, target: d.Target, kind: "link." + v.kind, actor: d.Actor, detail: d.Reason}
			err := scan(&e.resource, &e.version)
			n++
			t.note(e)
			return err
		})
	return n, err
}

// decideMembers decides about memberships, of which a person and the group may be asked for.
func (t *tx) decideMembers(ctx context.Context, d Decision, v verdict, upto int64) (n int, err error) {
	var groups []string
	err = t.rows(ctx, `UPDATE awaiting SET staged = 0, ready = TRUE, tried = 0, agreed = `+v.member+`
		WHERE tenant = $2 AND target = $3 AND ($4 = '' OR grp = $4 OR member = $4) AND staged BETWEEN 1 AND $5 AND CAST($1 AS BIGINT) > 0
		AND EXISTS (SELECT 1 FROM memberships m WHERE m.tenant = awaiting.tenant AND m.grp = awaiting.grp AND m.member = awaiting.member AND NOT m.present)
		RETURNING grp, member`, []any{t.now, d.Tenant, d.Target, d.Resource, upto}, func(scan func(...any) error) error {
		var group, member string
		err := scan(&group, &member)
		groups = append(groups, group)
		n++
		t.note(event{tenant: d.Tenant, target: d.Target, kind: "membership." + v.kind, actor: d.Actor, resource: group,
			detail: fmt.Sprintf("member %s: %s", member, d.Reason)})
		return err
	})
	if err != nil {
		return 0, err
	}
	slices.Sort(groups)
	return n, in([]any{t.now, d.Tenant, d.Target}, slices.Compact(groups), func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = '', waits_for = '', attempts = 0, changed = $1, touches = touches + 1,
			applied = CASE WHEN applied = wanted THEN wanted - 1 ELSE applied END
			WHERE tenant = $2 AND target = $3 AND resource IN `+list, args...)
	})
}

// yield gives up deletions that are held and whose accounts others claim by their keys: whoever
// was deleted and created again, as after a restored backup, keeps the account.
func (t *tx) yield(ctx context.Context, lease Lease, outcomes []Outcome) error {
	for _, o := range outcomes {
		if o.Claims == "" {
			continue
		}
		var number int64
		err := t.row(ctx, `SELECT staged FROM links WHERE tenant = $1 AND resource = $2 AND target = $3 AND type = $4 AND staged > 0
			AND urgency = `+deleteLiteral, []any{lease.Tenant, o.Claims, lease.Target, o.Next.Type}, &number)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		d := Decision{Order: Order{Tenant: lease.Tenant, Target: lease.Target, Reason: "the account is wanted by resource " + o.Next.Resource}, Resource: o.Claims}
		if err == nil {
			err = t.handOver(ctx, lease, o.Claims, o.Next.Resource)
		}
		if err == nil {
			_, err = t.decideMembers(ctx, d, rejection(), math.MaxInt64)
		}
		if err == nil {
			_, err = t.decideLinks(ctx, d, rejection(), math.MaxInt64)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// handOver has the removals of one member that are held be the heir's: the account is, and it is
// in the groups still. Where the heir is a member nothing is to be removed.
func (t *tx) handOver(ctx context.Context, lease Lease, member, heir string) error {
	args := []any{lease.Tenant, lease.Target, member, heir}
	err := t.exec(ctx, `INSERT INTO memberships (tenant, grp, member, type, version, present)
		SELECT a.tenant, a.grp, CAST($4 AS TEXT), m.type, m.version, FALSE FROM awaiting a
		JOIN memberships m ON m.tenant = a.tenant AND m.grp = a.grp AND m.member = a.member
		WHERE a.tenant = $1 AND a.target = $2 AND a.member = $3 AND a.staged > 0 AND NOT m.present ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO awaiting (tenant, target, grp, member, ready, tried, staged)
		SELECT a.tenant, a.target, a.grp, h.member, FALSE, 0, a.staged FROM awaiting a
		JOIN memberships h ON h.tenant = a.tenant AND h.grp = a.grp AND h.member = $4
		WHERE a.tenant = $1 AND a.target = $2 AND a.member = $3 AND a.staged > 0 AND NOT h.present ON CONFLICT DO NOTHING`, args...)
}
