package restyaml_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
)

func TestGitLabRefusals(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	made := c.create("ana@x.test", nil)
	_, err := c.Connector.Create(t.Context(), c.record("ana@x.test", map[string]any{"nickName": "other"}))
	c.fails(err, connectors.Exists, "Email has already been taken")
	_, err = c.Connector.Create(t.Context(), c.record("ben@x.test", map[string]any{"nickName": "ana"}))
	c.fails(err, connectors.Invalid, "Username has already been taken")
	_, err = c.Connector.Create(t.Context(), c.record("ben@x.test", map[string]any{"nickName": "b/en"}))
	c.fails(err, connectors.Invalid, "username can contain only letters")
	_, err = c.Connector.Update(t.Context(), c.create("ben@x.test", nil), c.record("ana@x.test", nil))
	c.fails(err, connectors.Invalid, "Email has already been taken")
	c.Turn(`{"seats": 2}`)
	_, err = c.Connector.Create(t.Context(), c.record("cid@x.test", nil))
	c.fails(err, connectors.Seats, "No seats are left")
	off, err := c.Connector.Deactivate(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	c.Turn(`{"seats": 1}`)
	_, err = c.Connector.Reactivate(t.Context(), off, c.record("ana@x.test", nil))
	c.fails(err, connectors.Seats, "No seats are left")
	c.Turn(`{"token_revoked": true}`)
	_, err = c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.Auth, "Token was revoked")
	c.Turn(`{"read_only_token": true}`)
	_, err = c.Connector.Create(t.Context(), c.record("cid@x.test", nil))
	c.fails(err, connectors.Auth, "higher privileges")
}

func TestGitLabSaysInPlainTextHowLongToWait(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	c.Turn(`{"rate_limit": 1}`)
	_, _ = c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	_, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	if fault := connectors.FaultOf(err); fault.Class != connectors.Throttled || fault.RetryAfter != 30*time.Second {
		t.Error(err)
	}
}

func TestGitLabTakesANewAddressAtOnce(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	made := c.create("Ana@X.test", nil)
	if made.Key != "ana@x.test" {
		t.Errorf("the key is %q", made.Key)
	}
	have, err := c.Connector.Update(t.Context(), made, c.record("Ana.Ruiz@X.test", map[string]any{"displayName": "Ana R."}))
	if err != nil || have.Key != "ana.ruiz@x.test" || len(have.Notes) > 0 {
		t.Errorf("%+v, %v", have, err)
	}
	if native := c.Native(made.ID); native["email"] != "ana.ruiz@x.test" || native["name"] != "Ana R." || native["username"] != "Ana" {
		t.Error(asJSON(native))
	}
}

func TestGitLabFindsTheOneAmongManyWhoseNamesAreAlike(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	c.Turn(`{"max_page_size": 10}`)
	made := c.create("ana@x.test", nil)
	for i := range 35 { // the newest come first
		c.create(fmt.Sprintf("fan%d@x.test", i), map[string]any{"displayName": "I like ana@x.test"})
	}
	have, err := c.Connector.Find(t.Context(), c.record("ANA@x.test", nil))
	if err != nil || have.ID != made.ID {
		t.Errorf("%q, %v", have.ID, err)
	}
	if n := c.Count(); n != 36+4 {
		t.Errorf("%d calls", n)
	}
	ids, err := all(t, c.Connector)
	if err != nil || len(ids) != 36 {
		t.Errorf("%d accounts, %v", len(ids), err)
	}
}

func TestGitLabLetsDormantUsersSleep(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	made := c.create("ana@x.test", nil)
	c.by("POST", "/api/v4/users/"+made.ID+"/deactivate", map[string]string{"PRIVATE-TOKEN": "glpat-acme-1"})
	have, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	if err != nil || !have.Active {
		t.Error(have, err)
	}
	off, err := c.Connector.Deactivate(t.Context(), have)
	if err != nil || c.Native(off.ID)["state"] != "blocked" {
		t.Error(err)
	}
}

func TestGitLabChecksThatTheTokenIsAnAdministrators(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	if bad := c.checked(); len(bad) > 0 {
		t.Error(bad)
	}
	c.Turn(`{"not_admin": true}`)
	if bad := c.checked(); bad["administrator"] == "" {
		t.Error("nobody says that the token is no administrator's")
	}
	_, err := c.Connector.Create(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.Denied, "403 Forbidden")
}

func TestGitLabMayLagBehind(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t))
	c.Turn(`{"search_lag": "1m"}`)
	c.create("ana@x.test", nil)
	_, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil))
	c.fails(err, connectors.NotFound, "")
	c.Clock.Advance(2 * time.Minute)
	if _, err := c.Connector.Find(t.Context(), c.record("ana@x.test", nil)); err != nil {
		t.Error(err)
	}
}

func TestGitLabGivesNewUsersWhatTheTargetSays(t *testing.T) {
	t.Parallel()
	c := newTown(t, gitlab(t), mapping(map[string]any{"name": "upper(user.displayName)"}))
	native := c.Native(c.create("ana@x.test", map[string]any{"addresses": []any{map[string]any{"type": "work", "locality": "Nantes"}}}).ID)
	if native["name"] != "ANA RUIZ" || native["location"] != "Nantes" || native["external"] != false {
		t.Error(asJSON(native))
	}
}
