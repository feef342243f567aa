package sim

import (
	"cmp"
	"fmt"
	"slices"

	"scimrelay/connectors/simhost"
)

// State implements simhost.Simulator: the users of all customers, by id, and the roles as groups
// of those who hold them.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*user
	for _, c := range s.customers {
		for _, u := range c.users {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *user) int { return cmp.Compare(a.id, b.id) })
	var state simhost.State
	for _, u := range all {
		native := u.row()
		native["roles"] = slices.Clone(u.roles)
		state.Accounts = append(state.Accounts, simhost.Account{ID: fmt.Sprint(u.id), Key: u.email(),
			Active: u.active() && u.deleted.IsZero(), Native: native})
	}
	for _, role := range roles() {
		state.Groups = append(state.Groups, holders(role, all))
	}
	return state
}

func holders(role map[string]any, all []*user) simhost.Group {
	id, _ := role["id"].(int64)
	group := simhost.Group{ID: fmt.Sprint(id), Name: fmt.Sprint(role["name"]), Members: []string{}, Native: role}
	for _, u := range all {
		if slices.Contains(u.roles, id) {
			group.Members = append(group.Members, u.email())
		}
	}
	return group
}
