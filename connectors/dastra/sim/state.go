package sim

import (
	"fmt"
	"slices"

	"scimrelay/connectors/simhost"
)

// State implements simhost.Simulator: the people and teams of all organisations, by id. Who was
// anonymised has no key any more, and who was detached is not shown.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var people []*person
	var teams []*team
	for _, o := range s.organisations {
		for _, p := range o.people {
			if p.there() {
				people = append(people, p)
			}
		}
		for _, t := range o.teams {
			teams = append(teams, t)
		}
	}
	slices.SortFunc(people, func(a, b *person) int { return int(a.id - b.id) })
	slices.SortFunc(teams, func(a, b *team) int { return int(a.id - b.id) })
	var state simhost.State
	for _, p := range people {
		state.Accounts = append(state.Accounts, simhost.Account{ID: fmt.Sprint(p.id), Key: p.email(), Active: p.works(), Native: p.row()})
	}
	for _, t := range teams {
		members := []string{}
		for _, p := range t.users {
			members = append(members, p.email())
		}
		state.Groups = append(state.Groups, simhost.Group{ID: fmt.Sprint(t.id), Name: t.label, Members: members, Native: t.whole()})
	}
	return state
}
