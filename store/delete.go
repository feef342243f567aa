package store

import (
	"context"
	"slices"
	"strings"

	"scimrelay/scim"
)

// Delete makes the resource a memory that its links still want gone, and takes it out of every
// group, or returns ErrNotFound. Admit, which may be nil, judges the resource as it is inside
// the transaction; its error is returned as it is and nothing is written.
func (d *Directory) Delete(ctx context.Context, w Write, kind, id string, admit func(scim.Resource) error) error {
	return d.db.commit.answer(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.haveRoster(ctx, w.Tenant); err != nil {
			return err
		}
		groups, err := t.groupsOf(ctx, w.Tenant, id)
		if err != nil {
			return err
		}
		current, err := t.holdAll(ctx, w.Tenant, kind, id, groups)
		if err == nil && admit != nil {
			err = admit(current)
		}
		if err != nil {
			return err
		}
		return t.delete(ctx, w, current, groups)
	})
}

// groupsOf lists the groups that have the member.
func (t *tx) groupsOf(ctx context.Context, tenant, member string) (groups []string, err error) {
	err = t.rows(ctx, `SELECT grp FROM memberships WHERE tenant = $1 AND member = $2 AND present`, []any{tenant, member},
		func(scan func(...any) error) error {
			var group string
			err := scan(&group)
			groups = append(groups, group)
			return err
		})
	return groups, err
}

// holdAll takes the rows of the resource and its groups in their order, and reads the resource.
func (t *tx) holdAll(ctx context.Context, tenant, kind, id string, groups []string) (current scim.Resource, err error) {
	all := append(slices.Clone(groups), id)
	slices.Sort(all)
	for _, one := range all {
		of := scim.TypeGroup
		if one == id {
			of = kind
		}
		var held scim.Resource
		err := t.rows(ctx, `UPDATE resources SET version = version WHERE tenant = $1 AND id = $2 AND type = $3 AND NOT deleted
			RETURNING `+resourceColumns, []any{tenant, one, of}, func(scan func(...any) error) (err error) {
			held, err = scanResource(scan)
			return err
		})
		if err != nil {
			return current, err
		}
		if one == id {
			current = held
		}
	}
	if current.ID == "" {
		return current, ErrNotFound
	}
	return current, nil
}

// delete writes the deletion: resources and memberships first, then links, each in order.
func (t *tx) delete(ctx context.Context, w Write, current scim.Resource, groups []string) error {
	version := current.Version + 1
	err := t.exec(ctx, `UPDATE resources SET deleted = TRUE, active = FALSE, version = $1, modified = $2
		WHERE tenant = $3 AND id = $4`, version, t.now, w.Tenant, current.ID)
	if err != nil {
		return err
	}
	t.note(event{tenant: w.Tenant, kind: "resource.deleted", actor: w.Actor, resource: current.ID, version: version})
	wants := []want{{current.ID, version, UrgencyDelete}}
	for _, group := range groups {
		raised, err := t.letGo(ctx, w, group, current.ID)
		if err != nil {
			return err
		}
		wants = append(wants, want{group, raised, UrgencyMembership})
	}
	if current.Type == scim.TypeGroup {
		if err := t.disband(ctx, w.Tenant, current.ID); err != nil {
			return err
		}
	}
	slices.SortFunc(wants, func(a, b want) int { return strings.Compare(a.resource, b.resource) })
	for _, k := range wants {
		if err := t.want(ctx, w, k.resource, k.version, k.urgency); err != nil {
			return err
		}
	}
	return t.forget(ctx, w.Tenant, []string{current.ID})
}

// want is a resource's new version for its links.
type want struct {
	resource string
	version  int64
	urgency  Urgency
}

// letGo takes the leaver out of one group and returns the group's new version.
func (t *tx) letGo(ctx context.Context, w Write, group, member string) (version int64, err error) {
	err = t.row(ctx, `UPDATE resources SET version = version + 1, modified = CASE WHEN modified > $1 THEN modified ELSE $1 END
		WHERE tenant = $2 AND id = $3 RETURNING version`, []any{t.now, w.Tenant, group}, &version)
	if err != nil {
		return 0, err
	}
	gone := rows{removed: []string{member}}
	t.note(event{tenant: w.Tenant, kind: "resource.updated", actor: w.Actor, resource: group, version: version, detail: gone.detail()})
	return version, t.write(ctx, w.Tenant, group, version, gone)
}

// disband drops the memberships of a group that is deleted: the vendors' groups go whole. Leavers
// that were kept for it are free.
func (t *tx) disband(ctx context.Context, tenant, group string) error {
	leavers, err := t.removedFrom(ctx, tenant, group)
	if err != nil {
		return err
	}
	if err := t.ungive(ctx, tenant, group); err != nil {
		return err
	}
	if err := t.exec(ctx, `DELETE FROM memberships WHERE tenant = $1 AND grp = $2`, tenant, group); err != nil {
		return err
	}
	return t.release(ctx, tenant, "", leavers)
}

// ungive makes those due who lose what the group gives them, at the targets where groups give
// something. A link that has not run yet may be of such a target.
func (t *tx) ungive(ctx context.Context, tenant, group string) error {
	targets, err := t.members(ctx, `SELECT target FROM links WHERE tenant = $1 AND resource = $2 AND (spreads OR applied = 0)`, tenant, group)
	if err != nil || len(targets) == 0 {
		return err // most groups are groups, and may be large
	}
	people, err := t.members(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2`, tenant, group)
	if err != nil {
		return err
	}
	for _, target := range targets {
		if err := t.touch(ctx, tenant, target, people); err != nil {
			return err
		}
	}
	return nil
}

// forget drops deleted resources that no link waits for any more.
func (t *tx) forget(ctx context.Context, tenant string, ids []string) error {
	return in([]any{tenant}, ids, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM resources WHERE tenant = $1 AND id IN `+list+` AND deleted AND NOT EXISTS
			(SELECT 1 FROM links l WHERE l.tenant = resources.tenant AND l.resource = resources.id)`, args...)
	})
}
