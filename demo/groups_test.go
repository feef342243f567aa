package demo_test

import (
	"strings"
	"testing"

	"scimrelay/demo"
)

func TestGroupsArePushedByDifferences(t *testing.T) {
	t.Parallel()
	s, client := newTenant(t)
	provider := demo.NewProvider(client, 4)
	people := demo.Directory(40)
	pushed := 0
	for _, cycle := range append([]demo.Cycle{{}}, demo.Story(people)...) {
		people = cycle.Apply(people)
		if err := provider.Cycle(t.Context(), people); err != nil {
			t.Fatal(err)
		}
		s.sent = nil
		if err := provider.Groups(t.Context(), demo.Groups(people)); err != nil {
			t.Fatal(err)
		}
		pushed += len(s.sent)
		for _, g := range demo.Groups(people) {
			if have := s.members(g.Name); len(have) != len(g.Members) {
				t.Errorf("%s has %d members instead of %d", g.Name, len(have), len(g.Members))
			}
			for _, id := range g.Members {
				if !s.members(g.Name)[provider.SCIM(demo.ByID(people)[id])] {
					t.Errorf("%s lacks somebody", g.Name)
				}
			}
		}
	}
	if err := provider.Groups(t.Context(), demo.Groups(people)); err != nil || pushed < 9 {
		t.Fatal(pushed, err)
	}
	if len(s.groups) != 3 {
		t.Errorf("%d groups", len(s.groups))
	}
}

// members are the living members of the group of the name.
func (s *tenant) members(name string) map[string]bool {
	living := map[string]bool{}
	for _, g := range s.groups {
		for id, in := range g.members {
			if g.name == name && in && s.users[id] != nil {
				living[id] = true
			}
		}
	}
	return living
}

func TestAGroupThatIsNotAsWantedShows(t *testing.T) {
	t.Parallel()
	people := today()
	v := sage(t)
	v.Groups = func(groups []demo.Group, _ demo.People) map[string][]string {
		return map[string][]string{groups[0].Name: {"ana@acme.example"}, "Nobody": nil}
	}
	state := held(t, people)
	c := demo.Compare(v, people, state)
	if c.OK() || c.Groups != 2 || len(c.Odd) != 1 || !strings.Contains(c.Odd[0], "Everybody") {
		t.Errorf("%d groups, %v", c.Groups, c.Odd)
	}
}
