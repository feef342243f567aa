package relay_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// entitling is a world whose groups give their members something at the vendor.
func entitling(t *testing.T) *relaytest.World {
	t.Helper()
	w := relaytest.New(t)
	w.Vendor.Entitles = true
	w.Session.Capabilities.Groups, w.Session.Capabilities.Entitlements = false, true
	return w
}

// given is what the person's account holds, sorted.
func given(t *testing.T, w *relaytest.World, key string) string {
	t.Helper()
	account, ok := w.Vendor.Account(key)
	if !ok {
		t.Fatalf("%s has no account", key)
	}
	var names []string
	groups, _ := account.Fields["groups"].([]any)
	for _, name := range groups {
		names = append(names, name.(string))
	}
	return strings.Join(names, " ")
}

func TestAGroupGivesItsMembersSomething(t *testing.T) {
	t.Parallel()
	w := entitling(t)
	ana, ben := w.Person("ana", nil), w.Person("ben", nil)
	w.Turn()
	sales := w.Group("Sales", ana)
	step := func(name, forAna, forBen string) {
		t.Helper()
		w.Turn()
		if a, b := given(t, w, "ana"), given(t, w, "ben"); a != forAna || b != forBen {
			t.Fatalf("%s: ana has %q and ben %q", name, a, b)
		}
	}
	step("made", "Sales", "")
	w.Join(sales, "Sales", ben)
	step("joined", "Sales", "Sales")
	w.ChangeGroup(sales, "Marketing", nil, scim.MemberEdit{})
	step("renamed", "Marketing", "Marketing")
	w.Leave(sales, "Marketing", ana)
	step("left", "", "Marketing")
	w.DeleteGroup(sales)
	step("deleted", "", "")
	if _, there := w.Link(sales); there {
		t.Error("the group's link is still there")
	}
}

func TestAGroupThatIsGoneBeforeItsFirstTurnGivesNothing(t *testing.T) {
	t.Parallel()
	w := entitling(t)
	ana := w.Person("ana", nil)
	sales := w.Group("Sales", ana)
	health := w.Begin()
	outcomes, health := w.Chunk(health) // the person, who is in the group; not yet the group
	w.Record(outcomes, health)
	w.End()
	if got := given(t, w, "ana"); got != "Sales" {
		t.Fatal(got)
	}
	w.DeleteGroup(sales)
	w.Turn()
	if got := given(t, w, "ana"); got != "" {
		t.Errorf("ana has %q", got)
	}
}

func TestAChangeOfMembersAsksTheVendorAboutThemOnly(t *testing.T) {
	t.Parallel()
	w := entitling(t)
	ana, ben := w.Person("ana", nil), w.Person("ben", nil)
	w.Person("cid", nil)
	w.Turn()
	asked := func(name string) {
		t.Helper()
		w.Turn()
		for _, call := range w.Vendor.Calls() {
			if call.Key != name {
				t.Errorf("%v", call)
			}
		}
	}
	w.Vendor.Calls()
	sales := w.Group("Sales", ana)
	asked("ana")
	w.Join(sales, "Sales", ben)
	asked("ben")
	w.Leave(sales, "Sales", ana)
	asked("ana")
}

func TestAGroupThatGivesNothingAsksNothingOfTheVendor(t *testing.T) {
	t.Parallel()
	w := entitling(t)
	ana := w.Person("ana", nil)
	w.Turn()
	w.Vendor.Calls()
	club := w.Group("Club", ana)
	w.Turn()
	w.ChangeGroup(club, "Club of others", nil, scim.MemberEdit{})
	w.Turn()
	if calls := w.Vendor.Calls(); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
	synced(t, w, ana)
	w.ChangeGroup(club, "Sales", nil, scim.MemberEdit{})
	w.Turn()
	if got := given(t, w, "ana"); got != "Sales" {
		t.Errorf("ana has %q", got)
	}
}

// What was sent by a process that died is not taken for what was there before.
func TestWhatADeadProcessGaveIsTakenAway(t *testing.T) {
	t.Parallel()
	w := entitling(t)
	ana := w.Person("ana", nil)
	w.Turn()
	sales := w.Group("Club", ana)
	w.Turn()
	w.ChangeGroup(sales, "Sales", nil, scim.MemberEdit{})
	health := w.Begin()
	outcomes, health := w.Chunk(health) // the group, whose members are to be looked at
	w.Record(outcomes, health)
	w.Chunk(health) // ana, who gets it; nobody hears of it
	w.End()
	if got := given(t, w, "ana"); got != "Sales" {
		t.Fatalf("ana has %q", got)
	}
	w.ChangeGroup(sales, "Club", nil, scim.MemberEdit{})
	w.Turn()
	if got := given(t, w, "ana"); got != "" {
		t.Errorf("ana has %q", got)
	}
}

// Random changes of people and groups, with turns in between that die before they record.
// Several histories share a world, so that the later ones find what the earlier ones left.
func TestEntitlementsAreRightAfterAnyHistory(t *testing.T) {
	t.Parallel()
	const worlds, histories, steps = 8, 10, 12
	for seed := range seeds(worlds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := &entitlements{t: t, w: entitling(t), rand: rand.New(rand.NewPCG(seed, 4)), in: map[string]map[string]bool{},
				people: map[string]string{}, groups: map[string]string{}}
			compared := 0
			for range histories {
				for range steps {
					h.step()
				}
				h.w.Turn()
				compared += h.check()
				if t.Failed() {
					return
				}
			}
			if compared < histories { // too little would prove nothing
				t.Errorf("only %d entitlements were compared", compared)
			}
		})
	}
}

// entitlements is a history with what ought to be.
type entitlements struct {
	t      *testing.T
	w      *relaytest.World
	rand   *rand.Rand
	named  int
	people map[string]string          // id: user name
	groups map[string]string          // id: name
	in     map[string]map[string]bool // group: members
}

func (h *entitlements) pick(of map[string]string) string {
	ids := make([]string, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return ""
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(of[a], of[b]) })
	return ids[h.rand.IntN(len(ids))]
}

func (h *entitlements) name(of string) string {
	h.named++
	return fmt.Sprint(of, h.named)
}

func (h *entitlements) step() {
	person, group := h.pick(h.people), h.pick(h.groups)
	switch n := h.rand.IntN(10); {
	case n == 0 || person == "":
		name := h.name("user")
		h.people[h.w.Person(name, nil)] = name
	case n == 1 || group == "":
		name := h.name("group")
		id := h.w.Group(name, person)
		h.groups[id], h.in[id] = name, map[string]bool{person: true}
	case n == 2:
		h.w.Join(group, h.groups[group], person)
		h.in[group][person] = true
	case n == 3:
		h.w.Leave(group, h.groups[group], person)
		delete(h.in[group], person)
	case n == 4:
		h.groups[group] = h.name([]string{"group", "Club"}[h.rand.IntN(2)])
		h.w.ChangeGroup(group, h.groups[group], nil, scim.MemberEdit{})
	case n == 5 && h.rand.IntN(2) == 0:
		h.w.DeleteGroup(group)
		delete(h.groups, group)
		delete(h.in, group)
	case n == 6 && h.rand.IntN(2) == 0:
		h.w.Delete(person)
		delete(h.people, person)
		for _, members := range h.in {
			delete(members, person)
		}
	case n == 7: // a process that dies after the calls
		health := h.w.Begin()
		h.w.Chunk(health)
		h.w.End()
	case n == 8: // one chunk of a turn
		health := h.w.Begin()
		outcomes, health := h.w.Chunk(health)
		h.w.Record(outcomes, health)
		h.w.End()
	default:
		h.w.Turn()
	}
}

func (h *entitlements) check() (compared int) {
	for id, name := range h.people {
		var want []string
		for group, members := range h.in {
			if members[id] && !strings.HasPrefix(h.groups[group], "Club") {
				want = append(want, h.groups[group])
			}
		}
		slices.Sort(want)
		compared += len(want)
		if have := given(h.t, h.w, name); have != strings.Join(want, " ") {
			h.t.Errorf("%s has %q, want %v", name, have, want)
		}
	}
	return compared
}
