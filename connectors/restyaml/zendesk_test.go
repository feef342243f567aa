package restyaml_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
)

func TestZendeskRefusals(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	made := c.create("ana@x.test", nil)
	_, err := c.Connector.Create(t.Context(), c.record("ana@x.test", map[string]any{"externalId": "ben"}))
	c.fails(err, connectors.Exists, "email Email: … is already being used by another user")
	_, err = c.Connector.Create(t.Context(), c.record("ben@x.test", map[string]any{"externalId": "ANA"}))
	c.fails(err, connectors.Invalid, "External has already been taken")
	_, err = c.Connector.Create(t.Context(), c.record("ben at x.test", nil))
	c.fails(err, connectors.Invalid, "not properly formatted")
	c.Turn(`{"seats": 1}`)
	_, err = c.Connector.Create(t.Context(), c.record("ben@x.test", nil))
	c.fails(err, connectors.Seats, "No agent seats are left")
	off, err := c.Connector.Deactivate(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	c.Turn(`{"seats": 0}`)
	_, err = c.Connector.Reactivate(t.Context(), off, c.record("ana@x.test", nil))
	c.fails(err, connectors.Seats, "No agent seats are left")
	c.Turn(`{"token_revoked": true}`)
	_, err = c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.Auth, "Couldn't authenticate you")
	c.Turn(`{"rules": [{"method": "POST", "status": 409, "body": {"description": "Database collision", "error": "DatabaseConflict"}}]}`)
	_, err = c.Connector.Create(t.Context(), c.record("ben@x.test", nil))
	c.fails(err, connectors.Transient, "DatabaseConflict")
	c.Turn(`{"rate_limit": 1}`)
	_, _ = c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	_, err = c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	if fault := connectors.FaultOf(err); fault.Class != connectors.Throttled || fault.RetryAfter != 30*time.Second {
		t.Error(err)
	}
}

func TestZendeskKeepsThePrimaryAddress(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	made := c.create("ana@x.test", nil)
	want := c.record("ana.ruiz@x.test", map[string]any{"displayName": "Ana R.", "externalId": "ana"})
	want.VendorID = made.ID
	have, err := c.Connector.Find(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	have, err = c.Connector.Update(t.Context(), have, want)
	if err != nil || have.Key != "ana@x.test" || have.Fields["name"] != "Ana R." || len(have.Notes) > 0 {
		t.Errorf("%+v, %v", have, err)
	}
	if native := c.Native(made.ID); native["email"] != "ana@x.test" || native["name"] != "Ana R." {
		t.Error(asJSON(native))
	}
}

func TestZendeskMakesInactivePeopleSuspended(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	made := c.create("ana@x.test", map[string]any{"active": false})
	if made.Active || c.Native(made.ID)["suspended"] != true {
		t.Error(asJSON(c.Native(made.ID)))
	}
	count := c.Count()
	back, err := c.Connector.Reactivate(t.Context(), made, c.record("ana@x.test", map[string]any{"displayName": "Ana R."}))
	if err != nil || !back.Active || back.Fields["name"] != "Ana R." {
		t.Error(back, err)
	}
	if n := c.Count() - count; n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestZendeskFindsByAPartAndIsComparedAgain(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	c.Turn(`{"max_page_size": 10}`)
	for i := range 25 {
		c.create(fmt.Sprintf("ana@x.test.n%d.example", i), map[string]any{"externalId": fmt.Sprint(i)})
	}
	_, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.NotFound, "")
	made := c.create("ana@x.test", nil)
	have, err := c.Connector.Find(t.Context(), c.record("Ana@x.test", nil))
	if err != nil || have.ID != made.ID {
		t.Error(have, err)
	}
	ids, err := all(t, c.Connector)
	if err != nil || len(ids) != 26 {
		t.Errorf("%d accounts, %v", len(ids), err)
	}
}

func TestZendeskCountsDeletedUsersAsNotThere(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	made := c.create("ana@x.test", nil)
	c.by("DELETE", "/api/v2/users/"+made.ID+".json", map[string]string{"Authorization": "Bearer oauth-acme-1"})
	byID := c.record("ana@x.test", nil)
	byID.VendorID = made.ID
	for _, want := range []connectors.Record{byID, c.record("ana@x.test", nil)} {
		_, err := c.Connector.Find(t.Context(), want)
		c.fails(err, connectors.NotFound, "")
	}
	if again := c.create("ana@x.test", nil); again.ID == made.ID {
		t.Error("the deleted one came back")
	}
	c.fails(c.Connector.Delete(t.Context(), made), connectors.Denied, "never deleted")
}

func TestZendeskTakesCustomFieldsThatATenantMaps(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t), mapping(map[string]any{"department": "user.department", "employee_number": "user.employeeNumber"}))
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	made := c.create("ana@x.test", map[string]any{enterprise: map[string]any{"department": "Sales", "employeeNumber": "7"}})
	fields := c.Native(made.ID)["user_fields"].(map[string]any)
	if fields["department"] != "Sales" || fields["employee_number"] != "7" {
		t.Error(asJSON(fields))
	}
	have, err := c.Connector.Update(t.Context(), made, c.record("ana@x.test", map[string]any{enterprise: map[string]any{"department": "Support", "employeeNumber": "7"}}))
	if err != nil || have.Fields["department"] != "Support" {
		t.Error(have, err)
	}
	if fields := c.Native(made.ID)["user_fields"].(map[string]any); fields["department"] != "Support" || fields["employee_number"] != "7" {
		t.Error(asJSON(fields))
	}
}

func TestZendeskSearchLagsBehind(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	c.Turn(`{"search_lag": "2m"}`)
	c.create("ana@x.test", nil)
	_, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.NotFound, "")
	c.Clock.Advance(3 * time.Minute)
	if _, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil)); err != nil {
		t.Error(err)
	}
}

func TestZendeskChecksThatTheCredentialsAreAnAdministrators(t *testing.T) {
	t.Parallel()
	c := newTown(t, zendesk(t))
	if bad := c.checked(); len(bad) > 0 {
		t.Error(bad)
	}
	c.Turn(`{"not_admin": true}`)
	if bad := c.checked(); bad["administrator"] == "" {
		t.Error("nobody says that the credentials are no administrator's")
	}
}
