package sage_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

func TestOneWayTheDirectoryWinsOverChangesMadeInSage(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	o.ask("PUT", "/users/"+made.ID, `{"lastName":"Gil","level":4}`)
	o.update(o.record("1", "ana@acme.test", nil))
	if row := o.Native("ana@acme.test"); row["lastName"] != "Ruiz" || row["level"] != int64(4) {
		t.Errorf("the name is %v, the level, which no directory knows, %v", row["lastName"], row["level"])
	}
}

func TestThePrimaryEmailLinksTheAccounts(t *testing.T) {
	o := newOffice(t)
	list := func(work, home string) []any {
		return []any{map[string]any{"type": "home", "value": home}, map[string]any{"type": "work", "value": work}}
	}
	for name, c := range map[string]struct {
		changes map[string]any
		key     string
	}{
		"the work e-mail":    {map[string]any{"emails": list("ana@acme.test", "ana@home.test")}, "ana@acme.test"},
		"the primary e-mail": {map[string]any{"emails": []any{map[string]any{"value": "a@x.test"}, map[string]any{"value": "b@x.test", "primary": true}}}, "b@x.test"},
		"the user name":      {map[string]any{"emails": nil}, "u@acme.test"},
	} {
		if record := o.record("1", "u@acme.test", c.changes); record.Key != c.key || record.Fields["email"] != c.key {
			t.Errorf("%s: matched by %q", name, record.Key)
		}
	}
	// Whoever is there already is found, whoever made them.
	made := o.create("an administrator", "eva@acme.test")
	if have := o.Find(o.record("2", "EVA@acme.test", nil)); have.ID != made.ID {
		t.Errorf("found %q", have.ID)
	}
}

func TestANewUserGetsTheBasicRoleAndTheDefaultEnvironment(t *testing.T) {
	o := newOffice(t, func(s *simhost.Sample) { s.Defaults["level"], s.Defaults["branch_id"] = 2, 16 })
	o.create("1", "ana@acme.test")
	row := o.Native("ana@acme.test")
	branch, _ := row["branches"].(map[string]any)
	kind, _ := row["userTypeId"].(map[string]any)
	if branch["id"] != int64(16) || kind["id"] != int64(1) || row["level"] != int64(2) {
		t.Error(row)
	}
	o.holds("ana@acme.test", 3)
}

func TestADepartmentMayHaveAnEnvironmentOfItsOwn(t *testing.T) {
	o := newOffice(t)
	branches := configs.Text{Value: `user.department == "Sales" ? [16] : [defaults.branch_id]`}
	o.Target.Mapping = map[string]tenants.Rule{"branches": {Expression: branches}}
	o.Open()
	for email, c := range map[string]struct {
		department string
		branch     int64
	}{"ana@acme.test": {"Sales", 16}, "eva@acme.test": {"Finance", 1}} {
		want := o.record(email, email, map[string]any{scim.SchemaEnterprise: map[string]any{"department": c.department}})
		if _, err := o.Connector.Create(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if branch, _ := o.Native(email)["branches"].(map[string]any); branch["id"] != c.branch {
			t.Errorf("%s landed in %v", email, branch)
		}
	}
}

func TestRemovalDeactivatesAndKeepsTheData(t *testing.T) {
	o := newOffice(t)
	want := in(o.record("1", "ana@acme.test", nil), "Sales Managers")
	made, err := o.Connector.Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	before := o.Count()
	if off, err := o.Connector.Deactivate(t.Context(), made); err != nil || off.Active || off.ID != made.ID {
		t.Fatal(off, err)
	}
	if err := o.Connector.Delete(t.Context(), made); !connectors.Is(err, connectors.Denied) {
		t.Errorf("deleting: %v", err)
	}
	if diff := cmp.Diff([]string{"PUT /users/101 200"}, o.Calls(before)); diff != "" {
		t.Error(diff)
	}
	if row := o.Native("ana@acme.test"); row["isActive"] != false || row["deleted"] != false || row["lastName"] != "Ruiz" {
		t.Error(row)
	}
	o.holds("ana@acme.test", 3, 30)
}

func TestComingBackGivesAccessToTheSameAccount(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	// A new resource of the directory, known by its e-mail only.
	want := o.record("2", "ana@acme.test", nil)
	have := o.Find(want)
	if have.ID != made.ID || have.Active {
		t.Fatal(have)
	}
	if back, err := o.Connector.Reactivate(t.Context(), have, want); err != nil || back.ID != made.ID || !back.Active {
		t.Fatal(back, err)
	}
	if n := len(o.State().Accounts); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
}
