package steeple_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/steeple/sim"
)

func TestFoundOrCreatedByEmail(t *testing.T) {
	o := newOffice(t)
	first := o.create(o.record(ines, nil, "Steeple Siege"))
	changed := o.record(strings.ToUpper(ines), map[string]any{"title": "DRH"}, "Steeple Lyon")
	at := o.count()
	second := o.create(changed)
	if second.ID != first.ID || len(o.sim.State().Accounts) != 1 {
		t.Fatal("there are two accounts")
	}
	if calls := o.sent(at); calls[0] != "POST /v1/users 200" || calls[1] != "PATCH /v1/users/* 200" {
		t.Error(calls)
	}
	if o.native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member, Acme - Lyon / member" {
		t.Error("who was found was not brought to want:", o.native(ines), o.roles(ines))
	}
}

func TestACreateThatIsNoUpsertSaysExists(t *testing.T) {
	o := newOffice(t)
	o.turn(`{"upsert": false}`)
	o.create(o.record(ines, nil))
	if _, err := o.steeple.Create(t.Context(), o.record(ines, nil)); !connectors.Is(err, connectors.Exists) {
		t.Error(err)
	}
}

func TestWhoLeavesIsRemovedAndReturnsWithTheSameID(t *testing.T) {
	o := newOffice(t)
	want := o.record(ines, nil, "Steeple Siege Admins")
	made := o.create(want)
	for range 2 {
		if off, err := o.steeple.Deactivate(t.Context(), made); err != nil || off.Active {
			t.Fatal(err)
		}
	}
	if o.account(ines).Active || o.roles(ines) != "" || o.native(ines)["in_organisation"] != false {
		t.Error(o.native(ines), o.roles(ines))
	}
	byID := want
	byID.VendorID = made.ID
	for _, record := range []connectors.Record{want, byID} {
		if _, err := o.steeple.Find(t.Context(), record); !connectors.Is(err, connectors.NotFound) {
			t.Error(err)
		}
	}
	gone := byID
	gone.Active = false
	at := o.count()
	if _, err := o.steeple.Update(t.Context(), made, gone); err != nil || o.count() != at {
		t.Error("who is gone was updated:", err)
	}
	back := o.create(o.record(ines, map[string]any{"title": "DRH"}, "Steeple Lyon"))
	if back.ID != made.ID || !back.Active || o.native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member, Acme - Lyon / member" {
		t.Error(back, o.native(ines), o.roles(ines))
	}
}

func TestPostsAreHandedOver(t *testing.T) {
	o := newOffice(t)
	heir := o.create(o.record("tom@acme.test", nil))
	o.sample.sample.Defaults["transfer_posts_to"] = strings.ToUpper(heir.ID)
	o.target = readTarget(t, o.server.URL, o.sample)
	o.open()
	made := o.create(o.record(ines, nil))
	if _, err := o.steeple.Deactivate(t.Context(), made); err != nil || o.native(ines)["posts_to"] != heir.ID {
		t.Error(err, o.native(ines))
	}
	if _, err := o.steeple.Deactivate(t.Context(), heir); !connectors.Is(err, connectors.Denied) || !strings.Contains(err.Error(), "transfer_posts_to") {
		t.Error(err)
	}
	o.turn(`{"rules": [{"method": "DELETE", "status": 404, "count": 1, "body": {"errors": [{"code": "not_found", "field": "transfer_posts_to"}]}}]}`)
	made = o.create(o.record(ines, nil))
	if _, err := o.steeple.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), "transfer_posts_to") {
		t.Error("a missing heir passed for a missing person:", err)
	}
}

func TestWhoLeavesIsSuspendedWhereTheTargetSaysSo(t *testing.T) {
	o := newOffice(t, suspends)
	want := o.record(ines, nil, "Steeple Siege")
	made := o.create(want)
	want.VendorID = made.ID
	for range 2 {
		if off, err := o.steeple.Deactivate(t.Context(), made); err != nil || off.Active {
			t.Fatal(err)
		}
	}
	if o.account(ines).Active || o.native(ines)["in_organisation"] != true || o.roles(ines) != "Acme / member, Acme - Siege / member" {
		t.Error(o.native(ines), o.roles(ines))
	}
	inactive := o.record(ines, map[string]any{"active": false, "title": "DRH"})
	inactive.VendorID = made.ID
	o.update(inactive)
	if o.account(ines).Active || o.native(ines)["job_title"] != "DRH" || o.roles(ines) != "Acme / member" {
		t.Error("an update of somebody suspended:", o.native(ines), o.roles(ines))
	}
	for range 2 {
		back, err := o.steeple.Reactivate(t.Context(), made, want)
		if err != nil || !back.Active || back.ID != made.ID {
			t.Fatal(back, err)
		}
	}
	if !o.account(ines).Active {
		t.Error("the account is still suspended")
	}
}

func TestASuspensionByAnotherHandIsLifted(t *testing.T) {
	o := newOffice(t, suspends)
	made := o.create(o.record(ines, nil))
	if _, err := o.steeple.Deactivate(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	delete(o.sample.sample.Target, "on_deactivate") // from now on leavers are removed
	o.target = readTarget(t, o.server.URL, o.sample)
	o.open()
	want := o.record(ines, nil, "Steeple Siege")
	have := o.find(want)
	if have.Active {
		t.Fatal("somebody suspended counts as active")
	}
	if back, err := o.steeple.Reactivate(t.Context(), have, want); err != nil || !back.Active || !o.account(ines).Active {
		t.Error(err)
	}
}

func TestTheTokensOwnUserCannotBeTakenAway(t *testing.T) {
	for name, change := range map[string]func(*sample){"removed": func(*sample) {}, "suspended": suspends} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, change)
			o.turn(`{"token_user": "` + ines + `"}`)
			_, err := o.steeple.Deactivate(t.Context(), o.create(o.record(ines, nil)))
			if !connectors.Is(err, connectors.Denied) || !strings.Contains(connectors.FaultOf(err).Detail, "the user the token belongs to") {
				t.Error(err)
			}
			if !o.account(ines).Active {
				t.Error("the account is inactive")
			}
		})
	}
}

func TestNobodyIsDeleted(t *testing.T) {
	o := newOffice(t)
	if err := o.steeple.Delete(t.Context(), o.create(o.record(ines, nil))); !connectors.Is(err, connectors.Denied) || !o.account(ines).Active {
		t.Error(err)
	}
}

func TestInvitations(t *testing.T) {
	for invite, want := range map[string]string{"": "pending", "later": "pending", "now": "sent"} {
		o := newOffice(t, says("invite", invite))
		o.create(o.record(ines, nil))
		if got := o.native(ines)["invitation"]; got != want || !o.account(ines).Active {
			t.Errorf("invite %q: %v", invite, got)
		}
	}
}

func TestARevokedTokenAndOneThatWorksAgain(t *testing.T) {
	o := newOffice(t)
	for _, knob := range []string{"token_revoked", "child_community", "not_administrator"} {
		o.turn(`{"` + knob + `": true}`)
		_, err := o.steeple.Find(t.Context(), o.record(ines, nil))
		_, made := o.steeple.Create(t.Context(), o.record(ines, nil))
		_, gone := o.steeple.Deactivate(t.Context(), connectors.Remote{ID: sim.Siege})
		if !connectors.Is(err, connectors.Auth) || !connectors.Is(made, connectors.Auth) || !connectors.Is(gone, connectors.Auth) {
			t.Error(knob, err, made, gone)
		}
	}
	o.turn(`{}`)
	o.create(o.record(ines, nil))
}

func TestThrottling(t *testing.T) {
	o := newOffice(t)
	o.turn(`{"rate_limit": 2}`)
	o.create(o.record(ines, nil))
	_, _ = o.steeple.Find(t.Context(), o.record(ines, nil))
	_, err := o.steeple.Find(t.Context(), o.record(ines, nil))
	if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Throttled || fault.RetryAfter.Seconds() != 20 {
		t.Error(err)
	}
	o.clock.Advance(60e9)
	o.find(o.record(ines, nil))
}

func TestALostRemovalIsRepeated(t *testing.T) {
	o := newOffice(t)
	made := o.create(o.record(ines, nil))
	o.turn(`{"rules": [{"method": "DELETE", "do": "lost"}]}`)
	if _, err := o.steeple.Deactivate(t.Context(), made); !connectors.Is(err, connectors.Transient) {
		t.Error(err)
	}
	o.turn(`{}`)
	at := o.count()
	if _, err := o.steeple.Deactivate(t.Context(), made); err != nil || !slices.Equal(o.calls(at), []string{"DELETE /v1/users/* 404"}) {
		t.Error(err, o.calls(at))
	}
}
