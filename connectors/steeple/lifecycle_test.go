package steeple_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple/sim"
)

func TestFoundOrCreatedByEmail(t *testing.T) {
	o := newOffice(t)
	first := o.Create(o.record(ines, nil, "Steeple Siege"))
	changed := o.record(strings.ToUpper(ines), map[string]any{"title": "DRH"}, "Steeple Lyon")
	at := o.Count()
	second := o.Create(changed)
	if second.ID != first.ID || len(o.State().Accounts) != 1 {
		t.Fatal("there are two accounts")
	}
	if calls := o.sent(at); calls[0] != "POST /v1/users 200" || calls[1] != "PATCH /v1/users/* 200" {
		t.Error(calls)
	}
	if o.Native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member, Acme - Lyon / member" {
		t.Error("who was found was not brought to want:", o.Native(ines), o.roles(ines))
	}
}

func TestACreateThatIsNoUpsertSaysExists(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"upsert": false}`)
	o.Create(o.record(ines, nil))
	if _, err := o.Connector.Create(t.Context(), o.record(ines, nil)); !connectors.Is(err, connectors.Exists) {
		t.Error(err)
	}
}

func TestWhoLeavesIsRemovedAndReturnsWithTheSameID(t *testing.T) {
	o := newOffice(t)
	want := o.record(ines, nil, "Steeple Siege Admins")
	made := o.Create(want)
	for range 2 {
		if off, err := o.Connector.Deactivate(t.Context(), made); err != nil || off.Active {
			t.Fatal(err)
		}
	}
	if o.Account(ines).Active || o.roles(ines) != "" || o.Native(ines)["in_organisation"] != false {
		t.Error(o.Native(ines), o.roles(ines))
	}
	byID := want
	byID.VendorID = made.ID
	for _, record := range []connectors.Record{want, byID} {
		if _, err := o.Connector.Find(t.Context(), record); !connectors.Is(err, connectors.NotFound) {
			t.Error(err)
		}
	}
	gone := byID
	gone.Active = false
	at := o.Count()
	if _, err := o.Connector.Update(t.Context(), made, gone); err != nil || o.Count() != at {
		t.Error("who is gone was updated:", err)
	}
	back := o.Create(o.record(ines, map[string]any{"title": "DRH"}, "Steeple Lyon"))
	if back.ID != made.ID || !back.Active || o.Native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member, Acme - Lyon / member" {
		t.Error(back, o.Native(ines), o.roles(ines))
	}
}

func TestPostsAreHandedOver(t *testing.T) {
	o := newOffice(t)
	heir := o.Create(o.record("tom@acme.test", nil))
	o.Change(says("transfer_posts_to", strings.ToUpper(heir.ID)))
	o.Open()
	made := o.Create(o.record(ines, nil))
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil || o.Native(ines)["posts_to"] != heir.ID {
		t.Error(err, o.Native(ines))
	}
	if _, err := o.Connector.Deactivate(t.Context(), heir); !connectors.Is(err, connectors.Denied) || !strings.Contains(err.Error(), "transfer_posts_to") {
		t.Error(err)
	}
	o.Turn(`{"rules": [{"method": "DELETE", "status": 404, "count": 1, "body": {"errors": [{"code": "not_found", "field": "transfer_posts_to"}]}}]}`)
	made = o.Create(o.record(ines, nil))
	if _, err := o.Connector.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "transfer_posts_to") {
		t.Error("a missing heir passed for a missing person:", err)
	}
}

func TestWhoLeavesIsSuspendedWhereTheTargetSaysSo(t *testing.T) {
	o := newOffice(t, suspends)
	want := o.record(ines, nil, "Steeple Siege")
	made := o.Create(want)
	want.VendorID = made.ID
	for range 2 {
		if off, err := o.Connector.Deactivate(t.Context(), made); err != nil || off.Active {
			t.Fatal(err)
		}
	}
	if o.Account(ines).Active || o.Native(ines)["in_organisation"] != true || o.roles(ines) != "Acme / member, Acme - Siege / member" {
		t.Error(o.Native(ines), o.roles(ines))
	}
	inactive := o.record(ines, map[string]any{"active": false, "title": "DRH"})
	inactive.VendorID = made.ID
	o.update(inactive)
	if o.Account(ines).Active || o.Native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member" {
		t.Error("an update of somebody suspended:", o.Native(ines), o.roles(ines))
	}
	for range 2 {
		back, err := o.Connector.Reactivate(t.Context(), made, want)
		if err != nil || !back.Active || back.ID != made.ID {
			t.Fatal(back, err)
		}
	}
	if !o.Account(ines).Active {
		t.Error("the account is still suspended")
	}
}

func TestASuspensionByAnotherHandIsLifted(t *testing.T) {
	o := newOffice(t, suspends)
	made := o.Create(o.record(ines, nil))
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	o.Change(func(s *simhost.Sample) { delete(s.Target, "on_deactivate") }) // from now on leavers are removed
	o.Open()
	want := o.record(ines, nil, "Steeple Siege")
	have := o.Find(want)
	if have.Active {
		t.Fatal("somebody suspended counts as active")
	}
	if back, err := o.Connector.Reactivate(t.Context(), have, want); err != nil || !back.Active || !o.Account(ines).Active {
		t.Error(err)
	}
}

func TestTheTokensOwnUserCannotBeTakenAway(t *testing.T) {
	for name, change := range map[string]func(*simhost.Sample){"removed": func(*simhost.Sample) {}, "suspended": suspends} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, change)
			o.Turn(`{"token_user": "` + ines + `"}`)
			_, err := o.Connector.Deactivate(t.Context(), o.Create(o.record(ines, nil)))
			if !connectors.Is(err, connectors.Denied) || !strings.Contains(connectors.FaultOf(err).Detail, "the user the token belongs to") {
				t.Error(err)
			}
			if !o.Account(ines).Active {
				t.Error("the account is inactive")
			}
		})
	}
}

func TestNobodyIsDeleted(t *testing.T) {
	o := newOffice(t)
	if err := o.Connector.Delete(t.Context(), o.Create(o.record(ines, nil))); !connectors.Is(err, connectors.Denied) || !o.Account(ines).Active {
		t.Error(err)
	}
}

func TestInvitations(t *testing.T) {
	for invite, want := range map[string]string{"": "pending", "later": "pending", "now": "sent"} {
		o := newOffice(t, says("invite", invite))
		o.Create(o.record(ines, nil))
		if got := o.Native(ines)["invitation"]; got != want || !o.Account(ines).Active {
			t.Errorf("invite %q: %v", invite, got)
		}
	}
}

func TestARevokedTokenAndOneThatWorksAgain(t *testing.T) {
	o := newOffice(t)
	for _, knob := range []string{"token_revoked", "child_community", "not_administrator"} {
		o.Turn(`{"` + knob + `": true}`)
		_, err := o.Connector.Find(t.Context(), o.record(ines, nil))
		_, made := o.Connector.Create(t.Context(), o.record(ines, nil))
		_, gone := o.Connector.Deactivate(t.Context(), connectors.Remote{ID: sim.Siege})
		if !connectors.Is(err, connectors.Auth) || !connectors.Is(made, connectors.Auth) || !connectors.Is(gone, connectors.Auth) {
			t.Error(knob, err, made, gone)
		}
	}
	o.Turn(`{}`)
	o.Create(o.record(ines, nil))
}

func TestThrottling(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"rate_limit": 2}`)
	o.Create(o.record(ines, nil))
	_, _ = o.Connector.Find(t.Context(), o.record(ines, nil))
	_, err := o.Connector.Find(t.Context(), o.record(ines, nil))
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Throttled || fault.RetryAfter.Seconds() != 20 {
		t.Error(err)
	}
	o.Clock.Advance(60e9)
	o.Find(o.record(ines, nil))
}

func TestALostRemovalIsRepeated(t *testing.T) {
	o := newOffice(t)
	made := o.Create(o.record(ines, nil))
	o.Turn(`{"rules": [{"method": "DELETE", "do": "lost"}]}`)
	if _, err := o.Connector.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Transient) {
		t.Error(err)
	}
	o.Turn(`{}`)
	at := o.Count()
	if _, err := o.Connector.Deactivate(t.Context(), made); err != nil || !slices.Equal(o.Calls(at), []string{"DELETE /v1/users/* 404"}) {
		t.Error(err, o.Calls(at))
	}
}
