package ivanti_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/scim"
)

func (f *fleet) members(name string) []string {
	f.T.Helper()
	for _, g := range f.State().Groups {
		if g.Name == name {
			members := slices.Clone(g.Members)
			slices.Sort(members)
			return members
		}
	}
	f.T.Fatalf("no group %s", name)
	return nil
}

func TestGroupsComeFiftyAtATimeWhateverIsAsked(t *testing.T) {
	f := newFleet(t)
	for i := range 120 {
		f.by("POST", "/group", fmt.Sprintf("name=Team+%d&source=LOCAL&membershipStatic=true", i))
	}
	for _, i := range []int{0, 49, 50, 99, 119} {
		have, err := f.Connector.Find(t.Context(), f.groupRecord(fmt.Sprint("team ", i)))
		if err != nil || have.Key != fmt.Sprint("Team ", i) {
			t.Errorf("team %d: %+v, %v", i, have, err)
		}
	}
}

func TestAGroupIsStaticAndLocal(t *testing.T) {
	f := newFleet(t)
	made := f.group("Sales")
	state := f.State().Groups
	if row, _ := state[0].Native.(map[string]any); row["source"] != "LOCAL" || row["membershipStatic"] != true {
		t.Errorf("row %v", state[0].Native)
	}
	if made.ID != state[0].ID {
		t.Errorf("id %q", made.ID)
	}
}

func TestAGroupNameInUseIsRefused(t *testing.T) {
	f := newFleet(t)
	f.group("Sales")
	support := f.group("Support")
	if _, err := f.Connector.Create(t.Context(), f.groupRecord("sales")); !connectors.Is(err, connectors.Exists) {
		t.Errorf("make: %v", err)
	}
	if _, err := f.Connector.Update(t.Context(), support, f.groupRecord("Sales")); !connectors.Is(err, connectors.EditConflict) || !strings.Contains(detail(err), "already exists") {
		t.Errorf("rename: %v", err)
	}
}

func TestAGroupOfAnotherSourceIsNotTouched(t *testing.T) {
	f := newFleet(t)
	f.sim.AddGroup("Sales", "LDAP", true)
	f.sim.AddGroup("Support", "LOCAL", false)
	for name, words := range map[string]string{"Sales": "another source (LDAP)", "Support": "a rule decides"} {
		want := f.groupRecord(name)
		if _, err := f.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Ambiguous) || !strings.Contains(detail(err), words) {
			t.Errorf("%s is found: %v", name, err)
		}
		if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
			t.Errorf("%s is made: %v", name, err)
		}
	}
	tom := f.create("1", "tom@acme.test")
	for _, g := range f.State().Groups {
		err := f.Connector.EditMembers(t.Context(), connectors.Remote{ID: g.ID, Type: scim.TypeGroup}, []string{tom.ID}, nil)
		if !connectors.Is(err, connectors.Denied) || !strings.Contains(detail(err), "nobody edit") {
			t.Errorf("members of %s: %v", g.Name, err)
		}
	}
}

func TestAMemberWithoutAnAccountIsRefusedAndOneWhoIsGoneIsOut(t *testing.T) {
	f := newFleet(t)
	tom, ada, eva := f.create("1", "tom@acme.test"), f.create("2", "ada@acme.test"), f.create("3", "eva@acme.test")
	sales := f.group("Sales", tom.ID, ada.ID)
	f.by("DELETE", "/account?ids="+eva.ID, "")
	if err := f.Connector.EditMembers(t.Context(), sales, []string{eva.ID}, nil); !connectors.Is(err, connectors.Invalid) || !strings.Contains(detail(err), "User not found") {
		t.Errorf("add: %v", err)
	}
	if err := f.Connector.EditMembers(t.Context(), sales, nil, []string{eva.ID, tom.ID, "999"}); err != nil {
		t.Fatal(err)
	}
	if got := f.members("Sales"); !slices.Equal(got, []string{"ada@acme.test"}) {
		t.Errorf("members %v", got)
	}
}

func TestWhoWasDeletedByHandStaysInTheGroupAndCanBeTakenOut(t *testing.T) {
	f := newFleet(t)
	tom := f.create("1", "tom@acme.test")
	sales := f.group("Sales", tom.ID)
	f.by("DELETE", "/account?ids="+tom.ID, "")
	if len(f.members("Sales")) != 1 {
		t.Fatal("the vendor took the member out")
	}
	if err := f.Connector.EditMembers(t.Context(), sales, nil, []string{tom.ID}); err != nil || len(f.members("Sales")) != 0 {
		t.Error(err)
	}
}

func TestDeletingAGroupAsksBeforeItDisablesPeople(t *testing.T) {
	f := newFleet(t)
	var ids []string
	for i := range 60 { // more than a page of members
		ids = append(ids, f.create(fmt.Sprint(i), fmt.Sprintf("p%d@acme.test", i)).ID)
	}
	sales := f.group("Sales", ids...)
	f.group("Support", ids[:40]...)
	if _, err := f.Connector.Deactivate(t.Context(), connectors.Remote{ID: ids[59]}); err != nil {
		t.Fatal(err)
	}
	err := f.Connector.Delete(t.Context(), sales)
	if want := "deleting the group would disable 19 people who are in no other group"; !connectors.Is(err, connectors.Confirm) || detail(err) != want {
		t.Fatalf("got %v", err)
	}
	if len(f.members("Sales")) != 60 {
		t.Fatal("it was done all the same")
	}
	sales.Confirmed = true
	for range 2 {
		if err := f.Connector.Delete(t.Context(), sales); err != nil {
			t.Fatal(err)
		}
	}
	disabled := 0
	for _, a := range f.State().Accounts {
		if !a.Active {
			disabled++
		}
	}
	if disabled != 20 || len(f.State().Groups) != 1 {
		t.Errorf("%d people are disabled", disabled)
	}
}

func TestAGroupWhoseMembersAreElsewhereTooIsDeletedUnasked(t *testing.T) {
	f := newFleet(t)
	tom := f.create("1", "tom@acme.test")
	sales := f.group("Sales", tom.ID)
	f.group("Support", tom.ID)
	if err := f.Connector.Delete(t.Context(), sales); err != nil || f.Native("tom@acme.test")["enabled"] != true {
		t.Error(err)
	}
}

func TestTheTenantSaysHowManyADeletionMayDisable(t *testing.T) {
	f := newFleet(t, with("group_delete_limit", 1))
	tom, ada := f.create("1", "tom@acme.test"), f.create("2", "ada@acme.test")
	sales, support := f.group("Sales", tom.ID), f.group("Support", ada.ID, tom.ID)
	if err := f.Connector.Delete(t.Context(), support); err != nil { // ada only
		t.Error(err)
	}
	eva := f.create("3", "eva@acme.test")
	if err := f.Connector.EditMembers(t.Context(), sales, []string{eva.ID}, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Connector.Delete(t.Context(), sales); !connectors.Is(err, connectors.Confirm) {
		t.Error(err)
	}
}

func TestWhereGroupsOfMembersDoNotShowEverybodyCounts(t *testing.T) {
	f := newFleet(t)
	tom := f.create("1", "tom@acme.test")
	sales := f.group("Sales", tom.ID)
	f.group("Support", tom.ID)
	f.Turn(`{"hide_groups": true}`)
	if err := f.Connector.Delete(t.Context(), sales); !connectors.Is(err, connectors.Confirm) {
		t.Error(err)
	}
}
