package store

import (
	"context"
	"errors"
	"fmt"

	"scimrelay/quarantine"
)

// Trip is what the deletion guard holds everything of.
type Trip string

// What there is.
const (
	TripNone   Trip = ""       // only what somebody else asked for
	TripTarget Trip = "target" // whatever takes something away at the target
	TripGroup  Trip = "group"  // the removals from one group
)

// Hold says that something of a link waits for a person.
type Hold struct {
	// Link says that the link does: what it wants is not carried out. Else only Members do, who
	// are to leave the link's group.
	Link    bool
	Members []string
	// Trip is what the guard holds, Detail the counts that it went by.
	Trip   Trip
	Detail string

	number int64
}

// stage gives what begins to wait for a person the target's next number, and keeps that the guard
// has tripped. Once nothing waits any more there is no hold, and the next one begins anew.
func (t *tx) stage(ctx context.Context, lease Lease, outcomes []Outcome) error {
	var fresh []*Outcome
	trip, detail := TripNone, ""
	for i := range outcomes {
		o := &outcomes[i]
		if o.Hold == nil || o.Hold.Link && o.Next.Staged > 0 && o.Hold.number == 0 {
			continue // waits already, under the number that a person may have seen
		}
		if fresh = append(fresh, o); o.Hold.Trip == TripTarget {
			trip, detail = TripTarget, o.Hold.Detail
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	number, err := t.open(ctx, lease, trip, detail)
	if err != nil {
		return err
	}
	for _, o := range fresh {
		if o.Hold.number = number; o.Hold.Link {
			o.Next.Staged = number
		}
		if o.Hold.Trip == TripGroup {
			if err := t.openGroup(ctx, lease, o.Next.Resource, o.Hold.Detail); err != nil {
				return err
			}
		}
	}
	return nil
}

// open begins a hold of the target, or goes on with the one there is.
func (t *tx) open(ctx context.Context, lease Lease, trip Trip, detail string) (number int64, err error) {
	var tripped, opened int64
	var waiting bool
	err = t.row(ctx, `SELECT tripped, opened, number, `+held+` FROM holds WHERE tenant = $1 AND target = $2 AND grp = ''`,
		[]any{lease.Tenant, lease.Target}, &tripped, &opened, &number, &waiting)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	if !waiting {
		tripped, opened = 0, t.now
	}
	begins := trip == TripTarget && tripped == 0
	if begins {
		tripped = t.now
	}
	number++
	err = t.exec(ctx, `INSERT INTO holds (tenant, target, grp, tripped, opened, number) VALUES ($1, $2, '', $3, $4, $5)
		ON CONFLICT (tenant, target, grp) DO UPDATE SET tripped = excluded.tripped, opened = excluded.opened, number = excluded.number`,
		lease.Tenant, lease.Target, tripped, opened, number)
	switch {
	case err != nil:
		return 0, err
	case begins:
		return number, t.announce(ctx, lease, "", "deletes", tripped, detail)
	case !waiting:
		return number, t.announce(ctx, lease, "", "confirm", opened, "what cannot be undone waits for a person")
	}
	return number, nil
}

// openGroup does the same for the removals from one group.
func (t *tx) openGroup(ctx context.Context, lease Lease, group, detail string) error {
	var waiting bool
	err := t.row(ctx, `SELECT EXISTS (`+heldMembers+` AND a.grp = $3) FROM holds WHERE tenant = $1 AND target = $2 AND grp = $3 AND tripped > 0`,
		[]any{lease.Tenant, lease.Target, group}, &waiting)
	if err != nil && !errors.Is(err, ErrNotFound) || waiting {
		return err
	}
	err = t.exec(ctx, `INSERT INTO holds (tenant, target, grp, tripped, opened, number) VALUES ($1, $2, $3, $4, $4, 0)
		ON CONFLICT (tenant, target, grp) DO UPDATE SET tripped = excluded.tripped, opened = excluded.opened`,
		lease.Tenant, lease.Target, group, t.now)
	if err != nil {
		return err
	}
	return t.announce(ctx, lease, group, "memberships", t.now, detail)
}

// announce writes that a hold begins, and tells of it.
func (t *tx) announce(ctx context.Context, lease Lease, group, reason string, since int64, detail string) error {
	t.note(event{tenant: lease.Tenant, target: lease.Target, kind: "deletes.held", resource: group, detail: fmt.Sprintf("%s: %s", reason, detail)})
	return t.tell(ctx, Notice{Tenant: lease.Tenant, Target: lease.Target,
		Notice: quarantine.Notice{Kind: quarantine.NoticeHeld, Reason: reason, Series: fromMillis(since), Detail: detail}})
}

// unstage lets the groups go on that hold removals of people whose own deletion is done: their
// accounts are no more.
func (t *tx) unstage(ctx context.Context, lease Lease, gone []string) error {
	return in([]any{lease.Tenant, lease.Target}, gone, func(list string, args []any) error {
		var members []string
		err := t.rows(ctx, `UPDATE awaiting SET ready = TRUE, tried = 0, staged = 0 WHERE tenant = $1 AND target = $2 AND staged > 0
			AND member IN `+list+` RETURNING member`, args, func(scan func(...any) error) error {
			var member string
			err := scan(&member)
			members = append(members, member)
			return err
		})
		if err != nil {
			return err
		}
		return t.resume(ctx, lease, members, awaits+` OR `+asideAlone)
	})
}
