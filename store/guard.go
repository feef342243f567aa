package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
)

// Takes says which wants take something away at a target: it depends on the product and on the
// target's settings.
type Takes struct {
	Switch bool // an account is switched off
	Delete bool // the account of a deleted person is deleted
	Groups bool // a deleted group is deleted
}

// Departing is what the deletion guard has to know of a target before anybody else loses access.
type Departing struct {
	// Held says that the guard has tripped and what it held is not decided.
	Held bool
	// Gone were let through in the window, without a person's approval; Pending are wanted and
	// were not. Nobody is in both.
	Gone, Pending quarantine.Leaving
	// Counted are those of the asked who are among either.
	Counted map[string]bool
}

// mostCounted is how many pending links are counted: more are a burst whatever the limits.
const mostCounted = 1000

const (
	// through is, of a row l of links, that it was let through since $3.
	through = `EXISTS (SELECT 1 FROM departures d WHERE d.tenant = l.tenant AND d.target = l.target AND d.grp = ''
		AND d.resource = l.resource AND d.at > $3)`
	// taking is, of a row l of links, that what it wants takes something away: $4 to $6 are Takes.
	// Who only leaves a target's scope, nobody but the relay knows.
	taking = `l.wanted <> l.applied AND l.urgency IN (` + deactivateLiteral + `, ` + deleteLiteral + `)
		AND (l.vendor_id <> '' OR l.intent <> 0) AND l.rejected < l.wanted AND NOT (l.approved >= l.wanted AND l.approved_until > $7)
		AND (l.type = 'User' AND (CAST($4 AS BOOLEAN) AND NOT l.down OR CAST($5 AS BOOLEAN) AND l.urgency = ` + deleteLiteral + `)
		OR l.type = 'Group' AND CAST($6 AS BOOLEAN) AND l.urgency = ` + deleteLiteral + `)`
	deactivateLiteral = "0" // UrgencyDeactivate
	deleteLiteral     = "1" // UrgencyDelete
	// held is that anything of the target $1, $2 waits for a person.
	held = `(EXISTS (SELECT 1 FROM links WHERE tenant = $1 AND target = $2 AND staged > 0) OR EXISTS (` + heldMembers + `))`
	// heldMembers are the target's removals that do.
	heldMembers = `SELECT 1` + heldRemovals + ` AND a.tenant = $1 AND a.target = $2`
	// heldRemovals are everybody's: who came back to the group is none of them.
	heldRemovals = ` FROM awaiting a JOIN memberships m ON m.tenant = a.tenant AND m.grp = a.grp AND m.member = a.member
		WHERE a.staged > 0 AND NOT m.present`
)

const (
	countPending = `SELECT x.type, COUNT(*) FROM (SELECT l.type FROM links l WHERE l.tenant = $1 AND l.target = $2
		AND ` + taking + ` AND NOT ` + through + ` LIMIT $8) AS x GROUP BY x.type`
	countWorking = `SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM links l WHERE l.tenant = $1 AND l.target = $2
		AND l.type = 'User' AND l.vendor_id <> '' AND NOT l.down AND NOT l.kept LIMIT $4) AS x),
		(SELECT COUNT(*) FROM departures d WHERE d.tenant = $1 AND d.target = $2 AND d.grp = '' AND d.at > $3 AND d.type = 'User'
		AND NOT EXISTS (SELECT 1 FROM links l WHERE l.tenant = d.tenant AND l.resource = d.resource AND l.target = d.target
		AND l.vendor_id <> '' AND NOT l.down AND NOT l.kept))`
)

// Departing counts what the target's people and groups have lost in the window and are to lose.
func (l *Links) Departing(ctx context.Context, tenant, target string, asked []string, takes Takes, window time.Duration) (Departing, error) {
	s := Departing{Counted: make(map[string]bool)}
	now := l.db.millis()
	fixed := []any{tenant, target, now - window.Milliseconds(), takes.Switch, takes.Delete, takes.Groups, now}
	err := l.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM holds WHERE tenant = $1 AND target = $2 AND grp = '' AND tripped > 0)
		AND `+held, tenant, target).Scan(&s.Held)
	if err == nil {
		err = l.tally(ctx, &s.Gone, `SELECT d.type, COUNT(*) FROM departures d WHERE d.tenant = $1 AND d.target = $2 AND d.grp = '' AND d.at > $3
			GROUP BY d.type`, fixed[:3]...)
	}
	if err == nil {
		err = l.tally(ctx, &s.Pending, countPending, append(slices.Clone(fixed), mostCounted)...)
	}
	if err == nil {
		err = in(fixed, asked, func(list string, args []any) error {
			return l.mark(ctx, s.Counted, `SELECT l.resource FROM links l WHERE l.tenant = $1 AND l.target = $2
				AND (`+taking+` OR `+through+`) AND l.resource IN `+list, args...)
		})
	}
	return s, unavailable("count who leaves", err)
}

// Working is how many of the target's people had a working account when the window began, at
// most so many: more make no difference.
func (l *Links) Working(ctx context.Context, tenant, target string, window time.Duration, most int) (int, error) {
	var working, gone int
	err := l.db.read.QueryRowContext(ctx, countWorking, tenant, target, l.db.millis()-window.Milliseconds(), most).Scan(&working, &gone)
	return working + gone, unavailable("count people", err)
}

// Removing is what the deletion guard has to know of a group before it lets members go.
type Removing struct {
	// Held says that the guard has tripped, for the target or for the group, and what it held is
	// not decided.
	Held Trip
	// Gone were let through in the window, without a person's approval; Pending are wanted and
	// were not.
	Gone, Pending int
}

// Removing counts whom the link's group has let go in the window and is to let go. Members who
// have no account, or whose account is dealt with, do not count.
func (l *Links) Removing(ctx context.Context, link Link, window time.Duration) (Removing, error) {
	var r Removing
	since := l.db.millis() - window.Milliseconds()
	var target, group bool
	err := l.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM holds WHERE tenant = $1 AND target = $2 AND grp = '' AND tripped > 0)
		AND `+held+`, EXISTS (SELECT 1 FROM holds WHERE tenant = $1 AND target = $2 AND grp = $3 AND tripped > 0) AND EXISTS (`+heldMembers+` AND a.grp = $3)`,
		link.Tenant, link.Target, link.Resource).Scan(&target, &group)
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM departures d WHERE d.tenant = $1 AND d.target = $2 AND d.grp = $3 AND d.at > $4`,
			link.Tenant, link.Target, link.Resource, since).Scan(&r.Gone)
	}
	if err == nil {
		err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM memberships m
			JOIN links l ON l.tenant = m.tenant AND l.resource = m.member AND l.target = $2 AND l.vendor_id <> '' AND NOT (l.kept AND l.rejected < l.wanted)
			WHERE m.tenant = $1 AND m.grp = $3 AND NOT m.present AND ((m.version, m.member) > ($5, $6) OR EXISTS (SELECT 1 FROM awaiting a
			WHERE a.tenant = m.tenant AND a.target = $2 AND a.grp = m.grp AND a.member = m.member AND a.ready AND a.agreed = 0))
			AND NOT EXISTS (SELECT 1 FROM departures d WHERE d.tenant = m.tenant AND d.target = $2 AND d.grp = m.grp AND d.resource = m.member AND d.at > $4)`,
			link.Tenant, link.Target, link.Resource, since, link.Since, link.SinceMember).Scan(&r.Pending)
	}
	switch {
	case target:
		r.Held = TripTarget
	case group:
		r.Held = TripGroup
	}
	return r, unavailable("count who leaves a group", err)
}

// Size is how many members the group has, at most so many.
func (l *Links) Size(ctx context.Context, tenant, group string, most int) (n int, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM memberships WHERE tenant = $1 AND grp = $2 AND present LIMIT $3) AS x`,
		tenant, group, most).Scan(&n)
	return n, unavailable("count members", err)
}

// HeldMembers is how many removals of the link's group wait for a person.
func (l *Links) HeldMembers(ctx context.Context, link Link) (n int, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (`+heldMembers+` AND a.grp = $3) AS x`, link.Tenant, link.Target, link.Resource).Scan(&n)
	return n, unavailable("count members", err)
}

func (l *Links) tally(ctx context.Context, into *quarantine.Leaving, query string, args ...any) error {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(scan func(...any) error) error {
		var kind string
		var n int
		err := scan(&kind, &n)
		if kind == scim.TypeGroup {
			into.Groups = n
		} else {
			into.People = n
		}
		return err
	})
}

func (l *Links) mark(ctx context.Context, into map[string]bool, query string, args ...any) error {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		into[id] = true
		return err
	})
}

// Leaver is who is let through to lose access.
type Leaver struct{ Resource, Type string }

// LetThrough commits, before the calls go out, who is about to lose an account, or leave the
// group: should this process die, they count as gone. What is older than the window is forgotten.
func (l *Links) LetThrough(ctx context.Context, lease Lease, group string, leavers []Leaver, window time.Duration) error {
	slices.SortFunc(leavers, func(a, b Leaver) int { return strings.Compare(a.Resource, b.Resource) })
	return l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.hold(ctx, lease); err != nil {
			return err
		}
		err := t.exec(ctx, `DELETE FROM departures WHERE tenant = $1 AND target = $2 AND grp = $3 AND at <= $4`,
			lease.Tenant, lease.Target, group, t.now-window.Milliseconds())
		if err != nil {
			return err
		}
		args := make([]any, 0, 6*len(leavers))
		for _, one := range leavers {
			args = append(args, lease.Tenant, lease.Target, group, one.Resource, one.Type, t.now)
		}
		return t.insert(ctx, inserting{head: `INSERT INTO departures (tenant, target, grp, resource, type, at)`, row: `(?,?,?,?,?,?)`,
			tail: ` ON CONFLICT (tenant, target, grp, resource) DO UPDATE SET at = excluded.at`}, args, nil)
	})
}
