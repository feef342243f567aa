package sage

import (
	"maps"
	"slices"

	"scimrelay/connectors"
)

// rolesField is where a Remote shows the roles its user holds. It is none of Sage's fields, and
// no mapping can fill it.
const rolesField = "roles"

// manages says whether the role is in the table: the gateway's to give and to take.
func (d Defaults) manages(role int64) bool {
	return slices.Contains(slices.Collect(maps.Values(d.Roles)), role)
}

// Gives implements connectors.Entitler.
func (c *connector) Gives(group connectors.Group) bool {
	return len(c.defaults.given([]connectors.Group{group})) > 0
}

// given are the roles that the table gives to the members of these groups, in order.
func (d Defaults) given(groups []connectors.Group) (roles []int64) {
	for word, id := range d.Roles {
		if slices.ContainsFunc(groups, func(g connectors.Group) bool { return g.Is(word) }) {
			roles = append(roles, id)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// first are the roles of a new user: the basic one, unless groups give and take it, and what the
// person's groups give.
func (d Defaults) first(groups []connectors.Group) []int64 {
	roles := d.given(groups)
	if d.RoleID > 0 && !d.manages(d.RoleID) {
		roles = append([]int64{d.RoleID}, roles...)
	}
	return roles
}

// roleChange is which roles the account lacks and which it holds against the table. It says
// nothing of an account whose roles are not known.
func (d Defaults) roleChange(have connectors.Remote, want connectors.Record) (add, remove []int64) {
	held, known := heldRoles(have)
	if !known {
		return nil, nil
	}
	given := d.given(want.Groups)
	// No role at all on a user of our own making: a create was cut off between its two calls.
	if len(held) == 0 && madeByUs(have, want) {
		given = d.first(want.Groups)
	}
	for _, id := range given {
		if !slices.Contains(held, id) {
			add = append(add, id)
		}
	}
	for _, id := range held {
		if d.manages(id) && !slices.Contains(given, id) {
			remove = append(remove, id)
		}
	}
	return add, remove
}

// heldRoles are the roles the account shows, and whether it shows any.
func heldRoles(have connectors.Remote) (ids []int64, known bool) {
	list, known := have.Fields[rolesField].([]any)
	for _, item := range list {
		if id, ok := item.(int64); ok {
			ids = append(ids, id)
		}
	}
	return ids, known
}

// withRoles is the account with its roles as they are now.
func withRoles(have connectors.Remote, roles []int64) connectors.Remote {
	fields := maps.Clone(have.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields[rolesField] = roleList(roles)
	have.Fields = fields
	return have
}

// roleList is a set of roles in the form of a Remote's field.
func roleList(roles []int64) []any {
	list := []any{}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(roles))) {
		list = append(list, id)
	}
	return list
}

// madeByUs says whether the account carries the foreign id that a create of ours gives.
func madeByUs(have connectors.Remote, want connectors.Record) bool {
	mark := want.OnCreate["extId"]
	if mark == nil {
		mark = want.Fields["extId"]
	}
	return mark != nil && have.Fields["extId"] == mark
}

// changed is what is held after a change.
func changed(held, add, remove []int64) []int64 {
	kept := slices.DeleteFunc(slices.Clone(held), func(id int64) bool { return slices.Contains(remove, id) })
	return append(kept, add...)
}
