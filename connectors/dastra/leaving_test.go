package dastra_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

func TestTheDefaultRoleIsGivenAtCreationOnly(t *testing.T) {
	for _, anonymises := range []bool{false, true} {
		both(t, variant{anonymises: anonymises}, func(t *testing.T, v variant) {
			o := newOffice(t, v)
			want := o.record("1", "lea@acme.test", nil)
			have := o.make(&want)
			if got := o.roles("lea@acme.test"); got != "3" {
				t.Fatalf("the new person has roles %q", got)
			}
			o.admin("POST", "/v1/ws/573/RoleUserWorkSpaces/"+have.ID+"/2", "")
			o.admin("DELETE", "/v1/ws/573/RoleUserWorkSpaces/"+have.ID+"/3", "")
			want.Fields["familyName"] = "Roy-Petit"
			have = o.find(want)
			if _, err := o.Connector.Update(t.Context(), have, want); err != nil || !have.Active {
				t.Fatal(have.Active, err)
			}
			if got := o.roles("lea@acme.test"); got != "2" {
				t.Errorf("the administrator gave role 2, now there is %q", got)
			}
		})
	}
}

// In revoke, a person without a role in the workspace is inactive.
func TestWhoHasNoRoleIsInactiveAndGetsTheDefaultRole(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("1", "lea@acme.test", nil)
		have := o.make(&want)
		o.admin("POST", "/v1/ws/573/Users/"+have.ID+"/revoke", "")
		o.admin("POST", "/v1/ws/575/RoleUserWorkSpaces/"+have.ID+"/2", "")
		if have = o.find(want); have.Active {
			t.Fatal("a role in another workspace counts")
		}
		if _, err := o.Connector.Update(t.Context(), have, want); err != nil || o.roles("lea@acme.test") != "2" {
			t.Errorf("an update gave a role: %v, %v", o.roles("lea@acme.test"), err)
		}
		if have, err := o.Connector.Reactivate(t.Context(), have, want); err != nil || !have.Active || o.roles("lea@acme.test") != "3 2" {
			t.Errorf("%v %q %v", have.Active, o.roles("lea@acme.test"), err)
		}
	})
}

// In anonymise, somebody who was in the organisation already gets into the workspace.
func TestWhoIsAdoptedIntoTheWorkspaceGetsTheDefaultRole(t *testing.T) {
	both(t, variant{anonymises: true}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		o.admin("POST", "/v1/TenantUsers", `{"email":"lea@acme.test","displayName":"Léa Roy","givenName":"Léa","familyName":"Roy","workspaceId":575,"roleIds":[2]}`)
		want := o.record("1", "lea@acme.test", nil)
		have := o.find(want)
		if diff := cmp.Diff(map[string]any{"roles": []any{int64(3)}}, o.Connector.Difference(have, want)); diff != "" {
			t.Errorf("a plan says:\n%s", diff)
		}
		want.Active = false
		if _, err := o.Connector.Update(t.Context(), have, want); err != nil || o.roles("lea@acme.test") != "2" {
			t.Errorf("somebody who is to leave got %q, %v", o.roles("lea@acme.test"), err)
		}
		want.Active = true
		for range 2 {
			if _, err := o.Connector.Update(t.Context(), o.find(want), want); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.roles("lea@acme.test"); got != "3 2" {
			t.Errorf("the roles are %q", got)
		}
	})
}

func TestARoleLostInACrashIsRepaired(t *testing.T) {
	for _, anonymises := range []bool{false, true} {
		o := newOffice(t, variant{relays: true, anonymises: anonymises})
		o.Turn(`{"scim_role": 0, "rules": [{"method": "POST", "path": "/v1/ws/*/RoleUserWorkSpaces/*/*", "status": 403}]}`)
		want := o.record("1", "lea@acme.test", nil)
		made, err := o.Connector.Create(t.Context(), want)
		if !connectors.Is(err, connectors.Unknown) || made.ID == "" {
			t.Fatalf("create gave %q, %v", made.ID, err)
		}
		o.Turn(`{}`)
		want.VendorID = made.ID
		have := o.find(want)
		if have.Active != anonymises {
			t.Errorf("active %v", have.Active)
		}
		if have.Active {
			_, err = o.Connector.Update(t.Context(), have, want)
		} else {
			_, err = o.Connector.Reactivate(t.Context(), have, want)
		}
		if err != nil || o.roles("lea@acme.test") != "3" {
			t.Errorf("the roles are %q, %v", o.roles("lea@acme.test"), err)
		}
	}
}

func TestSCIMsOwnRoleIsEnough(t *testing.T) {
	o := newOffice(t, variant{relays: true})
	o.Turn(`{"scim_role": 41}`)
	want := o.record("1", "lea@acme.test", nil)
	if made := o.make(&want); !made.Active || o.roles("lea@acme.test") != "41" {
		t.Errorf("the roles are %q", o.roles("lea@acme.test"))
	}
}

func TestRevokeKeepsThePersonAndTheId(t *testing.T) {
	both(t, variant{}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("1", "lea@acme.test", nil)
		made := o.make(&want)
		gone, err := o.Connector.Deactivate(t.Context(), made)
		if err != nil || gone.Active || o.Native("lea@acme.test")["givenName"] != "Léa" {
			t.Fatal(err)
		}
		if have := o.find(want); have.ID != made.ID || have.Active {
			t.Errorf("found %q, active %v", have.ID, have.Active)
		}
	})
}

func TestAnonymiseErasesAndAReturnerIsANewAccount(t *testing.T) {
	both(t, variant{anonymises: true}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		if caps := o.capabilities(); caps.Deactivate != connectors.DeactivateAnonymise || caps.Reactivate != connectors.ReactivateNewID {
			t.Fatal(caps)
		}
		want := o.record("1", "lea@acme.test", nil)
		first := o.make(&want)
		for range 2 {
			if _, err := o.Connector.Deactivate(t.Context(), first); err != nil {
				t.Fatal(err)
			}
		}
		if row := o.Native(""); row["displayName"] != "deleted user" || row["givenName"] != nil || row["active"] != false {
			t.Errorf("left is %v", row)
		}
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
			t.Fatalf("by id: %v", err)
		}
		if page, err := o.Connector.List(t.Context(), ""); err != nil || len(page.Accounts) != 1 {
			t.Errorf("the erased one is listed: %v, %v", page, err)
		}
		want.VendorID = ""
		if second := o.make(&want); second.ID == first.ID {
			t.Error("the id came back")
		}
	})
}

// The e-mail may have been changed in Dastra since: SCIM is asked for the one there is now.
func TestAnonymisingOverSCIMFindsThePersonByTheEmailOfNow(t *testing.T) {
	o := newOffice(t, variant{relays: true, anonymises: true})
	lea, eva := o.record("1", "lea@acme.test", nil), o.record("2", "eva@acme.test", nil)
	have := o.make(&lea)
	o.make(&eva)
	o.admin("PUT", "/v1/TenantUsers/"+have.ID, `{"email":"old@acme.test"}`)
	o.admin("PUT", "/v1/TenantUsers/"+eva.VendorID, `{"email":"lea@acme.test"}`)
	if _, err := o.Connector.Deactivate(t.Context(), have); err != nil {
		t.Fatal(err)
	}
	if o.Native("lea@acme.test")["active"] != true {
		t.Error("somebody else was anonymised")
	}
	if _, err := o.Connector.Find(t.Context(), lea); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("the person is there: %v", err)
	}
}

func TestOwners(t *testing.T) {
	owner := func(o *office) (connectors.Record, connectors.Remote) {
		want := o.record("1", "owner@acme-1.example", nil)
		have := o.find(want)
		want.VendorID = have.ID
		return want, have
	}
	both(t, variant{anonymises: true}, func(t *testing.T, v variant) {
		o := newOffice(t, v)
		want := o.record("2", "lea@acme.test", nil)
		o.make(&want)
		_, have := owner(o)
		if _, err := o.Connector.Deactivate(t.Context(), have); !connectors.Is(err, connectors.Denied) {
			t.Errorf("the last owner: %v", err)
		}
	})
	t.Run("revoke", func(t *testing.T) {
		o := newOffice(t, variant{})
		first := o.record("2", "lea@acme.test", nil)
		o.make(&first)
		want, have := owner(o)
		if _, err := o.Connector.Deactivate(t.Context(), have); !connectors.Is(err, connectors.Denied) {
			t.Errorf("an owner works without a role: %v", err)
		}
		if have = o.find(want); !have.Active || o.roles("owner@acme-1.example") != "" {
			t.Errorf("active %v with roles %q", have.Active, o.roles("owner@acme-1.example"))
		}
	})
}

func TestWhoWasSwitchedOffInDastraIsReported(t *testing.T) {
	o := newOffice(t, variant{})
	have := connectors.Remote{ID: "4002", Fields: map[string]any{"active": false, "roles": []any{}}}
	if _, err := o.Connector.Reactivate(t.Context(), have, o.record("1", "lea@acme.test", nil)); !connectors.Is(err, connectors.Denied) {
		t.Fatal(err)
	}
}

func TestWhoHasNotTakenAnInvitationUpYetIsActive(t *testing.T) {
	o := newOffice(t, variant{}, func(s *simhost.Sample) { s.Defaults["invite"] = "invitation" })
	want := o.record("1", "lea@acme.test", nil)
	o.make(&want)
	o.Turn(`{"rules": [{"path": "/v1/TenantUsers/*", "status": 200, "body": {"id": 4002, "email": "lea@acme.test", "active": false, "isInvited": true}}]}`)
	if have := o.find(want); !have.Active {
		t.Error("an invitation counts as switched off")
	}
	o.Turn(`{"rules": [{"path": "/v1/TenantUsers/*", "status": 200, "body": {"id": 4002, "email": "lea@acme.test", "active": false, "isInvited": false}}]}`)
	if have := o.find(want); have.Active {
		t.Error("who was switched off counts as active")
	}
}

func TestNobodyIsDeleted(t *testing.T) {
	o := newOffice(t, variant{})
	want := o.record("1", "lea@acme.test", nil)
	if err := o.Connector.Delete(t.Context(), o.make(&want)); !connectors.Is(err, connectors.Denied) {
		t.Fatal(err)
	}
	o.Native("lea@acme.test")
}

func TestWithoutADefaultRoleNobodyComesBack(t *testing.T) {
	o := newOffice(t, variant{})
	o.Change(func(s *simhost.Sample) { delete(s.Defaults, "role_id") })
	o.Target.Sync.Create = false
	o.Open()
	o.admin("POST", "/v1/TenantUsers", `{"email":"lea@acme.test","workspaceId":573,"roleIds":[]}`)
	want := o.record("1", "lea@acme.test", nil)
	if _, err := o.Connector.Reactivate(t.Context(), o.find(want), want); !connectors.Is(err, connectors.Denied) {
		t.Fatal(err)
	}
}
