package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"scimrelay/scim"
)

// rows are the memberships that an edit changes.
type rows struct {
	added   []scim.Member
	removed []string
}

func (r rows) empty() bool { return len(r.added)+len(r.removed) == 0 }

// detail is what an event says of them, in numbers only.
func (r rows) detail() string {
	if r.empty() {
		return ""
	}
	return fmt.Sprintf("+%d -%d members", len(r.added), len(r.removed))
}

// found makes a group with its first members.
func (t *tx) found(ctx context.Context, c *creation) error {
	if err := t.shareRoster(ctx, c.write.Tenant); err != nil {
		return err
	}
	first, err := t.difference(ctx, c.write.Tenant, c.id, scim.MemberEdit{Add: c.revision.Members.Add})
	if err != nil {
		return err
	}
	c.detail = first.detail()
	j := &job{create: c}
	if err := t.create(ctx, []*job{j}); err != nil || j.err != nil {
		return errors.Join(err, j.err)
	}
	return t.write(ctx, c.write.Tenant, c.id, 1, first)
}

// editOf holds the group at the version the revision was made from, and brings the edit down to
// the rows it changes. It returns ErrUnchanged when the revision changes nothing at all.
func (t *tx) editOf(ctx context.Context, tenant string, current scim.Resource, rev Revision) (edit rows, err error) {
	if rev.Members.Empty() {
		return edit, nil
	}
	if err := t.shareRoster(ctx, tenant); err != nil {
		return edit, err
	}
	n, err := t.affect(ctx, `UPDATE resources SET version = version WHERE tenant = $1 AND id = $2 AND version = $3 AND NOT deleted`,
		tenant, current.ID, current.Version)
	if err != nil {
		return edit, err
	}
	if n == 0 {
		return edit, errStale
	}
	if edit, err = t.difference(ctx, tenant, current.ID, rev.Members); err != nil {
		return edit, err
	}
	if edit.empty() && string(rev.Body) == string(current.Body) {
		return edit, ErrUnchanged
	}
	return edit, nil
}

// difference leaves out of the edit what is so already, and refuses members that do not exist.
// Only when everybody is cleared is the whole group read.
func (t *tx) difference(ctx context.Context, tenant, group string, edit scim.MemberEdit) (changed rows, err error) {
	add, remove := distinct(edit.Add), distinct(edit.Remove)
	if edit.Clear {
		if remove, err = t.others(ctx, tenant, group, add); err != nil {
			return changed, err
		}
	}
	present, types, err := t.probe(ctx, tenant, group, slices.Concat(add, remove))
	if err != nil {
		return changed, err
	}
	for _, id := range add {
		if present[id] {
			continue
		}
		kind, known := types[id]
		if !known || id == group {
			return changed, &MissingMemberError{ID: id}
		}
		changed.added = append(changed.added, scim.Member{Value: id, Type: kind})
	}
	changed.removed = slices.DeleteFunc(remove, func(id string) bool { return !present[id] })
	return changed, nil
}

func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
}

// others lists the group's members who are not among the ids.
func (t *tx) others(ctx context.Context, tenant, group string, ids []string) (others []string, err error) {
	stay := make(map[string]bool, len(ids))
	for _, id := range ids {
		stay[id] = true
	}
	err = t.rows(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2 AND present ORDER BY member`, []any{tenant, group},
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			if !stay[id] {
				others = append(others, id)
			}
			return err
		})
	return others, err
}

// probe tells which of the ids are members of the group, and the types of those that are living
// resources of the tenant. Its conditions are those of the primary keys and nothing else, so
// that no planner without statistics takes another index.
func (t *tx) probe(ctx context.Context, tenant, group string, ids []string) (present map[string]bool, types map[string]string, err error) {
	present, types = make(map[string]bool, len(ids)), make(map[string]string, len(ids))
	err = table([]any{tenant, group}, ids, func(list string, args []any) error {
		return t.rows(ctx, `WITH asked(id) AS (VALUES `+list+`) SELECT asked.id,
			COALESCE((SELECT m.present FROM memberships m WHERE m.tenant = $1 AND m.grp = $2 AND m.member = asked.id), FALSE),
			COALESCE((SELECT CASE WHEN r.deleted THEN '' ELSE r.type END FROM resources r WHERE r.tenant = $1 AND r.id = asked.id), '') FROM asked`, args,
			func(scan func(...any) error) error {
				var id, kind string
				var member bool
				err := scan(&id, &member, &kind)
				if present[id] = member; kind != "" {
					types[id] = kind
				}
				return err
			})
	})
	return present, types, err
}

// writeAtOnce is for how many rows the values are laid out at a time.
const writeAtOnce = 4096

// write writes the changed rows at the group's version.
func (t *tx) write(ctx context.Context, tenant, group string, version int64, changed rows) error {
	for part := range slices.Chunk(changed.added, writeAtOnce) {
		args := make([]any, 0, 5*len(part))
		for _, m := range part {
			args = append(args, tenant, group, m.Value, m.Type, version)
		}
		err := t.insert(ctx, inserting{head: `INSERT INTO memberships (tenant, grp, member, type, version, present)`, row: `(?,?,?,?,?,TRUE)`,
			tail: ` ON CONFLICT (tenant, grp, member) DO UPDATE SET type = excluded.type, version = excluded.version, present = TRUE`}, args, nil)
		if err != nil {
			return err
		}
	}
	return t.takeOut(ctx, tenant, group, version, changed.removed)
}

// takeOut removes members. Where links have to carry that to a vendor the rows stay for them.
func (t *tx) takeOut(ctx context.Context, tenant, group string, version int64, members []string) error {
	if len(members) == 0 {
		return nil
	}
	var linked bool
	err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM links WHERE tenant = $1 AND resource = $2)`, []any{tenant, group}, &linked)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(members, writeAtOnce) {
		args := make([]any, 0, 4*len(part))
		for _, m := range part {
			args = append(args, tenant, group, m, version)
		}
		err := t.insert(ctx, inserting{head: `INSERT INTO memberships (tenant, grp, member, version, type, present)`, row: `(?,?,?,?,'',FALSE)`,
			tail: ` ON CONFLICT (tenant, grp, member) DO UPDATE SET version = excluded.version, present = FALSE`}, args, nil)
		if err != nil {
			return err
		}
	}
	if linked {
		return nil
	}
	return t.exec(ctx, `DELETE FROM memberships WHERE tenant = $1 AND grp = $2 AND version = $3 AND NOT present`, tenant, group, version)
}

// shareRoster keeps the tenant's resources from being deleted while they become members, beside
// others that do the same; haveRoster keeps everybody else from the memberships.
func (t *tx) shareRoster(ctx context.Context, tenant string) error {
	return t.lock(ctx, t.lane.db.engine.share, "roster "+tenant)
}

func (t *tx) haveRoster(ctx context.Context, tenant string) error {
	return t.lock(ctx, t.lane.db.engine.exclude, "roster "+tenant)
}

// lock takes what has no row of its own until the transaction ends, where lanes can meet.
func (t *tx) lock(ctx context.Context, query, name string) error {
	if query == "" {
		return nil
	}
	return t.exec(ctx, query, name)
}
