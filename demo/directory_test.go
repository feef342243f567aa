package demo_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"scimrelay/demo"
)

func TestDirectoryIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	for _, n := range []int{demo.MinPeople, 200, 1500} {
		one, two := demo.Directory(n), demo.Directory(n)
		if len(one) != n || !slices.Equal(one, two) {
			t.Errorf("%d people: %d, the same: %v", n, len(one), slices.Equal(one, two))
		}
	}
	if got := len(demo.Directory(3)); got != demo.MinPeople {
		t.Errorf("the smallest company has %d people", got)
	}
}

func TestDirectoryHoldsEveryKindOfMess(t *testing.T) {
	t.Parallel()
	for _, n := range []int{demo.MinPeople, 200} {
		people := demo.Directory(n)
		for what, is := range map[string]func(demo.Person) bool{
			"an accent":                 func(p demo.Person) bool { return strings.ContainsAny(p.Name(), "éèü") },
			"letters that are no Latin": func(p demo.Person) bool { return strings.ContainsFunc(p.Name(), isForeign) },
			"an apostrophe":             func(p demo.Person) bool { return strings.Contains(p.Mail, "'") && strings.Contains(p.Family, "'") },
			"a curly apostrophe":        func(p demo.Person) bool { return strings.Contains(p.Family, "’") },
			"a plus sign":               func(p demo.Person) bool { return strings.Contains(p.Mail, "+") },
			"an apostrophe and a plus": func(p demo.Person) bool {
				return strings.Contains(p.UserName, "'") && strings.Contains(p.UserName, "+")
			},
			"a hyphen":              func(p demo.Person) bool { return strings.Contains(p.Family, "-") },
			"a single name":         func(p demo.Person) bool { return p.Family == "" },
			"capitals in the mail":  func(p demo.Person) bool { return strings.ToLower(p.Mail) != p.Mail },
			"another mail":          func(p demo.Person) bool { return p.Mail != p.UserName },
			"no phone":              func(p demo.Person) bool { return p.Phone == "" && p.Mobile == "" },
			"a mobile only":         func(p demo.Person) bool { return p.Phone == "" && p.Mobile != "" },
			"a phone with spaces":   func(p demo.Person) bool { return strings.Contains(p.Phone, " ") },
			"a phone with brackets": func(p demo.Person) bool { return strings.Contains(p.Phone, "(0)") },
			"a phone with 00":       func(p demo.Person) bool { return strings.HasPrefix(p.Phone, "00") },
			"no title":              func(p demo.Person) bool { return p.Title == "" },
			"no display name":       func(p demo.Person) bool { return p.Display == "" },
			"an address":            func(p demo.Person) bool { return p.Address != demo.Address{} },
			"no address":            func(p demo.Person) bool { return p.Address == demo.Address{} },
			"French":                func(p demo.Person) bool { return p.Language == "fr-FR" },
			"no manager":            func(p demo.Person) bool { return p.Manager == "" },
		} {
			if !slices.ContainsFunc(people, is) {
				t.Errorf("of %d people nobody has %s", n, what)
			}
		}
	}
}

func isForeign(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }

func TestDirectoryHasNoTwoOfOne(t *testing.T) {
	t.Parallel()
	people := demo.Directory(1500)
	for _, c := range append([]demo.Cycle{{}}, demo.Story(people)...) {
		people = c.Apply(people)
		for what, of := range map[string]func(demo.Person) string{
			"id": func(p demo.Person) string { return p.ID }, "nick": func(p demo.Person) string { return p.Nick },
			"userName": func(p demo.Person) string { return p.UserName }, "mail": func(p demo.Person) string { return p.Mail },
			"number": func(p demo.Person) string { return p.Number },
		} {
			seen := map[string]bool{}
			for _, p := range people {
				value := strings.ToLower(of(p))
				if value == "" || seen[value] {
					t.Errorf("%s %q of %s is empty or there already", what, value, p.Name())
				}
				seen[value] = true
			}
		}
	}
}

func TestManagersComeBeforeAndAfterAndNeverInCircles(t *testing.T) {
	t.Parallel()
	for _, n := range []int{demo.MinPeople, 31, 200} {
		people := demo.Directory(n)
		place := map[string]int{"": -1}
		for i, p := range people {
			place[p.ID] = i
		}
		var before, after, deepest int
		for i, p := range people {
			depth := 0
			for boss := p.Manager; boss != "" && depth <= n; boss = people[place[boss]].Manager {
				depth++
			}
			deepest = max(deepest, depth)
			switch boss := place[p.Manager]; {
			case boss > i:
				after++
			case boss >= 0:
				before++
			}
		}
		if before == 0 || after == 0 || deepest < 5 || deepest > n {
			t.Errorf("%d people: %d managers before, %d after, chain of %d", n, before, after, deepest)
		}
	}
}

func TestStoryTellsOfEachKindAndHarmsNoManager(t *testing.T) {
	t.Parallel()
	for _, n := range []int{demo.MinPeople, 40, 200} {
		people := demo.Directory(n)
		first := people
		kinds := map[demo.Kind]int{}
		for _, cycle := range demo.Story(people) {
			next := cycle.Apply(people)
			for _, change := range cycle.Changes {
				kinds[change.Kind]++
				if demo.ByID(people)[change.After.ID] == change.After {
					t.Errorf("%d people: %s of %s changes nothing", n, change.Kind, change.After.Name())
				}
			}
			people = next
		}
		for _, kind := range []demo.Kind{demo.Leaver, demo.Returner, demo.Rename, demo.Promotion, demo.Moved, demo.NewPhone, demo.NewManager, demo.Purged} {
			if kinds[kind] == 0 {
				t.Errorf("%d people: no %s", n, kind)
			}
		}
		for _, p := range people {
			if boss, ok := demo.ByID(people)[p.Manager]; p.Manager != "" && (!ok || boss.Gone || !boss.Active) {
				t.Errorf("%d people: the manager of %s is not there", n, p.Name())
			}
		}
		if !slices.Equal(first, demo.Directory(n)) {
			t.Error("the story changed the first day")
		}
	}
}
