package ivanti_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/ivanti"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

func TestAUserNameNeverChanges(t *testing.T) {
	f := newFleet(t)
	made := f.create("1", "tom@acme.test")
	renamed := f.record("1", "thomas@acme.test", map[string]any{"displayName": "Thomas Berg"})
	renamed.VendorID = made.ID
	have := f.Find(renamed)
	if have.ID != made.ID || have.Key != "tom@acme.test" {
		t.Fatalf("by id: %+v", have)
	}
	before := f.Count()
	_, err := f.Connector.Update(t.Context(), have, renamed)
	fault := connectors.FaultOf(err)
	if fault == nil || fault.Class != connectors.Invalid || fault.SCIMType != "mutability" || !strings.Contains(fault.Detail, "on_rename") || f.Count() != before {
		t.Errorf("refuse: %v after %v", err, f.Calls(before))
	}
	if _, err := f.Connector.Reactivate(t.Context(), have, renamed); !connectors.Is(err, connectors.Invalid) || f.Count() != before {
		t.Errorf("refuse on return: %v", err)
	}
	sameName := f.record("1", "TOM@acme.test", nil)
	if _, err := f.Connector.Update(t.Context(), have, sameName); err != nil {
		t.Errorf("another letter case is no other name: %v", err)
	}
	if status, body := f.by("PUT", "/account/"+made.ID, "uid=x@acme.test"); status != 400 || !strings.Contains(body, "Immutable") {
		t.Errorf("the vendor answers %d %s", status, body)
	}
}

func TestAChangedUserNameMayBeKept(t *testing.T) {
	f := newFleet(t, with("on_rename", "keep"))
	made := f.create("1", "tom@acme.test")
	renamed := f.record("1", "thomas@acme.test", map[string]any{"displayName": "Thomas Berg"})
	renamed.VendorID = made.ID
	after := f.Update(f.Find(renamed), renamed)
	row := f.Native("tom@acme.test")
	if !has(after.Notes, "never changes a user name") || row["displayName"] != "Thomas Berg" || row["emailAddress"] != "thomas@acme.test" {
		t.Errorf("notes %v, row %v", after.Notes, row)
	}
	before := f.Count()
	if again := f.Update(f.Find(renamed), renamed); !has(again.Notes, "user name") || len(f.Calls(before)) != 1 {
		t.Errorf("again: %v, notes %v", f.Calls(before), again.Notes)
	}
}

func TestTheKeyIsFinalOnlyWhereAChangeIsRefused(t *testing.T) {
	for word, final := range map[string]bool{"refuse": true, "keep": false} {
		f := newFleet(t, with("on_rename", word))
		settings, faults := ivanti.Product().Settings(f.Target)
		if caps := ivanti.Product().CapabilitiesOf(settings); len(faults) > 0 || caps.KeyIsFinal != final {
			t.Errorf("%s: %+v, %v", word, caps, faults)
		}
	}
}

func TestALocalUserWithTheSameIDIsTakenOver(t *testing.T) {
	f := newFleet(t)
	f.by("POST", "/accounts", "accounts[0].uid=Tom@acme.test&accounts[0].emailAddress=old@acme.test&accounts[0].firstName=T&accounts[0].lastName=B")
	want := f.record("1", "tom@acme.test", nil)
	have := f.Find(want)
	f.Update(have, want)
	if row := f.Native("Tom@acme.test"); row["emailAddress"] != "tom@acme.test" || row["lastName"] != "Berg" {
		t.Errorf("row %v", row)
	}
}

func TestWhoLeavesIsDisabledAndReturnsAsTheSame(t *testing.T) {
	f := newFleet(t)
	made := f.create("1", "tom@acme.test")
	off, err := f.Connector.Deactivate(t.Context(), connectors.Remote{ID: made.ID, Key: made.Key})
	if err != nil || off.Active || f.Native("tom@acme.test")["enabled"] != false || f.Native("tom@acme.test")["displayName"] != "Tom Berg" {
		t.Fatal(off, err)
	}
	want := f.record("1", "tom@acme.test", map[string]any{"displayName": "Tom B."})
	before := f.Count()
	back, err := f.Connector.Reactivate(t.Context(), off, want)
	if err != nil || back.ID != made.ID || !back.Active || f.Native("tom@acme.test")["displayName"] != "Tom B." || len(f.Calls(before)) != 1 {
		t.Errorf("%+v, %v after %v", back, err, f.Calls(before))
	}
	if err := f.Connector.Delete(t.Context(), back); !connectors.Is(err, connectors.Denied) {
		t.Errorf("deleting a person: %v", err)
	}
}

func TestAnInactivePersonCannotBeProvisioned(t *testing.T) {
	f := newFleet(t)
	want := f.record("1", "tom@acme.test", map[string]any{"active": false})
	if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Invalid) || f.Count() != 0 {
		t.Error(err)
	}
}

func TestTheGatewaysOwnAccountIsNeverDisabled(t *testing.T) {
	f := newFleet(t)
	own := f.Find(f.record("1", "api@acme.test", nil))
	if _, err := f.Connector.Deactivate(t.Context(), own); !connectors.Is(err, connectors.Denied) {
		t.Error(err)
	}
}

func TestNewPeopleAreInvitedOnlyWhereTheTenantSaysSo(t *testing.T) {
	for invite, state := range map[bool]string{false: "NOT_INVITED", true: "PENDING"} {
		f := newFleet(t, with("auto_invite", invite))
		f.create("1", "tom@acme.test")
		if got := f.Native("tom@acme.test")["inviteState"]; got != state {
			t.Errorf("auto_invite %v gives %v", invite, got)
		}
	}
}

func TestBlankValuesAreNeverSentAndTheNoteSaysSo(t *testing.T) {
	f := newFleet(t, with("custom_attributes", []string{"department"}))
	made := f.create("1", "tom@acme.test")
	want := f.record("1", "tom@acme.test", map[string]any{"name": nil, "preferredLanguage": nil, scim.SchemaEnterprise: nil, "displayName": "Tom"})
	want.VendorID = made.ID
	before := f.Count()
	after := f.Update(made, want)
	row := f.Native("tom@acme.test")
	if row["firstName"] != "Tom" || row["lastName"] != "Berg" || asJSON(row["customAttributes"]) != `{"department":"Sales"}` || row["displayName"] != "Tom" {
		t.Errorf("row %v", row)
	}
	if !has(after.Notes, "lastName") || !has(after.Notes, "department") || has(after.Notes, "locale") {
		t.Errorf("notes %q", after.Notes)
	}
	if calls := f.Calls(before); len(calls) != 1 || !strings.HasPrefix(calls[0], "PUT") {
		t.Errorf("calls %v", calls)
	}
}

func TestEmailAndNamesAreMandatory(t *testing.T) {
	f := newFleet(t)
	for name, changes := range map[string]map[string]any{
		"no e-mail":    {"emails": []any{map[string]any{"type": "work", "value": "none"}}},
		"blank name":   {"name": map[string]any{"givenName": " ", "familyName": " "}},
		"no user mail": {"userName": "tberg"},
	} {
		want := f.record("1", "tom@acme.test", changes)
		if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Invalid) || detail(err) == "" || f.Count() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	single := f.record("2", "sukarno@acme.test", map[string]any{"displayName": "Sukarno", "name": map[string]any{"givenName": "Sukarno"}})
	made, err := f.Connector.Create(t.Context(), single)
	if err != nil || f.Native("sukarno@acme.test")["lastName"] != "Sukarno" {
		t.Fatal(err)
	}
	before := f.Count()
	if after := f.Update(made, single); len(after.Notes) > 0 || f.Count() != before {
		t.Errorf("somebody with one name: notes %v, calls %v", after.Notes, f.Calls(before))
	}
}

func TestAnAdoptedAccountWithABlankNameGetsOne(t *testing.T) {
	f := newFleet(t)
	made := f.create("1", "tom@acme.test")
	delete(made.Fields, "lastName") // as one made by other hands may be
	want := f.record("1", "tom@acme.test", map[string]any{"name": map[string]any{"givenName": "Tom"}})
	f.Update(made, want)
	if row := f.Native("tom@acme.test"); row["lastName"] != "Tom" {
		t.Errorf("last name %v", row["lastName"])
	}
}

func TestCustomAttributesGoOnlyWhereDeclaredAndOnlyWhenTheyDiffer(t *testing.T) {
	f := newFleet(t)
	f.create("1", "tom@acme.test")
	if row := f.Native("tom@acme.test"); asJSON(row["customAttributes"]) != "{}" {
		t.Errorf("not declared, and sent: %v", row["customAttributes"])
	}
	f = newFleet(t, with("custom_attributes", []string{"department"}))
	made := f.create("1", "tom@acme.test")
	before := f.Count()
	want := f.record("1", "tom@acme.test", nil)
	f.Update(f.Find(want), want)
	if calls := f.Calls(before); slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "PUT") }) {
		t.Errorf("nothing differs: %v", calls)
	}
	want = f.record("1", "tom@acme.test", map[string]any{scim.SchemaEnterprise: map[string]any{"department": "IT"}})
	before = f.Count()
	f.Update(made, want)
	if calls := f.Calls(before); len(calls) != 1 || !strings.HasSuffix(calls[0], "/customattributes 200") || asJSON(f.Native("tom@acme.test")["customAttributes"]) != `{"department":"IT"}` {
		t.Errorf("one differs: %v", calls)
	}
	want.Fields["custom.badge"] = "77"
	if _, err := f.Connector.Update(t.Context(), made, want); !connectors.Is(err, connectors.Invalid) || !strings.Contains(detail(err), "badge") {
		t.Errorf("an undeclared one: %v", err)
	}
	f.Turn(`{"attributes": []}`)
	if _, err := f.Connector.Update(t.Context(), made, f.record("1", "tom@acme.test", map[string]any{
		scim.SchemaEnterprise: map[string]any{"department": "HR"}})); !connectors.Is(err, connectors.Invalid) || !strings.Contains(detail(err), "no such attribute") {
		t.Errorf("one Ivanti does not know: %v", err)
	}
}

func TestAnAccountMadeWithoutItsAttributesIsMendedByTheNextUpdate(t *testing.T) {
	f := newFleet(t, with("custom_attributes", []string{"department"}))
	f.Turn(`{"rules": [{"path": "/api/v1/account/*/customattributes", "status": 503}]}`)
	want := f.record("1", "tom@acme.test", nil)
	made, err := f.Connector.Create(t.Context(), want)
	if fault := connectors.FaultOf(err); made.ID == "" || fault == nil || fault.Class != connectors.Unknown || !fault.Uncertain {
		t.Fatal(made, err)
	}
	f.Turn(`{}`)
	f.Update(f.Find(want), want)
	if row := f.Native("tom@acme.test"); asJSON(row["customAttributes"]) != `{"department":"Sales"}` {
		t.Errorf("attributes %v", row["customAttributes"])
	}
}

func TestTheManagedAppleIDIsMadeFromTheEmail(t *testing.T) {
	for want, change := range map[string][]func(*simhost.Sample){
		"":                      nil,
		"tom@acme.test":         {with("managed_apple_id", "email")},
		"tom@appleid.acme.test": {with("managed_apple_id", "email"), with("appleid_subdomain", true)},
	} {
		f := newFleet(t, change...)
		made := f.create("1", "tom@acme.test")
		if got, _ := f.Native("tom@acme.test")["managedAppleId"].(string); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		before := f.Count()
		if f.Update(made, f.record("1", "tom@acme.test", nil)); f.Count() != before {
			t.Errorf("%q is sent again", want)
		}
	}
}

func TestAManagedAppleIDInUseStaysAndEverythingElseArrives(t *testing.T) {
	f := newFleet(t, with("managed_apple_id", "email"))
	made := f.create("1", "tom@acme.test")
	f.Turn(`{"enrolled": ["tom@acme.test"]}`)
	want := f.record("1", "tom@acme.test", map[string]any{"emails": []any{map[string]any{"type": "work", "value": "tom.berg@acme.test"}}})
	after := f.Update(made, want)
	row := f.Native("tom@acme.test")
	if !has(after.Notes, "Managed Apple ID") || row["managedAppleId"] != "tom@acme.test" || row["emailAddress"] != "tom.berg@acme.test" {
		t.Errorf("notes %v, row %v", after.Notes, row)
	}
	f.Turn(`{}`)
	if after = f.Update(f.Find(want), want); has(after.Notes, "Managed") || f.Native("tom@acme.test")["managedAppleId"] != "tom.berg@acme.test" {
		t.Errorf("later: %v", after.Notes)
	}
}

func TestLocalesAreWrittenIvantisWay(t *testing.T) {
	f := newFleet(t, with("locale", "fr-FR"))
	f.create("1", "tom@acme.test")
	if got := f.Native("tom@acme.test")["locale"]; got != "de_DE" {
		t.Errorf("locale %v", got)
	}
	if _, err := f.Connector.Create(t.Context(), f.record("2", "ada@acme.test", map[string]any{"preferredLanguage": nil})); err != nil || f.Native("ada@acme.test")["locale"] != "fr_FR" {
		t.Errorf("the tenant's: %v", err)
	}
}

func TestMaskedValuesAreRefusedAndNeverNotFound(t *testing.T) {
	f := newFleet(t)
	made := f.create("1", "tom@acme.test")
	f.Turn(`{"gdpr_masking": true}`)
	byID := f.record("1", "tom@acme.test", nil)
	byID.VendorID = made.ID
	for name, want := range map[string]connectors.Record{"by key": f.record("2", "ada@acme.test", nil), "by id": byID} {
		if _, err := f.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Plan) || !strings.Contains(detail(err), "GDPR") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Connector.List(t.Context(), ""); !connectors.Is(err, connectors.Plan) {
		t.Errorf("list: %v", err)
	}
	report, err := f.Connector.Check(t.Context())
	if err != nil || report.OK() || !strings.Contains(asJSON(report), "GDPR profile") {
		t.Errorf("check: %v, %v", report, err)
	}
}

func TestAUserNameAnotherCustomerHasStaysTaken(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"taken": ["TOM@acme.test"]}`)
	want := f.record("1", "tom@acme.test", nil)
	f.lacks(want)
	_, err := f.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Exists) || !strings.Contains(detail(err), "another user name in the form of an e-mail address") || strings.Contains(detail(err), "tom@") {
		t.Fatal(err)
	}
	f.lacks(want)
}

func TestTheRoleIsMissing(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"missing_role": true}`)
	if _, err := f.Connector.Find(t.Context(), f.record("1", "tom@acme.test", nil)); !connectors.Is(err, connectors.Plan) {
		t.Error(err)
	}
}

func TestTheMaintenanceWindowIsWaitedFor(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"maintenance": true}`)
	_, err := f.Connector.Find(t.Context(), f.record("1", "tom@acme.test", nil))
	if fault := connectors.FaultOf(err); fault == nil || fault.RetryAfter != 10*time.Minute || fault.Class != connectors.Throttled && fault.Class != connectors.Transient {
		t.Error(err)
	}
}

func TestTheLimitsOfTheVendorAreThrottling(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"list_limit": 1, "rate_limit": 2}`)
	f.create("1", "tom@acme.test")
	if _, err := f.Connector.List(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	_, err := f.Connector.List(t.Context(), "")
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Throttled || fault.RetryAfter != time.Minute {
		t.Errorf("lists: %v", err)
	}
	f.create("2", "ada@acme.test")
	if _, err = f.Connector.Create(t.Context(), f.record("3", "eva@acme.test", nil)); !connectors.Is(err, connectors.Throttled) {
		t.Errorf("others: %v", err)
	}
}
