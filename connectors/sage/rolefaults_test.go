package sage_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

func TestARoleThatAnotherHandTookIsNoObstacle(t *testing.T) {
	o := newOffice(t)
	want := in(o.record("1", "ana@acme.test", nil), "Sales Managers", "Area Managers")
	made, err := o.Connector.Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, taken := range []string{"30", "32"} {
		o.ask("PUT", "/users/"+made.ID+"/roles", `{"rolesId":[30,32]}`)
		have := o.Find(want)
		o.ask("DELETE", "/users/"+made.ID+"/roles", `{"rolesId":[`+taken+`]}`)
		if _, err := o.Connector.Update(t.Context(), have, in(want)); err != nil {
			t.Fatal(err)
		}
		o.holds("ana@acme.test", 3)
	}
	o.ask("PUT", "/users/"+made.ID+"/roles", `{"rolesId":[30]}`)
	o.Turn(`{"rules": [{"method": "DELETE", "status": 400}]}`)
	if _, err := o.Connector.Update(t.Context(), o.Find(want), in(want)); !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "role 30") {
		t.Errorf("a role that cannot be taken: %v", err)
	}
}

// Who must lose a role loses it although Sage refuses something else about the person.
func TestRolesAreTakenFirstAndGivenLast(t *testing.T) {
	o := newOffice(t, func(s *simhost.Sample) { s.Defaults["roles"] = map[string]int{"Sales Managers": 30, "Ghosts": 77} })
	person := o.record("1", "ana@acme.test", nil)
	made, err := o.Connector.Create(t.Context(), in(person, "Sales Managers"))
	if err != nil {
		t.Fatal(err)
	}
	o.Turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*", "status": 422}]}`)
	changed := o.record("1", "ana@acme.test", map[string]any{"name": map[string]any{"givenName": "Anna", "familyName": "Ruiz"}})
	if _, err := o.Connector.Update(t.Context(), o.Find(person), changed); !connectors.Is(err, connectors.Invalid) {
		t.Fatal(err)
	}
	o.holds("ana@acme.test", 3)
	o.Turn(`{}`)
	if _, err := o.Connector.Update(t.Context(), o.Find(person), in(changed, "Ghosts")); !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "role 77") {
		t.Errorf("a role that Sage does not have: %v", err)
	}
	if got := o.Native("ana@acme.test")["name"]; got != "Anna" {
		t.Errorf("the new name did not arrive: %v", got)
	}
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	o.ask("PUT", "/users/"+made.ID+"/roles", `{"rolesId":[30]}`)
	o.Turn(`{"rules": [{"method": "DELETE", "status": 503}]}`)
	if _, err := o.Connector.Reactivate(t.Context(), o.Find(person), person); err == nil || o.Native("ana@acme.test")["isActive"] == true {
		t.Errorf("somebody returned with a role they have lost: %v", err)
	}
	o.Turn(`{}`)
	if _, err := o.Connector.Reactivate(t.Context(), o.Find(person), person); err != nil || o.Native("ana@acme.test")["isActive"] != true {
		t.Error(err)
	}
	o.holds("ana@acme.test", 3)
}

func TestATableThatNamesARoleSageLacksLeavesNobodyWithoutTheBasicOne(t *testing.T) {
	o := newOffice(t, func(s *simhost.Sample) { s.Defaults["roles"] = map[string]int{"Ghosts": 77} })
	want := in(o.record("1", "ana@acme.test", nil), "Ghosts")
	made, err := o.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Unknown) || made.ID != "101" {
		t.Fatal(made.ID, err)
	}
	o.holds("ana@acme.test", 3)
	if _, err := o.Connector.Update(t.Context(), o.Find(want), want); !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
}

func TestRolesLostInACrashAreRepaired(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*/roles", "do": "drop"}]}`)
	want := in(o.record("1", "ana@acme.test", nil), "Sales Managers")
	if made, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Unknown) || !connectors.FaultOf(err).Uncertain || made.ID != "101" {
		t.Fatal(made.ID, err)
	}
	o.Turn(`{}`)
	o.Open()
	o.update(want)
	o.holds("ana@acme.test", 3, 30)
}

func TestRolesThatCannotBeReadHoldNobodyBack(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	want := in(o.record("1", "ana@acme.test", nil), "Sales Managers")
	want.VendorID = made.ID
	o.Turn(`{"rules": [{"method": "GET", "path": "/api/v4/users/*/roles", "status": 503}]}`)
	have := o.Find(want)
	if _, err := o.Connector.Deactivate(t.Context(), have); err != nil || o.Native("ana@acme.test")["isActive"] != false {
		t.Errorf("a leaver stays: %v", err)
	}
	if _, err := o.Connector.Update(t.Context(), have, want); !connectors.Is(err, connectors.Transient) {
		t.Errorf("roles that are not known count as right: %v", err)
	}
	o.Turn(`{}`)
	if _, err := o.Connector.Update(t.Context(), have, want); err != nil {
		t.Fatal(err)
	}
	o.holds("ana@acme.test", 3, 30)
}

func TestARoleLostInACrashIsRepaired(t *testing.T) {
	o := newOffice(t, noTable)
	o.Turn(`{"rules": [{"method": "PUT", "path": "/api/v4/users/*/roles", "status": 500}]}`)
	want := o.record("7f0c", "ana@acme.test", nil)
	made, err := o.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Unknown) || made.ID != "101" {
		t.Fatalf("create gave %q, %v", made.ID, err)
	}
	o.Turn(`{}`)
	o.Open()
	if _, err := o.Connector.Update(t.Context(), o.Find(want), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{3}, o.Native("ana@acme.test")["roles"]); diff != "" {
		t.Fatal(diff)
	}
	before := o.Count()
	if _, err := o.Connector.Update(t.Context(), o.Find(want), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"GET /users 200"}, o.Calls(before)); diff != "" {
		t.Errorf("the role is looked at again:\n%s", diff)
	}
}
