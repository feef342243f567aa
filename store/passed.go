package store

import "context"

// before is, of a membership m and a link g of its group, that the link has it to do: it lies
// behind the link's progress, or the vendor has refused it so far.
const before = `((m.version, m.member) > (g.since, g.since_member) OR EXISTS (SELECT 1 FROM awaiting a
	WHERE a.tenant = g.tenant AND a.target = g.target AND a.grp = g.resource AND a.member = m.member))`

// needed is, of a row of links, that a group at the same target is yet to let its resource go:
// the group's link has the removal before it, and work to do at a vendor that has the group, or
// may have it.
const needed = `(vendor_id <> '' AND EXISTS (SELECT 1 FROM memberships m
	JOIN links g ON g.tenant = m.tenant AND g.resource = m.grp AND g.target = links.target
	WHERE m.tenant = links.tenant AND m.member = links.resource AND NOT m.present
	AND g.wanted <> g.applied AND (g.vendor_id <> '' OR g.intent <> 0) AND ` + before + `))`

// remember keeps whom the groups' links have passed and not dealt with, and forgets the others.
func (t *tx) remember(ctx context.Context, lease Lease, outcomes []Outcome) error {
	var args []any
	for _, o := range outcomes {
		for _, member := range o.Awaited {
			args = append(args, lease.Tenant, lease.Target, o.Next.Resource, member, false)
		}
		for _, member := range o.Again {
			args = append(args, lease.Tenant, lease.Target, o.Next.Resource, member, true)
		}
		var err error
		if o.Gone {
			err = t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3`, lease.Tenant, lease.Target, o.Next.Resource)
		} else {
			err = in([]any{lease.Tenant, lease.Target, o.Next.Resource}, o.Done, func(list string, args []any) error {
				return t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3 AND member IN `+list, args...)
			})
		}
		if err != nil {
			return err
		}
	}
	return t.insert(ctx, inserting{head: `INSERT INTO awaiting (tenant, target, grp, member, ready)`, row: `(?,?,?,?,?)`,
		tail: ` ON CONFLICT (tenant, target, grp, member) DO UPDATE SET ready = excluded.ready`}, args, nil)
}

// passed frees the leavers whom the groups have let go at the target, and drops the removals
// that no link of the groups has before it any more.
func (t *tx) passed(ctx context.Context, lease Lease, groups []string) error {
	for _, group := range groups {
		leavers, err := t.removedFrom(ctx, lease.Tenant, group)
		if err != nil {
			return err
		}
		if len(leavers) == 0 {
			continue
		}
		if err := t.release(ctx, lease.Tenant, lease.Target, leavers); err != nil {
			return err
		}
		err = t.exec(ctx, `DELETE FROM memberships AS m WHERE tenant = $1 AND grp = $2 AND NOT present AND NOT EXISTS
			(SELECT 1 FROM links g WHERE g.tenant = m.tenant AND g.resource = m.grp AND `+before+`)`, lease.Tenant, group)
		if err != nil {
			return err
		}
	}
	return nil
}

// removedFrom lists those whose removal from the group some link still has before it.
func (t *tx) removedFrom(ctx context.Context, tenant, group string) (members []string, err error) {
	err = t.rows(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2 AND NOT present`, []any{tenant, group},
		func(scan func(...any) error) error {
			var member string
			err := scan(&member)
			members = append(members, member)
			return err
		})
	return members, err
}

// release drops the links that were kept for groups and are needed no longer, at the target or,
// when it is empty, everywhere.
func (t *tx) release(ctx context.Context, tenant, target string, members []string) error {
	freed := make(map[string][]string) // by target
	var resources []string
	err := in([]any{tenant, target}, members, func(list string, args []any) error {
		return t.rows(ctx, `DELETE FROM links WHERE tenant = $1 AND ($2 = '' OR target = $2) AND resource IN `+list+`
			AND wanted = applied AND EXISTS (SELECT 1 FROM resources r WHERE r.tenant = links.tenant AND r.id = links.resource AND r.deleted)
			AND NOT `+needed+` RETURNING target, resource`, args, func(scan func(...any) error) error {
			var at, resource string
			err := scan(&at, &resource)
			freed[at], resources = append(freed[at], resource), append(resources, resource)
			return err
		})
	})
	if err != nil || len(resources) == 0 {
		return err
	}
	for at, gone := range freed {
		if err := t.wake(ctx, Lease{Tenant: tenant, Target: at}, gone); err != nil {
			return err
		}
	}
	return t.forget(ctx, tenant, resources)
}

// rouse tells the groups' links of the target what became of members. Those who are linked now,
// anew or for the first time, are to be sent to every group that has passed them; those who
// are to have no account are waited for no longer.
func (t *tx) rouse(ctx context.Context, lease Lease, linked, without []string) error {
	err := in([]any{lease.Tenant, lease.Target}, linked, func(list string, args []any) error {
		return t.exec(ctx, `INSERT INTO awaiting (tenant, target, grp, member, ready)
			SELECT m.tenant, g.target, m.grp, m.member, TRUE FROM memberships m
			JOIN links g ON g.tenant = m.tenant AND g.resource = m.grp AND g.target = $2
			WHERE m.tenant = $1 AND m.member IN `+list+` AND m.present AND g.vendor_id <> ''
			AND (m.version, m.member) <= (g.since, g.since_member)
			ON CONFLICT (tenant, target, grp, member) DO UPDATE SET ready = TRUE`, args...)
	})
	if err == nil {
		err = t.resume(ctx, lease, linked)
	}
	if err == nil {
		err = t.resume(ctx, lease, without)
	}
	if err != nil {
		return err
	}
	return in([]any{lease.Tenant, lease.Target}, without, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND NOT ready AND member IN `+list, args...)
	})
}

// resume makes the groups' links due that wait for the members or, in sync, must send them again:
// the vendor no longer has what applied said, so it falls behind by one.
func (t *tx) resume(ctx context.Context, lease Lease, members []string) error {
	return in([]any{t.now, lease.Tenant, lease.Target}, members, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = '', waits_for = '',
			applied = CASE WHEN applied = wanted THEN wanted - 1 ELSE applied END
			WHERE tenant = $2 AND target = $3 AND (wanted = applied OR waits_for = resource) AND resource IN
			(SELECT grp FROM awaiting WHERE tenant = $2 AND target = $3 AND member IN `+list+`)`, args...)
	})
}
