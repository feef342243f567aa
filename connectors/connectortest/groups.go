package connectortest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// groupTests is what is asked of a product that declares groups.
func groupTests() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"a group that was made is found":           groupIsFound,
		"making a group twice makes one":           groupTwice,
		"a group is renamed once":                  groupRenamed,
		"members come and go, however often":       membersTwice,
		"deleting a group that is gone is success": deleteGroup,
		"a person and a group of one name are two": oneName,
		"every failure about groups has its class": groupFailures,
	}
}

// groupRecord maps a group as a relay does; the same number is the same group.
func (w *world) groupRecord(s subject, n int, name string) connectors.Record {
	w.t.Helper()
	mapping := s.mapping.For(scim.TypeGroup)
	if mapping == nil {
		w.t.Fatal("the product declares groups, and its mapping file has no section for them")
	}
	doc := scim.Document{"displayName": name, "externalId": fmt.Sprint("canary-group-", n)}
	record, err := mapping.Record(fmt.Sprintf("0190-group-%d", n), doc)
	if err != nil {
		w.t.Fatal(err)
	}
	return record
}

func groupName(n int) string { return fmt.Sprintf("Canaria Club %d", n) }

func (w *world) makeGroup(s subject, want connectors.Record) connectors.Remote {
	w.t.Helper()
	made := w.create(s, want)
	made.Type = scim.TypeGroup // as the relay does
	return made
}

func (w *world) findGroup(s subject, want connectors.Record) connectors.Remote {
	w.t.Helper()
	have := w.find(s, want)
	have.Type = scim.TypeGroup
	return have
}

// groups are the members of the simulator's groups of the name, by key.
func (w *world) groups(name string) (found [][]string) {
	state, _ := w.host.State(w.h.Product.Name)
	for _, g := range state.Groups {
		if g.Name == name {
			members := slices.Clone(g.Members)
			slices.Sort(members)
			found = append(found, members)
		}
	}
	return found
}

func groupIsFound(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.groupRecord(s, 1, groupName(1))
	if _, err := s.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("before it is made: %v", err)
	}
	made := w.makeGroup(s, want)
	byKey, err := s.Find(t.Context(), want)
	if err != nil || byKey.ID != made.ID || made.ID == "" {
		t.Fatalf("by key: %q, %v", byKey.ID, err)
	}
	want.VendorID = made.ID
	byID, err := s.Find(t.Context(), want)
	if err != nil || byID.ID != made.ID || !strings.EqualFold(byID.Key, want.Key) {
		t.Fatalf("by id: %q, %v", byID.ID, err)
	}
	if differs := connectors.Difference(byID.Fields, made.Fields); len(differs) > 0 {
		t.Errorf("what create returned differs from what is found in %d fields", len(differs))
	}
	if _, err := s.Find(t.Context(), w.groupRecord(s, 2, groupName(2))); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("another one: %v", err)
	}
}

func groupTwice(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	want := w.groupRecord(s, 1, groupName(1))
	first := w.makeGroup(s, want)
	second, err := s.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Exists) && (err != nil || second.ID != first.ID) {
		t.Errorf("the second create gave %q, %v", second.ID, err)
	}
	if n := len(w.groups(want.Key)); n != 1 {
		t.Errorf("there are %d groups", n)
	}
}

func groupRenamed(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	made := w.makeGroup(s, w.groupRecord(s, 1, groupName(1)))
	want := w.groupRecord(s, 1, "Canaria Neu")
	want.VendorID = made.ID
	before := w.writes()
	if _, err := s.Update(t.Context(), w.findGroup(s, want), want); err != nil || w.writes() == before {
		t.Fatalf("nothing was sent: %v", err)
	}
	if len(w.groups("Canaria Neu")) != 1 || len(w.groups(groupName(1))) != 0 {
		t.Error("the name did not arrive")
	}
	before = w.writes()
	if _, err := s.Update(t.Context(), w.findGroup(s, want), want); err != nil || w.writes() != before {
		t.Errorf("it was sent again: %v", err)
	}
}

// editor is the power a product with groups must have.
func (w *world) editor(s subject) connectors.MemberEditor {
	w.t.Helper()
	power, ok := s.Connector.(connectors.MemberEditor)
	if !ok {
		w.t.Fatal("the product declares groups, and its connector edits no members")
	}
	return power
}

func membersTwice(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	club := w.makeGroup(s, w.groupRecord(s, 1, groupName(1)))
	var ids, keys []string
	for n := range 4 {
		record := w.record(s, n)
		ids, keys = append(ids, w.create(s, record).ID), append(keys, record.Key)
	}
	for _, step := range []struct {
		name        string
		add, remove []string
		want        []string
	}{
		{"two come", ids[:2], nil, keys[:2]},
		{"one comes and one goes", ids[2:3], ids[:1], keys[1:3]},
		{"one who is not in goes", nil, ids[3:], keys[1:3]},
		{"everybody goes", nil, ids, nil},
	} {
		for range 2 { // everything may run twice
			if err := w.editor(s).EditMembers(t.Context(), club, step.add, step.remove); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if got := w.groups(groupName(1)); len(got) != 1 || !sameKeys(got[0], step.want) {
				t.Fatalf("%s: members %v, want %v", step.name, got, step.want)
			}
		}
	}
}

func sameKeys(a, b []string) bool {
	return slices.EqualFunc(a, b, strings.EqualFold)
}

func deleteGroup(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	club := w.makeGroup(s, w.groupRecord(s, 1, groupName(1)))
	record := w.record(s, 1)
	if err := w.editor(s).EditMembers(t.Context(), club, []string{w.create(s, record).ID}, nil); err != nil {
		t.Fatal(err)
	}
	if !h.Product.Capabilities.Delete && !h.Product.Capabilities.DeleteGroup {
		if err := s.Delete(t.Context(), club); !connectors.Is(err, connectors.Denied) || len(w.groups(groupName(1))) != 1 {
			t.Fatalf("a product that never deletes answered %v", err)
		}
		return
	}
	for range 2 {
		if err := s.Delete(t.Context(), club); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.groups(groupName(1))) != 0 || len(w.accounts(record.Key)) != 1 {
		t.Error("want the group gone and its member there")
	}
}

func oneName(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	person := w.record(s, 1)
	account := w.create(s, person)
	want := w.groupRecord(s, 1, person.Key)
	club := w.makeGroup(s, want)
	if again := w.find(s, person); again.ID != account.ID {
		t.Errorf("the person is %q, was %q", again.ID, account.ID)
	}
	if again := w.findGroup(s, want); again.ID != club.ID {
		t.Errorf("the group is %q, was %q", again.ID, club.ID)
	}
}

// groupFailures shows every fault to the calls about groups. Editing members may be repeated
// like an update: a lost answer is no Unknown. Nothing about the group may be told.
func groupFailures(t *testing.T, h Harness) {
	w := h.world(t)
	credentials := h.Customer("canary-secret")
	s := w.open(credentials, 0)
	known := w.groupRecord(s, 1, groupName(1))
	known.VendorID = w.makeGroup(s, known).ID
	member := w.create(s, w.record(s, 1)).ID
	changed := w.groupRecord(s, 1, "Canaria Neu")
	for i, f := range allFailures() {
		have := w.findGroup(s, known)
		repeating := cmp.Or(f.repeating, f.create)
		w.show(f.rule)
		_, err := s.Find(t.Context(), known)
		h.expect(t, "find", f, repeating, w.told(err))
		_, err = s.Create(t.Context(), w.groupRecord(s, 100+i, groupName(100+i)))
		h.expect(t, "create", f, f.create, w.told(err))
		err = w.editor(s).EditMembers(t.Context(), have, []string{member}, nil)
		h.expect(t, "members", f, repeating, w.told(err))
		for name := range have.Fields { // whatever got through by accident must not hide this one
			have.Fields[name] = "old"
		}
		_, err = s.Update(t.Context(), have, changed)
		h.expect(t, "update", f, repeating, w.told(err))
		w.heal()
	}
	w.search(t, w.said.String(), credentials)
}

// told keeps what an error says.
func (w *world) told(err error) error {
	fmt.Fprintln(w.said, err)
	return err
}
