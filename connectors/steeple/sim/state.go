package sim

import (
	"cmp"
	"slices"

	"scimrelay/connectors/simhost"
)

// State implements simhost.Simulator: the accounts of all organisations, those of people who were
// removed included and not active, and a group for each role in each community.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*person
	for _, o := range s.organisations {
		all = append(all, o.order...)
	}
	slices.SortFunc(all, func(a, b *person) int {
		return cmp.Or(cmp.Compare(a.text("email"), b.text("email")), cmp.Compare(a.id, b.id))
	})
	var state simhost.State
	for _, p := range all {
		native := p.row(p.roles)
		native["in_organisation"], native["posts_to"] = !p.removed, orNull(p.postsTo)
		state.Accounts = append(state.Accounts, simhost.Account{ID: p.id, Key: p.text("email"),
			Active: !p.removed && p.status != "suspended", Native: native})
	}
	for _, c := range communities() {
		for _, role := range []string{"member", "administrator"} {
			state.Groups = append(state.Groups, group(c, role, all))
		}
	}
	return state
}

// group is those with the role in the community.
func group(c community, role string, all []*person) simhost.Group {
	g := simhost.Group{ID: c.id + "/" + role, Name: c.name + " / " + role, Members: []string{},
		Native: map[string]any{"community_id": c.id, "community_type": c.kind, "role": role}}
	for _, p := range all {
		if p.in(c, p.roles) == role {
			g.Members = append(g.Members, p.text("email"))
		}
	}
	return g
}
