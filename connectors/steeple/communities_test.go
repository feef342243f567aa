package steeple_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/steeple/sim"
)

const ines = "ines@acme.test"

func TestAGroupGivesItsPairOfCommunityAndRole(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil, "steeple siege"))
	if got := o.roles(ines); got != "Acme / member, Acme - Siege / member" {
		t.Error(got)
	}
	byExternalID := o.record(ines, nil)
	byExternalID.Groups = []connectors.Group{{ID: "1", Name: "Renamed", ExternalID: "Steeple Lyon Admins"}}
	o.update(byExternalID)
	if got := o.roles(ines); got != "Acme / member, Acme - Lyon / administrator" {
		t.Error(got)
	}
}

func TestAnUnmappedGroupHasNoEffect(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil, "Everybody else"))
	at := o.Count()
	o.update(o.record(ines, nil, "Everybody else", "And more"))
	if sent := o.sent(at); len(sent) > 0 || o.roles(ines) != "Acme / member" {
		t.Error(sent, o.roles(ines))
	}
}

func TestAPersonWithoutAMappedGroupGoesToTheMainCommunity(t *testing.T) {
	o := newOffice(t)
	at := o.Count()
	o.Create(o.record(ines, nil))
	if calls := o.Calls(at); !slices.Equal(calls, []string{"POST /v1/users 201"}) || o.roles(ines) != "Acme / member" {
		t.Error(calls, o.roles(ines))
	}
}

func TestAdministratorWins(t *testing.T) {
	o := newOffice(t)
	for _, groups := range [][]string{{"Steeple Siege", "Steeple Siege Admins"}, {"Steeple Siege Admins", "Steeple Siege"}} {
		want := o.record(ines, nil, groups...)
		if _, err := o.Connector.Find(t.Context(), want); err != nil {
			o.Create(want)
		} else {
			o.update(want)
		}
		if got := o.roles(ines); got != "Acme / member, Acme - Siege / administrator" {
			t.Error(groups, got)
		}
	}
	at := o.Count()
	o.update(o.record(ines, nil, "Steeple Siege"))
	if sent := o.sent(at); !slices.Equal(sent, []string{"PUT /v1/communities/" + sim.Siege + "/members/* 200"}) || o.roles(ines) != "Acme / member, Acme - Siege / member" {
		t.Error("the role did not fall:", sent, o.roles(ines))
	}
}

func TestACreateGivesWhatItCanInOneCall(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record("first@acme.test", nil, "Steeple Siege"))
	at := o.Count()
	o.Create(o.record(ines, nil, "Steeple Siege", "Steeple Lyon"))
	o.Create(o.record("admin@acme.test", nil, "Steeple Siege Admins"))
	if calls := o.Calls(at); !slices.Equal(calls, []string{"POST /v1/users 201", "POST /v1/users 201"}) {
		t.Error(calls)
	}
	at = o.Count()
	o.Create(o.record("both@acme.test", nil, "Steeple Siege", "Steeple Lyon Admins"))
	if calls := o.Calls(at); !slices.Equal(calls, []string{"POST /v1/users 201", "PUT /v1/communities/" + sim.Lyon + "/members/* 200"}) {
		t.Error(calls)
	}
	for key, want := range map[string]string{ines: "Acme / member, Acme - Siege / member, Acme - Lyon / member",
		"admin@acme.test": "Acme / member, Acme - Siege / administrator",
		"both@acme.test":  "Acme / member, Acme - Siege / member, Acme - Lyon / administrator"} {
		if got := o.roles(key); got != want {
			t.Error(key, got)
		}
	}
}

func TestOnlyCommunitiesOfTheTableAreTouched(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil, "Steeple Siege"))
	if status := o.put(o.Account(ines).ID, sim.Nantes, "administrator"); status != 200 {
		t.Fatal(status)
	}
	o.Clock.Advance(time.Minute)
	o.update(o.record(ines, nil))
	if got := o.roles(ines); got != "Acme / member, Acme - Nantes / administrator" {
		t.Error(got)
	}
}

func TestAnAutomaticCommunityIsANoteAndAskedOnce(t *testing.T) {
	table := []any{grant("Heads", sim.Main, "administrator"), grant("Sellers", sim.Dyna, "member"), grant("Steeple Siege", sim.Siege, "member")}
	for name, knobs := range map[string]string{"its type is listed": `{}`, "its type is shown nowhere but by a refusal": `{"community_types": false}`} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, says("communities", table))
			o.Turn(knobs)
			for _, email := range []string{ines, "tom@acme.test"} {
				made := o.Create(o.record(email, nil, "Heads", "Sellers", "Steeple Siege"))
				if !noted(made, sim.Main) || !noted(made, sim.Dyna) || len(made.Notes) != 2 {
					t.Error(made.Notes)
				}
			}
			want := o.record(ines, nil, "Heads", "Sellers")
			if after := o.update(want); len(after.Notes) != 2 || o.roles(ines) != "Acme / member" {
				t.Error(after.Notes, o.roles(ines))
			}
			if d := o.Connector.Difference(o.Find(want), want); len(d) != 0 {
				t.Error(d)
			}
			if after := o.update(o.record(ines, nil)); len(after.Notes) != 0 {
				t.Error("that everybody is in the main community is no news:", after.Notes)
			}
			refused := 0
			for _, call := range o.sent(0) {
				if strings.HasSuffix(call, " 409") {
					refused++
				}
			}
			if listed := name == "its type is listed"; refused > 1 || listed && refused > 0 {
				t.Errorf("%d refusals", refused)
			}
		})
	}
}

func TestACommunityThatDoesNotExistIsTheSettingsFault(t *testing.T) {
	const nowhere = "11111111-2222-4333-8444-555555555555"
	o := newOffice(t, says("communities", []any{grant("Steeple Siege", sim.Siege, "administrator"), grant("Gone", nowhere, "member")}))
	want := o.record(ines, nil, "Gone", "Steeple Siege")
	made, err := o.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Unknown) || made.ID == "" || !strings.Contains(err.Error(), "defaults.communities") {
		t.Fatal(made.ID, err)
	}
	_, err = o.Connector.Update(t.Context(), o.Find(want), want)
	if !connectors.Is(err, connectors.Invalid) || !strings.Contains(err.Error(), nowhere) {
		t.Error(err)
	}
	if got := o.roles(ines); got != "Acme / member, Acme - Siege / administrator" {
		t.Error("the other community was not given:", got)
	}
}

func TestAMembershipThatFailedAfterTheCreateIsRepaired(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"rules": [{"path": "/v1/communities/*/members/*", "status": 503, "count": 1}]}`)
	want := o.record(ines, nil, "Steeple Siege", "Steeple Lyon Admins")
	made, err := o.Connector.Create(t.Context(), want)
	if !connectors.Is(err, connectors.Unknown) || made.ID == "" {
		t.Fatal(made, err)
	}
	o.Open()
	want.VendorID = made.ID
	o.update(want)
	if got := o.roles(ines); got != "Acme / member, Acme - Siege / member, Acme - Lyon / administrator" {
		t.Error(got)
	}
}

func TestOwnWritesAreBelievedWhileReadsLag(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"membership_lag": "5s"}`)
	o.Create(o.record(ines, nil, "Steeple Siege"))
	for _, groups := range [][]string{{"Steeple Siege", "Steeple Lyon Admins"}, {"Steeple Lyon Admins"}, {}, {"Steeple Siege Admins"}, {}} {
		want := o.record(ines, nil, groups...)
		o.update(want)
		at := o.Count()
		o.update(want)
		if sent := o.sent(at); len(sent) > 0 {
			t.Errorf("%v: sent again: %v", groups, sent)
		}
		o.Clock.Advance(time.Second)
	}
	if got := o.roles(ines); got != "Acme / member" {
		t.Error(got)
	}
	o.Clock.Advance(time.Minute)
	o.put(o.Account(ines).ID, sim.Lyon, "member") // by another hand: believed once own writes are old
	o.Clock.Advance(time.Minute)
	o.update(o.record(ines, nil))
	if got := o.roles(ines); got != "Acme / member" {
		t.Error(got)
	}
}

func TestARefusedProfileKeepsNobodyInACommunity(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record("tom@acme.test", nil))
	want := o.record(ines, nil, "Steeple Siege Admins")
	want.VendorID = o.Create(want).ID
	taken := o.record("tom@acme.test", nil)
	taken.VendorID = want.VendorID
	if _, err := o.Connector.Update(t.Context(), o.Find(want), taken); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	if got := o.roles(ines); got != "Acme / member" {
		t.Error(got)
	}
}

func TestADryRunNamesTheCommunities(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil, "Steeple Siege"))
	want := o.record(ines, map[string]any{"title": "DRH"}, "Steeple Lyon Admins")
	d := o.Connector.Difference(o.Find(want), want)
	if changes, _ := d["communities"].([]any); len(d) != 2 || d["job_title"] != "DRH" || len(changes) != 2 {
		t.Error(d)
	}
}

func TestACommunityThatWasManualIsLookedAtAgain(t *testing.T) {
	o := newOffice(t)
	o.Create(o.record(ines, nil, "Steeple Siege"))
	o.Turn(`{"rules": [{"method": "POST", "path": "/v1/users", "status": 409, "count": 1, "body": {"errors": [{"code": "community_not_manual"}]}}]}`)
	want := o.record("tom@acme.test", nil, "Steeple Siege")
	if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.EditConflict) {
		t.Fatal(err)
	}
	at := o.Count()
	o.Create(want)
	if calls := o.Calls(at); !slices.Equal(calls, []string{"GET /v1/communities 200", "POST /v1/users 201"}) {
		t.Error(calls)
	}
}
