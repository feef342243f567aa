package steeple_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
)

func TestAnEmailThatThePersonHasChangedIsKept(t *testing.T) {
	o := newOffice(t)
	want := o.record(ines, nil)
	want.VendorID = o.Create(want).ID
	o.Turn(`{"emails_changed": {"` + ines + `": "ines@home.test"}}`)
	after := o.update(want)
	if !noted(after, "e-mail") || after.Key != "ines@home.test" || o.Native("ines@home.test")["email"] != "ines@home.test" {
		t.Fatal(after)
	}
	at := o.Count()
	for range 3 {
		if after := o.update(want); !noted(after, "e-mail") {
			t.Error("nothing is said of it any more")
		}
	}
	if sent := o.sent(at); len(sent) > 0 || len(o.Connector.Difference(o.Find(want), want)) > 0 {
		t.Error("it was sent again:", sent)
	}
	renamed := o.record("ines.morel@acme.test", nil)
	renamed.VendorID = want.VendorID
	o.update(renamed)
	o.Clock.Advance(2 * time.Hour)
	o.update(renamed)
	if sent := o.sent(at); len(sent) != 2 {
		t.Error("another address, and the same one hours later, are tried:", sent)
	}
}

func TestADepartmentThatDoesNotExistIsANote(t *testing.T) {
	o := newOffice(t)
	moved := map[string]any{scim.SchemaEnterprise: map[string]any{"department": "Direction générale"}}
	want := o.record(ines, moved)
	made := o.Create(want)
	if !noted(made, "no such department") || o.Native(ines)["department"] != nil {
		t.Fatal(made.Notes)
	}
	if sent := o.sent(0); !slices.Equal(sent, []string{"POST /v1/users 201"}) {
		t.Error("what a create did not take was sent again:", sent)
	}
	o.update(o.record(ines, nil))
	if after := o.update(want); !noted(after, "no such department") || o.Native(ines)["department"] != "IT" {
		t.Error(after.Notes, o.Native(ines))
	}
	at := o.Count()
	o.Turn(`{"departments": ["Direction générale"]}`)
	if o.update(want); len(o.sent(at)) > 0 {
		t.Error("it was sent again at once")
	}
	o.Clock.Advance(2 * time.Hour)
	if after := o.update(want); len(after.Notes) > 0 || o.Native(ines)["department"] != "Direction générale" {
		t.Error("it exists now:", after.Notes)
	}
}

func TestFieldsAreCleared(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil))
	bare := map[string]any{"title": nil, "name": nil, scim.SchemaEnterprise: nil}
	if after := o.update(o.record(ines, bare)); len(after.Notes) > 0 {
		t.Error(after.Notes)
	}
	if row := o.Native(ines); row["job_title"] != nil || row["department"] != nil || row["last_name"] != "Morel" {
		t.Error("what is required stays, and the rest goes:", row)
	}
	o.update(o.record(ines, nil))
	o.Turn(`{"clear_ignored": true}`)
	if after := o.update(o.record(ines, bare)); !noted(after, "did not take job_title") {
		t.Error(after.Notes)
	}
}

func TestLetterCaseOfAnEmailIsNoChange(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record("Ines@Acme.test", nil))
	at := o.Count()
	o.update(o.record(ines, nil))
	if sent := o.sent(at); len(sent) > 0 {
		t.Error(sent)
	}
}

func TestAnAccountKeepsItsProviderIdentifier(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil))
	o.update(o.record(ines, map[string]any{"externalId": "another"}))
	if got := o.Native(ines)["provider_identifier"]; got != "x-"+ines {
		t.Error(got)
	}
	o.Create(o.record("tom@acme.test", map[string]any{"externalId": nil}))
	if got := o.Native("tom@acme.test")["provider_identifier"]; got != "gw:res-tom@acme.test" {
		t.Error(got)
	}
}

func TestAPersonWithOneNameGetsTwo(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, map[string]any{"name": map[string]any{"givenName": "Sukarno"}}))
	if row := o.Native(ines); row["first_name"] != "Sukarno" || row["last_name"] != "Sukarno" {
		t.Error(row)
	}
}

func TestWithThePersonnelNumberPeopleNeedOneAndABirthday(t *testing.T) {
	enterprise := map[string]any{"employeeNumber": "4711"}
	for name, c := range map[string]struct {
		changes map[string]any
		lacks   string
	}{
		"both":      {map[string]any{scim.SchemaEnterprise: enterprise, "nickName": "1990-02-03"}, ""},
		"no number": {map[string]any{"nickName": "1990-02-03"}, "employeeNumber"},
		"no birth":  {map[string]any{scim.SchemaEnterprise: enterprise}, "birthday"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, numbered)
			o.Turn(`{"access_method": "matricule"}`)
			made, err := o.Connector.Create(t.Context(), o.record(ines, c.changes))
			if c.lacks == "" {
				if err != nil || o.Native(ines)["registration_number"] != "4711" || o.Native(ines)["birthday"] != "1990-02-03" {
					t.Error(made, err)
				}
				return
			}
			if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), c.lacks) || o.Count() > 0 {
				t.Error(err, o.Calls(0))
			}
			o.Turn(`{}`)
			have := connectors.Remote{ID: "x", Fields: map[string]any{"email": ines, "first_name": "Ines", "last_name": "Morel"}}
			if _, err := o.Connector.Update(t.Context(), have, o.record(ines, c.changes)); !connectors.Is(err, connectors.Invalid) {
				t.Error("an account that lacks it, too:", err)
			}
		})
	}
}

func TestWithThePersonnelNumberPeopleAreFoundByIt(t *testing.T) {
	o := newOffice(t, numbered)
	changes := map[string]any{scim.SchemaEnterprise: map[string]any{"employeeNumber": "4711"}, "nickName": "1990-02-03"}
	made := o.Create(o.record(ines, changes))
	o.Turn(`{"emails_changed": {"` + ines + `": "ines@home.test"}}`)
	if have := o.Find(o.record(ines, changes)); have.ID != made.ID {
		t.Error(have)
	}
	changes[scim.SchemaEnterprise] = map[string]any{"employeeNumber": "4712"}
	if _, err := o.Connector.Find(t.Context(), o.record(ines, changes)); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
}

func TestATakenPersonnelNumberIsThePersonsFault(t *testing.T) {
	o := newOffice(t)
	changes := map[string]any{scim.SchemaEnterprise: map[string]any{"employeeNumber": "4711"}}
	o.Create(o.record(ines, changes))
	if _, err := o.Connector.Create(t.Context(), o.record("tom@acme.test", changes)); !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
}
