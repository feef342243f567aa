package timeclock_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/timeclock"
	"scimrelay/scim"
)

func TestWhatIsSent(t *testing.T) {
	c := newCompany(t)
	want := c.record("33aa", ben, numbered("1265"))
	var have connectors.Remote
	steps := []struct {
		name string
		do   func() error
		want []string
	}{
		{"create", func() error { _, err := c.Connector.Create(t.Context(), want); return err }, []string{"users.create"}},
		{"find by username", func() (err error) {
			have, err = c.Connector.Find(t.Context(), want)
			want.VendorID = have.ID
			return err
		}, []string{"users.list"}},
		{"find by id", func() (err error) { have, err = c.Connector.Find(t.Context(), want); return err }, []string{"users.get"}},
		{"update to the same", func() error { _, err := c.Connector.Update(t.Context(), have, want); return err }, nil},
		{"update", func() error {
			want.Fields["displayName"] = "Ben Adar Levi"
			if diff := cmp.Diff(map[string]any{"displayName": "Ben Adar Levi", "firstName": "Ben Adar", "lastName": "Levi"},
				c.Connector.Difference(have, want)); diff != "" {
				t.Error(diff)
			}
			_, err := c.Connector.Update(t.Context(), have, want)
			return err
		}, []string{"users.update"}},
		{"deactivate", func() (err error) { have, err = c.Connector.Deactivate(t.Context(), have); return err },
			[]string{"users.deactivate", "users.releaseLicense"}},
		{"update whoever is gone", func() error {
			want.Active = false
			_, err := c.Connector.Update(t.Context(), c.Find(want), want)
			return err
		},
			[]string{"users.get"}},
		{"reactivate", func() error {
			want.Active = true
			_, err := c.Connector.Reactivate(t.Context(), c.Find(want), want)
			return err
		},
			[]string{"users.get", "users.assignLicense", "users.activate"}},
	}
	for _, step := range steps {
		before := c.Count()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, c.Calls(before)); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
	}
	if diff := cmp.Diff(map[string]any{"id": int64(90211), "username": ben, "email": ben, "firstName": "Ben Adar", "lastName": "Levi",
		"displayName": "Ben Adar Levi", "employeeNumber": int64(1265), "externalId": "ben", "active": true,
		"license": map[string]any{"assigned": true, "productId": 3}, "role": map[string]any{"id": int64(1), "name": "Employee"},
		"managerId": nil, "groupIds": []int64{}, "terminationDate": nil}, c.Native(ben)); diff != "" {
		t.Error(diff)
	}
}

// The customer document: matching is by userName, and nothing else can be filtered by.
func TestMatchingIsByUserNameAndNeverByExternalID(t *testing.T) {
	c := newCompany(t)
	made := c.create("1", ben)
	if _, err := c.Connector.Find(t.Context(), c.record("2", "other@acme.test", map[string]any{"externalId": "ben"})); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("the external id finds somebody: %v", err)
	}
	if have := c.Find(c.record("1", "BEN@acme.test", map[string]any{"externalId": "another"})); have.ID != made.ID {
		t.Errorf("letter case keeps %q from being found", ben)
	}
}

func TestSevenAttributesAreCarriedAndNothingElse(t *testing.T) {
	c := newCompany(t)
	doc := person(ben, map[string]any{
		"name":         map[string]any{"givenName": "Ben", "familyName": "Adar"},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "+972 3 555"}},
		"emails":       []any{map[string]any{"type": "work", "value": ben}, map[string]any{"type": "home", "value": "b@home.test"}},
		scim.SchemaEnterprise: map[string]any{"department": "Sales", "employeeNumber": "1265",
			"manager": map[string]any{"value": "boss"}},
	})
	if diff := cmp.Diff([]string{`emails[type eq "home"]`, "name.familyName", "name.givenName", "phoneNumbers",
		scim.SchemaEnterprise + ":department"}, c.Mapping.NotForwarded(doc)); diff != "" {
		t.Error(diff)
	}
}

func TestNamesAreMadeFromTheDisplayName(t *testing.T) {
	c := newCompany(t)
	for i, n := range []struct{ display, first, last string }{
		{"Ben Adar", "Ben", "Adar"},
		{"  Anne-Marie  van der  Berg ", "Anne-Marie van der", "Berg"},
		{"Sukarno", "Sukarno", "Sukarno"},
		{"怡君 陳", "怡君", "陳"},
		{"Müller, Jürgen", "Müller,", "Jürgen"},
		{"", "user6", "user6"}, // nobody is without names
	} {
		userName := "user" + string(rune('1'+i)) + "@acme.test"
		want := c.record(userName, userName, map[string]any{"displayName": n.display})
		if _, err := c.Connector.Create(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		row := c.Native(userName)
		if row["firstName"] != n.first || row["lastName"] != n.last {
			t.Errorf("%q became %q and %q", n.display, row["firstName"], row["lastName"])
		}
		if differs := c.Connector.Difference(c.Find(want), want); len(differs) > 0 {
			t.Errorf("%q differs from itself: %v", n.display, differs)
		}
	}
}

func TestATargetMayNameFirstAndLastNameItself(t *testing.T) {
	c := newCompany(t, func(s *simhost.Sample) {
		s.Target = map[string]any{"mapping": map[string]string{"firstName": "user.name.givenName", "lastName": "user.name.familyName"}}
	})
	want := c.record("1", ben, map[string]any{"displayName": "Adar, Ben (Sales)", "name": map[string]any{"givenName": "Ben", "familyName": "Adar"}})
	if _, err := c.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	row := c.Native(ben)
	if diff := cmp.Diff([]any{"Ben", "Adar", "Adar, Ben (Sales)"}, []any{row["firstName"], row["lastName"], row["displayName"]}); diff != "" {
		t.Error(diff)
	}
	if names := c.Mapping.NotForwarded(person(ben, map[string]any{"name": map[string]any{"givenName": "Ben"}})); len(names) > 0 {
		t.Errorf("%v are said not to be forwarded", names)
	}
	// Who has no such names is not left without.
	if _, err := c.Connector.Create(t.Context(), c.record("2", "eva@acme.test", nil)); err != nil || c.Native("eva@acme.test")["lastName"] != "Adar" {
		t.Errorf("the display name does not stand in: %v", err)
	}
}

func TestGroupsAreOff(t *testing.T) {
	product := timeclock.Product()
	if product.Capabilities.Groups || product.Capabilities.Entitlements || newCompany(t).Mapping.For(scim.TypeGroup) != nil {
		t.Error("groups are declared, and the vendor's provisioning has users only")
	}
}

func TestAnEmployeeNumberThatIsNoNumberStaysInTheGateway(t *testing.T) {
	c := newCompany(t)
	want := c.record("1", ben, numbered("1265"))
	if made, err := c.Connector.Create(t.Context(), want); err != nil || len(made.Notes) > 0 {
		t.Fatal(made.Notes, err)
	}
	for _, n := range []struct {
		number string
		want   any
		noted  bool
	}{{"E-4021", int64(1265), true}, {"12.5", int64(1265), true}, {"٣", int64(1265), true}, {"99999999999999999999", int64(1265), true},
		{"00042", int64(42), false}, {"", nil, false}} {
		have := c.update(c.record("1", ben, numbered(n.number)))
		if got := c.Native(ben)["employeeNumber"]; got != n.want || len(have.Notes) > 0 != n.noted {
			t.Errorf("%q became %v, with notes %v", n.number, got, have.Notes)
		}
		if strings.Contains(strings.Join(have.Notes, ""), n.number) && n.number != "" {
			t.Errorf("a note tells the number: %v", have.Notes)
		}
	}
	made, err := c.Connector.Create(t.Context(), c.record("2", "eva@acme.test", numbered("E-1")))
	if err != nil || len(made.Notes) != 1 || c.Native("eva@acme.test")["employeeNumber"] != nil {
		t.Errorf("who has such a number is not made: %v, %v", made.Notes, err)
	}
}

func TestManagersAreResolvedLateAndComeAndGo(t *testing.T) {
	c := newCompany(t)
	boss := c.create("boss", "boss@acme.test")
	c.create("1", ben)
	want := c.record("1", ben, nil)
	for _, step := range []struct{ to, want any }{{boss.ID, int64(90211)}, {nil, nil}} {
		want.Fields["managerId"] = step.to // as the relay resolves it
		before := c.Count()
		for range 2 {
			c.update(want)
		}
		if n := len(slices.DeleteFunc(c.Calls(before), func(op string) bool { return op != "users.update" })); n != 1 || c.Native(ben)["managerId"] != step.want {
			t.Errorf("manager %v: %d updates, now %v", step.to, n, c.Native(ben)["managerId"])
		}
	}
	record := c.record("1", ben, map[string]any{scim.SchemaEnterprise: map[string]any{"manager": map[string]any{"value": "boss"}}})
	if record.References["managerId"] != "boss" {
		t.Errorf("the manager is no reference: %v", record.References)
	}
}

func TestAnUpdateLeavesAloneWhatTheDirectoryDoesNotSay(t *testing.T) {
	c := newCompany(t)
	c.create("1", ben)
	before := c.Count()
	c.update(c.record("1", "BEN@acme.test", map[string]any{"displayName": nil, "externalId": nil, "emails": nil}))
	if diff := cmp.Diff([]string{"users.list"}, c.Calls(before)); diff != "" {
		t.Error(diff)
	}
}

func TestARenamedPersonIsTheSame(t *testing.T) {
	c := newCompany(t)
	made := c.create("1", ben)
	want := c.record("1", "ben.levi@acme.test", map[string]any{"displayName": "Ben Levi"})
	want.VendorID = made.ID
	if have := c.update(want); have.ID != made.ID || have.Key != "ben.levi@acme.test" {
		t.Error(have)
	}
	if row := c.Native("ben.levi@acme.test"); row["email"] != "ben.levi@acme.test" || row["lastName"] != "Levi" {
		t.Error(row)
	}
	if _, err := c.Connector.Find(t.Context(), c.record("1", ben, nil)); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("the old username is still somebody's: %v", err)
	}
}

func TestAUsernameOrAddressThatIsTakenIsSaid(t *testing.T) {
	c := newCompany(t)
	c.create("1", ben)
	eva := c.record("2", "eva@acme.test", map[string]any{"emails": []any{map[string]any{"type": "work", "value": ben}}})
	if _, err := c.Connector.Create(t.Context(), eva); !connectors.Is(err, connectors.Exists) || connectors.FaultOf(err).Uncertain {
		t.Errorf("create: %v", err)
	}
	c.create("2", "eva@acme.test")
	if _, err := c.Connector.Update(t.Context(), c.Find(eva), eva); !connectors.Is(err, connectors.Exists) || strings.Contains(err.Error(), "ben") {
		t.Errorf("update: %v", err)
	}
}

func TestWhatANewUserNeeds(t *testing.T) {
	c := newCompany(t)
	if _, err := c.Connector.Create(t.Context(), c.record("1", "ben", map[string]any{"emails": nil})); !connectors.Is(err, connectors.Invalid) ||
		!strings.Contains(err.Error(), "e-mail") || c.Count() != 0 {
		t.Errorf("without an address: %v", err)
	}
	if _, err := c.Connector.Create(t.Context(), c.record("2", ben, map[string]any{"emails": nil})); err != nil || c.Native(ben)["email"] != ben {
		t.Errorf("the username does not stand in for the address: %v", err)
	}
	c.create("3", "a@acme.test")
	if c.Native("a@acme.test")["externalId"] != "ben" {
		t.Error("the external id is lost")
	}
	if _, err := c.Connector.Create(t.Context(), c.record("4", "b@acme.test", map[string]any{"externalId": nil})); err != nil || c.Native("b@acme.test")["externalId"] != "gw:4" {
		t.Errorf("nothing stands in for the external id: %v", err)
	}
}

func TestTheRoleIsGivenAtCreationOnly(t *testing.T) {
	c := newCompany(t, func(s *simhost.Sample) { s.Defaults["role_id"] = 3 })
	c.create("1", ben)
	if diff := cmp.Diff(map[string]any{"id": int64(3), "name": "Group manager"}, c.Native(ben)["role"]); diff != "" {
		t.Fatal(diff)
	}
	c.byHand("users.update", `{"id": 90211, "changes": {"roleId": 4}}`)
	before := c.Count()
	c.update(c.record("1", ben, nil))
	if diff := cmp.Diff([]string{"users.list"}, c.Calls(before)); diff != "" {
		t.Errorf("an administrator's change is undone:\n%s", diff)
	}
	c = newCompany(t, func(s *simhost.Sample) { delete(s.Defaults, "role_id") })
	c.create("1", ben)
	if diff := cmp.Diff(map[string]any{"id": int64(1), "name": "Employee"}, c.Native(ben)["role"]); diff != "" {
		t.Error(diff)
	}
}
