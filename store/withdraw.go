package store

import (
	"context"
	"errors"
	"slices"

	"scimrelay/scim"
)

// ErrUsed says that a resource cannot be withdrawn any more: it has been changed, it is in a
// group, or a vendor has an account for it or may have one.
var ErrUsed = errors.New("the resource is in use")

// Refusal is why a vendor refused a resource: a class of fault and its reason.
type Refusal struct{ Fault, Detail string }

// Withdraw takes back a new resource that a vendor refused, as if it had never been written, or
// returns ErrUsed and writes nothing. It does so only while the resource is at the version, in no
// group, and without an account or a creation under way at any target.
//
// A link goes at once where no turn is at its target; else the turn may have it in hand, and it
// goes as that of somebody deleted does, without a call to the vendor.
func (l *Links) Withdraw(ctx context.Context, w Write, kind, id string, version int64, why Refusal) error {
	return l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.haveRoster(ctx, w.Tenant); err != nil {
			return err
		}
		idle, err := t.idle(ctx, w)
		if err != nil {
			return err
		}
		current, err := t.unused(ctx, w.Tenant, kind, id, version)
		if err != nil {
			return err
		}
		return t.withdraw(ctx, w, current, idle, why)
	})
}

// idle lists those of the targets that no turn works on. None begins before the transaction ends.
func (t *tx) idle(ctx context.Context, w Write) (idle []string, err error) {
	for _, target := range slices.Sorted(slices.Values(w.Targets)) {
		var owner string
		err := t.row(ctx, targetRow+` ON CONFLICT (tenant, target) DO UPDATE SET fence = targets.fence RETURNING owner`,
			[]any{w.Tenant, target, "", 0, 0, false}, &owner)
		if err != nil {
			return nil, err
		}
		if owner == "" {
			idle = append(idle, target)
		}
	}
	return idle, nil
}

// unused takes the rows of the resource and its links, and refuses with ErrUsed.
func (t *tx) unused(ctx context.Context, tenant, kind, id string, version int64) (current scim.Resource, err error) {
	current, err = t.holdAll(ctx, tenant, kind, id, nil)
	if errors.Is(err, ErrNotFound) || err == nil && current.Version != version {
		return current, ErrUsed
	}
	if err != nil {
		return current, err
	}
	groups, err := t.groupsOf(ctx, tenant, id)
	if err != nil {
		return current, err
	}
	used := len(groups) > 0
	err = t.rows(ctx, `UPDATE links SET changed = changed WHERE tenant = $1 AND resource = $2
		RETURNING vendor_id <> '' OR intent <> 0 OR (spreads AND applied <> 0)`, []any{tenant, id}, func(scan func(...any) error) error {
		var has bool
		err := scan(&has)
		used = used || has
		return err
	})
	if err == nil && used {
		err = ErrUsed
	}
	return current, err
}

// withdraw writes it: the resource first, then what hangs on it, as a deletion does.
func (t *tx) withdraw(ctx context.Context, w Write, current scim.Resource, idle []string, why Refusal) error {
	version := current.Version + 1
	err := t.exec(ctx, `UPDATE resources SET deleted = TRUE, active = FALSE, version = $1, modified = $2
		WHERE tenant = $3 AND id = $4`, version, t.now, w.Tenant, current.ID)
	if err != nil {
		return err
	}
	t.note(event{tenant: w.Tenant, kind: "resource.withdrawn", actor: w.Actor, resource: current.ID, version: version, fault: why.Fault, detail: why.Detail})
	if current.Type == scim.TypeGroup {
		if err := t.disband(ctx, w.Tenant, current.ID); err != nil {
			return err
		}
	}
	if err := t.want(ctx, w, current.ID, version, UrgencyDelete); err != nil {
		return err
	}
	for _, target := range idle {
		if err := t.unlink(ctx, w.Tenant, target, current.ID); err != nil {
			return err
		}
	}
	return t.forget(ctx, w.Tenant, []string{current.ID})
}

// unlink drops the link at one target that has nothing of the resource, and wakes who waits for it.
func (t *tx) unlink(ctx context.Context, tenant, target, id string) error {
	err := t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3`, tenant, target, id)
	if err != nil {
		return err
	}
	err = t.exec(ctx, `DELETE FROM links WHERE tenant = $1 AND target = $2 AND resource = $3`, tenant, target, id)
	if err != nil {
		return err
	}
	return t.wake(ctx, Lease{Tenant: tenant, Target: target}, []string{id})
}
