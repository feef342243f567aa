package store

import (
	"context"
	"errors"
)

// before is, of a membership m and a link g of its group, that the link has it to do: it lies
// behind the link's progress, or the vendor has refused it so far.
const (
	before  = `((m.version, m.member) > (g.since, g.since_member) OR ` + refused + `)`
	refused = `EXISTS (SELECT 1 FROM awaiting a
	WHERE a.tenant = g.tenant AND a.target = g.target AND a.grp = g.resource AND a.member = m.member)`
)

// needed is, of a row of links, that a group at the same target is yet to let its resource go:
// the group's link has the removal before it, and work to do at a vendor that has the group, or
// may have it.
const needed = `(vendor_id <> '' AND EXISTS (SELECT 1 FROM memberships m
	JOIN links g ON g.tenant = m.tenant AND g.resource = m.grp AND g.target = links.target
	WHERE m.tenant = links.tenant AND m.member = links.resource AND NOT m.present
	AND g.wanted <> g.applied AND (g.vendor_id <> '' OR g.intent <> 0) AND ` + before + `))`

// remember keeps whom the groups' links have passed and not dealt with, and forgets the others.
// It returns whom it has forgotten, by group.
func (t *tx) remember(ctx context.Context, lease Lease, outcomes []Outcome) (forgotten map[string][]string, err error) {
	var args []any
	forgotten = make(map[string][]string)
	for _, o := range outcomes {
		group := o.Next.Resource
		if o.Gone {
			err := t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3`, lease.Tenant, lease.Target, group)
			if err != nil {
				return nil, err
			}
			continue
		}
		keep := func(members []string, ready bool, tried, staged int64) {
			for _, member := range members {
				args = append(args, lease.Tenant, lease.Target, group, member, ready, tried, staged)
			}
		}
		if o.Hold != nil {
			keep(o.Hold.Members, false, 0, o.Hold.number)
		}
		keep(o.Awaited, false, 0, 0)
		keep(o.Later, true, 1, 0)
		keep(o.Again, true, t.now, 0)
		err := in([]any{lease.Tenant, lease.Target, group}, o.Done, func(list string, args []any) error {
			members, err := t.members(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3
				AND member IN `+list+` RETURNING member`, args...)
			forgotten[group] = append(forgotten[group], members...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return forgotten, t.insert(ctx, inserting{head: `INSERT INTO awaiting (tenant, target, grp, member, ready, tried, staged)`, row: `(?,?,?,?,?,?,?)`,
		tail: ` ON CONFLICT (tenant, target, grp, member) DO UPDATE SET ready = excluded.ready, tried = excluded.tried,
			staged = excluded.staged, agreed = CASE WHEN excluded.staged > 0 THEN 0 ELSE awaiting.agreed END`}, args, nil)
}

// passed drops the removals that no link of the groups has before it any more once the target's
// links are as given. It returns whom the groups may have let go there, and those links that have
// nothing to do any more without having passed everything. What a link passed earlier it does not
// look at: that may be a lot, and kept for another target for long.
func (t *tx) passed(ctx context.Context, lease Lease, groups []Link, forgotten map[string][]string) (leavers []string, resting []Link, err error) {
	for _, k := range groups {
		members, rests, err := t.passes(ctx, lease, k)
		if err != nil {
			return nil, nil, err
		}
		if rests {
			resting = append(resting, k)
		}
		if members = append(members, forgotten[k.Resource]...); len(members) == 0 {
			continue
		}
		if err := t.drop(ctx, lease, k, members); err != nil {
			return nil, nil, err
		}
		leavers = append(leavers, members...)
	}
	return leavers, resting, nil
}

// passes lists those whose removal the link passes, and reports whether it comes to rest.
func (t *tx) passes(ctx context.Context, lease Lease, k Link) (members []string, rests bool, err error) {
	var since int64
	var sinceMember string
	err = t.row(ctx, `SELECT since, since_member, wanted <> applied AND (vendor_id <> '' OR intent <> 0) FROM links
		WHERE tenant = $1 AND resource = $2 AND target = $3`, []any{lease.Tenant, k.Resource, lease.Target}, &since, &sinceMember, &rests)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, false, err
	}
	rests = rests && (k.Applied == k.Wanted || k.VendorID == "" && k.Intent.IsZero())
	members, err = t.members(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2 AND NOT present
		AND (version, member) > ($3, $4) AND (version, member) <= ($5, $6)`,
		lease.Tenant, k.Resource, since, sinceMember, k.Since, k.SinceMember)
	return members, rests, err
}

// free releases the leavers whom the groups have let go, and those who are kept for links that
// have come to rest.
func (t *tx) free(ctx context.Context, lease Lease, leavers []string, resting []Link) error {
	for _, k := range resting {
		kept := `SELECT l.resource FROM links l WHERE l.tenant = $1 AND l.target = $2 AND l.kept AND COALESCE((SELECT NOT m.present
			FROM memberships m WHERE m.tenant = $1 AND m.grp = $3 AND m.member = l.resource), FALSE)`
		if k.Since > k.Wanted { // everything is passed: only whom the vendor refused can be left
			kept = `SELECT member FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3`
		}
		members, err := t.members(ctx, kept, lease.Tenant, lease.Target, k.Resource)
		if err != nil {
			return err
		}
		leavers = append(leavers, members...)
	}
	return t.release(ctx, lease.Tenant, lease.Target, leavers)
}

// drop deletes those of the members' removals that no link of the group has before it. Of two
// targets that pass a removal at once one must see that the other has.
func (t *tx) drop(ctx context.Context, lease Lease, k Link, members []string) error {
	if err := t.lock(ctx, t.lane.db.engine.exclude, "group "+lease.Tenant+" "+k.Resource); err != nil {
		return err
	}
	return in([]any{lease.Tenant, k.Resource, lease.Target, k.Since, k.SinceMember}, members, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM memberships AS m WHERE tenant = $1 AND grp = $2 AND NOT present
			AND (version, member) <= ($4, $5) AND NOT EXISTS (SELECT 1 FROM links g WHERE g.tenant = m.tenant AND g.resource = m.grp
			AND (g.target <> $3 AND (m.version, m.member) > (g.since, g.since_member) OR `+refused+`)) AND member IN `+list, args...)
	})
}

// removedFrom lists those whose removal from the group some link still has before it.
func (t *tx) removedFrom(ctx context.Context, tenant, group string) ([]string, error) {
	return t.members(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2 AND NOT present`, tenant, group)
}

// members reads a query's one column.
func (t *tx) members(ctx context.Context, query string, args ...any) (members []string, err error) {
	err = t.rows(ctx, query, args, func(scan func(...any) error) error {
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
			AND kept AND NOT `+needed+` RETURNING target, resource`, args, func(scan func(...any) error) error {
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
		return t.exec(ctx, `INSERT INTO awaiting (tenant, target, grp, member, ready, tried)
			SELECT m.tenant, g.target, m.grp, m.member, TRUE, 0 FROM memberships m
			JOIN links g ON g.tenant = m.tenant AND g.resource = m.grp AND g.target = $2
			WHERE m.tenant = $1 AND m.member IN `+list+` AND m.present AND g.vendor_id <> ''
			AND (m.version, m.member) <= (g.since, g.since_member)
			ON CONFLICT (tenant, target, grp, member) DO UPDATE SET ready = TRUE, tried = 0, staged = 0`, args...)
	})
	if err == nil {
		err = t.resume(ctx, lease, linked, awaits+` OR `+asideAlone)
	}
	if err == nil {
		err = t.resume(ctx, lease, without, awaits)
	}
	if err != nil {
		return err
	}
	return in([]any{lease.Tenant, lease.Target}, without, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM awaiting WHERE tenant = $1 AND target = $2 AND NOT ready AND staged = 0 AND member IN `+list, args...)
	})
}

const (
	// awaits is, of a group's link, that all it has to do is about members, or nothing.
	awaits = `wanted = applied OR waits_for = resource`
	// asideAlone is that it is set aside, and for nobody else's account: for members who are refused.
	asideAlone = `state = 'escrow' AND waits_for = ''`
)

// resume makes those of the groups' links due that must send the members, or wait for them no
// longer. Of one in sync the vendor no longer has what applied said, so it falls behind by one; one
// that was set aside goes on failing since it began to. No group awaits most of them, which is found
// out first: see pairs.
func (t *tx) resume(ctx context.Context, lease Lease, members []string, which string) error {
	var awaited []string
	err := table([]any{lease.Tenant, lease.Target}, members, func(list string, args []any) error {
		found, err := t.members(ctx, `WITH asked(id) AS (VALUES `+list+`) SELECT id FROM asked WHERE 0 < (SELECT COUNT(*)
			FROM awaiting a WHERE a.tenant = $1 AND a.target = $2 AND a.member = asked.id)`, args...)
		awaited = append(awaited, found...)
		return err
	})
	if err != nil {
		return err
	}
	return in([]any{t.now, lease.Tenant, lease.Target}, awaited, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = CASE WHEN state = 'escrow' THEN 'retry' ELSE '' END, waits_for = '', recheck = FALSE,
			applied = CASE WHEN applied = wanted THEN wanted - 1 ELSE applied END
			WHERE tenant = $2 AND target = $3 AND (`+which+`) AND resource IN
			(SELECT grp FROM awaiting WHERE tenant = $2 AND target = $3 AND member IN `+list+`)`, args...)
	})
}
