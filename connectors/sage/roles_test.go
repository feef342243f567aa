package sage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

// in is the record with the person in these groups.
func in(want connectors.Record, groups ...string) connectors.Record {
	want.Groups = nil
	for _, name := range groups {
		want.Groups = append(want.Groups, connectors.Group{ID: "id-" + name, Name: name, ExternalID: "ext-" + name})
	}
	return want
}

// update brings the person to want and tells what was called.
func (o *office) update(want connectors.Record) []string {
	o.T.Helper()
	before := o.Count()
	if _, err := o.Connector.Update(o.T.Context(), o.Find(want), want); err != nil {
		o.T.Fatal(err)
	}
	return o.Calls(before)
}

func (o *office) holds(email string, roles ...int64) {
	o.T.Helper()
	if got, _ := o.Native(email)["roles"].([]int64); !slices.Equal(roles, got) {
		o.T.Errorf("%s has the roles %v, want %v", email, got, roles)
	}
}

func TestGroupsGiveRolesByTheTable(t *testing.T) {
	o := newOffice(t)
	person := o.record("1", "ana@acme.test", nil)
	before := o.Count()
	if _, err := o.Connector.Create(t.Context(), in(person, "Sales Managers")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"POST /login 200", "POST /users 200", "PUT /users/101/roles 200"}, o.Calls(before)); diff != "" {
		t.Error(diff)
	}
	o.holds("ana@acme.test", 3, 30)
	person.VendorID = "101"
	read := []string{"GET /users/101 200", "GET /users/101/roles 200"}
	for _, step := range []struct {
		name   string
		groups []string
		sent   []string
		roles  []int64
	}{
		{"nothing changes", []string{"Sales Managers"}, nil, []int64{3, 30}},
		{"one role for another", []string{"area managers"}, []string{"DELETE /users/101/roles 200", "PUT /users/101/roles 200"}, []int64{3, 32}},
		{"a group that the table does not name", []string{"Buyers"}, []string{"DELETE /users/101/roles 200"}, []int64{3}},
		{"a group without a role", []string{"Everybody", "Sales Managers"}, []string{"PUT /users/101/roles 200"}, []int64{3, 30}},
		{"no group", nil, []string{"DELETE /users/101/roles 200"}, []int64{3}},
	} {
		if diff := cmp.Diff(append(read[:2:2], step.sent...), o.update(in(person, step.groups...))); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
		o.holds("ana@acme.test", step.roles...)
	}
}

func TestAGroupIsNamedByItsNameItsExternalIDOrItsID(t *testing.T) {
	o := newOffice(t, func(s *simhost.Sample) {
		s.Defaults["roles"] = map[string]int{"Field Force": 2, "ext-b": 30, "id-c": 32}
	})
	want := in(o.record("1", "ana@acme.test", nil), "FIELD FORCE", "b", "c")
	if _, err := o.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	o.holds("ana@acme.test", 3, 2, 30, 32)
}

func TestRolesOutsideTheTableAreLeftAlone(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	o.ask("PUT", "/users/"+made.ID+"/roles", `{"rolesId":[1,30]}`)
	o.ask("DELETE", "/users/"+made.ID+"/roles", `{"rolesId":[3]}`)
	want := o.record("1", "ana@acme.test", nil)
	want.VendorID = made.ID
	o.update(want)
	o.holds("ana@acme.test", 1)
}

func TestTheBasicRoleStaysUnlessItIsInTheTable(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	o.update(in(o.record("1", "ana@acme.test", nil), "Sales Managers"))
	o.update(o.record("1", "ana@acme.test", nil))
	o.holds("ana@acme.test", 3)

	o = newOffice(t, func(s *simhost.Sample) { s.Defaults["roles"] = map[string]int{"Reps": 3, "Sales Managers": 30} })
	want := in(o.record("1", "ana@acme.test", nil), "Reps")
	if _, err := o.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	o.holds("ana@acme.test", 3)
	for range 2 {
		o.update(in(want, "Sales Managers"))
		o.holds("ana@acme.test", 30)
	}
	for range 2 {
		o.update(in(want))
		o.holds("ana@acme.test")
	}
}

func TestADryRunTellsFieldsAndRolesWithoutACall(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	want := in(o.record("1", "ana@acme.test", map[string]any{"name": map[string]any{"givenName": "Anna", "familyName": "Ruiz"}}), "Sales Managers")
	have := o.Find(want)
	before := o.Count()
	differ, _ := o.Connector.(connectors.Differ)
	if diff := cmp.Diff(map[string]any{"name": "Anna", "roles": []any{int64(3), int64(30)}}, differ.Difference(have, want)); diff != "" {
		t.Error(diff)
	}
	if o.Count() != before {
		t.Error(o.Calls(before))
	}
	o.update(want)
	if left := differ.Difference(o.Find(want), want); len(left) > 0 {
		t.Errorf("after the run there is still %v", left)
	}
}

func TestAccountsOfOtherHandsKeepTheirRoles(t *testing.T) {
	o := newOffice(t, noTable)
	o.create("somebody", "ana@acme.test")
	o.Open()
	want := o.record("7f0c", "ana@acme.test", nil)
	before := o.Count()
	if _, err := o.Connector.Update(t.Context(), o.Find(want), want); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(o.Calls(before), " "); strings.Contains(calls, "roles") {
		t.Error(calls)
	}
	if got := o.Native("ana@acme.test")["extId"]; got != "gw:somebody" {
		t.Errorf("the foreign id became %v", got)
	}
}
