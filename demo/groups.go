package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Group is a group of the company's directory.
type Group struct {
	ID      string // the directory's own, Entra's externalId
	Name    string
	Members []string // IDs of people, in order
}

// Groups are the company's, with whoever is in them as things are. Who is disabled stays in; who
// is deleted for good is in none.
func Groups(people []Person) []Group {
	groups := []Group{
		{ID: "6a1e77a1-0000-4f1e-9a00-000000000001", Name: "Everybody"},
		{ID: "6a1e77a1-0000-4f1e-9a00-000000000002", Name: "Sales Managers"},
		{ID: "6a1e77a1-0000-4f1e-9a00-000000000003", Name: "Area Managers"},
	}
	for i := range groups {
		for _, p := range people {
			if !p.Gone && belongs(p, groups[i].Name) {
				groups[i].Members = append(groups[i].Members, p.ID)
			}
		}
	}
	return groups
}

func belongs(p Person, group string) bool {
	switch group {
	case "Sales Managers":
		return p.Title == "Account Manager" || strings.HasPrefix(p.Title, "Head of Sales")
	case "Area Managers":
		return p.Department == "Ventes France" || p.Department == "Direction générale"
	}
	return true
}

// keysOf are the keys of the group's people who count, in order.
func (g Group) keysOf(v Vendor, all People, counts func(Person) bool) (keys []string) {
	for _, id := range g.Members {
		if p := all[id]; counts(p) {
			keys = append(keys, fold(v.Key(p)))
		}
	}
	slices.Sort(keys)
	return keys
}

// alike is what groups come to where each becomes one of the same name, with everybody in it who
// has an account.
func alike(v Vendor) func([]Group, People) map[string][]string {
	return func(groups []Group, all People) map[string][]string {
		want := map[string][]string{}
		for _, g := range groups {
			want[g.Name] = g.keysOf(v, all, func(p Person) bool { return !v.Removes || active(p) })
		}
		return want
	}
}

// compareGroups holds the vendor's groups against what the company's come to.
func (c *Comparison) compareGroups(people []Person, state State) {
	if c.Vendor.Groups == nil {
		return
	}
	want := c.Vendor.Groups(Groups(people), ByID(people))
	c.Groups = len(want)
	// What was given to an account stays with it when its person is deleted and it is switched off.
	gone := map[string]bool{}
	for _, p := range people {
		gone[fold(c.Vendor.Key(p))] = p.Gone
	}
	have := map[string][]string{}
	for _, g := range state.Groups {
		for _, key := range g.Members {
			if key = fold(key); !gone[key] {
				have[g.Name] = append(have[g.Name], key)
			}
		}
		slices.Sort(have[g.Name])
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !slices.Equal(want[name], have[name]) {
			c.Odd = append(c.Odd, fmt.Sprintf("group %s has %d members instead of %d, or other ones", name, len(have[name]), len(want[name])))
		}
	}
}
