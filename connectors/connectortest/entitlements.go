package connectortest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
)

// entitlementTests is what is asked of a product whose groups give their members something.
func entitlementTests() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"what groups give is there from the start":           entitledFromTheStart,
		"what groups give comes and goes, however often":     entitledLater,
		"what is given twice is kept until the last is gone": entitledTwice,
		"a group that gives nothing changes nothing":         entitledToNothing,
	}
}

// groupsOf are the person's groups by their names.
func groupsOf(names ...string) (groups []connectors.Group) {
	for i, name := range names {
		groups = append(groups, connectors.Group{ID: fmt.Sprint("0190-group-", name), Name: name, ExternalID: fmt.Sprint("canary-group-", i)})
	}
	return groups
}

// holds compares the groups the account is in at the vendor, of those that groups can give, with
// what they give.
func (w *world) holds(key string, groups []connectors.Group) {
	w.t.Helper()
	var want, have []string
	for _, g := range groups {
		want = append(want, w.h.Entitled[g.Name]...)
	}
	given := slices.Concat(slices.Collect(maps.Values(w.h.Entitled))...)
	state, _ := w.host.State(w.h.Product.Name)
	for _, g := range state.Groups {
		in := slices.ContainsFunc(g.Members, func(member string) bool { return strings.EqualFold(member, key) })
		if in && slices.Contains(given, g.ID) {
			have = append(have, g.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if want = slices.Compact(want); !slices.Equal(want, have) {
		w.t.Fatalf("the person has %v, want %v", have, want)
	}
}

func (w *world) given() []string {
	w.t.Helper()
	names := slices.Sorted(maps.Keys(w.h.Entitled))
	if len(names) < 2 {
		w.t.Fatal("the harness names no groups that give something")
	}
	return names
}

func entitledFromTheStart(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	want.Groups = groupsOf(w.given()[0])
	w.create(s, want)
	w.holds(want.Key, want.Groups)
}

func entitledLater(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	want.VendorID = w.create(s, want).ID
	names := w.given()
	for _, groups := range [][]string{names[:1], names[:2], names[1:2], nil, names} {
		want.Groups = groupsOf(groups...)
		for i := range 2 { // everything may run twice
			before := w.writes()
			if _, err := s.Update(t.Context(), w.find(s, want), want); err != nil {
				t.Fatal(err)
			}
			if i > 0 && w.writes() != before {
				t.Fatalf("%v: it was sent again", groups)
			}
			w.holds(want.Key, want.Groups)
		}
	}
}

// entitledTwice has two groups of one name, as two directories may have.
func entitledTwice(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	name := w.given()[0]
	want.Groups = groupsOf(name, name)
	want.VendorID = w.create(s, want).ID
	for _, groups := range [][]string{{name}, nil} {
		want.Groups = groupsOf(groups...)
		if _, err := s.Update(t.Context(), w.find(s, want), want); err != nil {
			t.Fatal(err)
		}
		w.holds(want.Key, want.Groups)
	}
}

func entitledToNothing(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.record(s, 1)
	want.Groups = groupsOf(w.given()[0])
	want.VendorID = w.create(s, want).ID
	before := w.writes()
	want.Groups = append(want.Groups, groupsOf("Canaria Nothing")...)
	if _, err := s.Update(t.Context(), w.find(s, want), want); err != nil || w.writes() != before {
		t.Fatalf("something was sent: %v", err)
	}
	w.holds(want.Key, want.Groups)
}
