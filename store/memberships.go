package store

import (
	"context"
	"slices"

	"scimrelay/scim"
)

// Members returns the group's members behind the id, in the order of their ids.
func (d *Directory) Members(ctx context.Context, tenant, group, after string, limit int) ([]scim.Member, error) {
	rows, err := d.db.read.QueryContext(ctx, `SELECT member, type FROM memberships WHERE tenant = $1 AND grp = $2 AND member > $3
		AND present ORDER BY member LIMIT $4`, tenant, group, after, limit)
	if err != nil {
		return nil, unavailable("read members", err)
	}
	var found []scim.Member
	err = eachRow(rows, func(scan func(...any) error) error {
		var m scim.Member
		err := scan(&m.Value, &m.Type)
		found = append(found, m)
		return err
	})
	return found, unavailable("read members", err)
}

// MemberOf returns, for each of the members, the living groups it is directly in, in the order
// of their ids. A group that several are in is read once.
func (d *Directory) MemberOf(ctx context.Context, tenant string, members []string) (map[string][]scim.Resource, error) {
	of := make(map[string][]string, len(members))
	groups := make(map[string]scim.Resource)
	err := d.each(ctx, `SELECT member, grp FROM memberships WHERE tenant = $1 AND present AND member IN `, []any{tenant}, members,
		func(scan func(...any) error) error {
			var member, group string
			err := scan(&member, &group)
			of[member], groups[group] = append(of[member], group), scim.Resource{}
			return err
		})
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(groups))
	for id := range groups {
		ids = append(ids, id)
	}
	err = d.each(ctx, `SELECT `+resourceColumns+` FROM resources WHERE tenant = $1 AND NOT deleted AND id IN `, []any{tenant}, ids,
		func(scan func(...any) error) error {
			r, err := scanResource(scan)
			groups[r.ID] = r
			return err
		})
	found := make(map[string][]scim.Resource, len(of))
	for member, in := range of {
		slices.Sort(in)
		for _, id := range slices.Compact(in) { // who asks may repeat a member
			if r := groups[id]; r.ID != "" { // else it went between the two reads
				found[member] = append(found[member], r)
			}
		}
	}
	return found, err
}

// GroupsOf returns, for each of the people, the living groups they are directly in.
func (l *Links) GroupsOf(ctx context.Context, tenant string, people []string) (map[string][]scim.Resource, error) {
	return (&Directory{l.db}).MemberOf(ctx, tenant, people)
}

// IsMember tells which of the members are in the group.
func (d *Directory) IsMember(ctx context.Context, tenant, group string, members []string) (map[string]bool, error) {
	found := make(map[string]bool, len(members))
	err := d.each(ctx, `SELECT member FROM memberships WHERE tenant = $1 AND grp = $2 AND present AND member IN `,
		[]any{tenant, group}, members, func(scan func(...any) error) error {
			var member string
			err := scan(&member)
			found[member] = true
			return err
		})
	return found, err
}

// each reads the rows of a query that ends in a list of ids.
func (d *Directory) each(ctx context.Context, query string, fixed []any, ids []string, do func(scan func(...any) error) error) error {
	err := in(fixed, ids, func(list string, args []any) error {
		rows, err := d.db.read.QueryContext(ctx, query+list, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, do)
	})
	return unavailable("read memberships", err)
}

// Membership is one member of a group as the group's link sees it at its target.
type Membership struct {
	Member   string
	Type     string // the member's
	Version  int64  // of the group, when the membership last changed
	Present  bool
	VendorID string // empty when the member has no account at the target
	// Without says that the member is to have no account there, as things are.
	Without bool
	// Kept says that the member is deleted and the account was dealt with.
	Kept bool
	// Agreed is until when a person has agreed to the removal; 0 when nobody has decided and
	// negative when it was refused.
	Agreed int64
	// Tried is when the vendor last refused the member, zero when it has not.
	Tried int64
}

const membershipColumns = `SELECT m.member, m.type, m.version, m.present, COALESCE(l.vendor_id, ''),
	COALESCE(l.vendor_id = '' AND l.wanted = l.applied, FALSE), COALESCE(l.kept AND l.rejected < l.wanted, FALSE), `

// Changed returns the memberships behind the link's progress, up to the version it wants, in the
// order of (version, member).
func (l *Links) Changed(ctx context.Context, link Link, limit int) ([]Membership, error) {
	return l.memberships(ctx, membershipColumns+`0, 0 FROM memberships m
		LEFT JOIN links l ON l.tenant = m.tenant AND l.resource = m.member AND l.target = $3
		WHERE m.tenant = $1 AND m.grp || '' = $2 AND m.version <= $4 AND (m.version, m.member) > ($5, $6)
		ORDER BY m.version, m.member LIMIT $7`,
		link.Tenant, link.Resource, link.Target, link.Wanted, link.Since, link.SinceMember, limit)
}

// Ready returns the members that the link has passed, and that have an account to be sent now:
// first those the vendor has not refused, in the order of their ids, then the others, who was
// refused last at the end. They come behind the one given.
func (l *Links) Ready(ctx context.Context, link Link, after Membership, limit int) ([]Membership, error) {
	return l.memberships(ctx, membershipColumns+`a.agreed, a.tried FROM awaiting a
		JOIN memberships m ON m.tenant = a.tenant AND m.grp = a.grp AND m.member = a.member
		LEFT JOIN links l ON l.tenant = a.tenant AND l.resource = a.member AND l.target = a.target
		WHERE a.tenant = $1 AND a.target = $2 AND a.grp = $3 AND a.ready AND (a.tried, a.member) > ($4, $5)
		ORDER BY a.tried, a.member LIMIT $6`,
		link.Tenant, link.Target, link.Resource, after.Tried, after.Member, limit)
}

// Accepted reports whether the vendor's group has any member that the link has passed.
func (l *Links) Accepted(ctx context.Context, link Link) (accepted bool, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM memberships m
		JOIN links l ON l.tenant = m.tenant AND l.resource = m.member AND l.target = $3 AND l.vendor_id <> ''
		WHERE m.tenant = $1 AND m.grp || '' = $2 AND m.present AND m.type <> 'Group' AND (m.version, m.member) <= ($4, $5)
		AND NOT EXISTS (SELECT 1 FROM awaiting a WHERE a.tenant = m.tenant AND a.target = l.target AND a.grp = m.grp AND a.member = m.member))`,
		link.Tenant, link.Resource, link.Target, link.Since, link.SinceMember).Scan(&accepted)
	return accepted, unavailable("read memberships", err)
}

func (l *Links) memberships(ctx context.Context, query string, args ...any) ([]Membership, error) {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable("read memberships", err)
	}
	var found []Membership
	err = eachRow(rows, func(scan func(...any) error) error {
		var m Membership
		err := scan(&m.Member, &m.Type, &m.Version, &m.Present, &m.VendorID, &m.Without, &m.Kept, &m.Agreed, &m.Tried)
		found = append(found, m)
		return err
	})
	return found, unavailable("read memberships", err)
}

// Awaiting returns how many members the link waits for, and which of the given are among them.
func (l *Links) Awaiting(ctx context.Context, link Link, members []string) (total int, among map[string]bool, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3 AND NOT ready AND staged = 0`,
		link.Tenant, link.Target, link.Resource).Scan(&total)
	if err != nil || total == 0 {
		return 0, nil, unavailable("count members", err)
	}
	among = make(map[string]bool)
	err = in([]any{link.Tenant, link.Target, link.Resource}, members, func(list string, args []any) error {
		rows, err := l.db.read.QueryContext(ctx, `SELECT member FROM awaiting WHERE tenant = $1 AND target = $2 AND grp = $3
			AND NOT ready AND staged = 0 AND member IN `+list, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func(scan func(...any) error) error {
			var member string
			err := scan(&member)
			among[member] = true
			return err
		})
	})
	return total, among, unavailable("read members", err)
}

// Nested is how many of the group's members are groups.
func (l *Links) Nested(ctx context.Context, tenant, group string) (n int, err error) {
	err = l.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM memberships WHERE tenant = $1 AND grp = $2 AND present AND type = 'Group'`,
		tenant, group).Scan(&n)
	return n, unavailable("count members", err)
}
