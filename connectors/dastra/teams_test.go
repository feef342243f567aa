package dastra_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
)

// teams are the simulator's groups of the name.
func (o *office) teams(name string) (found []simhost.Group) {
	for _, g := range o.State().Groups {
		if g.Name == name {
			found = append(found, g)
		}
	}
	return found
}

func TestATeamIsFoundByItsRefAndNeverByItsLabel(t *testing.T) {
	o := newOffice(t, variant{})
	o.admin("POST", "/v1/ws/573/Teams", `{"label":"Juridique"}`)
	want := o.group("91ab", "Juridique")
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Fatalf("a team made by hand is taken over: %v", err)
	}
	before := o.Count()
	made := o.make(&want)
	if diff := cmp.Diff([]string{"POST /v1/ws/573/Teams 200", "GET /v1/ws/573/Teams 200"}, o.Calls(before)); diff != "" {
		t.Error(diff)
	}
	if made.Fields["ref"] != "gw:91ab" || made.Key != "Juridique" || len(o.teams("Juridique")) != 2 {
		t.Error(made)
	}
	o.Turn(`{"ignore_filters": true, "max_size": 1}`)
	want.VendorID = ""
	if have := o.find(want); have.ID != made.ID {
		t.Errorf("found %q, not %q", have.ID, made.ID)
	}
}

func TestTwoTeamsOfOneGroupAreAmbiguous(t *testing.T) {
	o := newOffice(t, variant{})
	o.Turn(`{"unique_ref": false}`)
	want := o.group("91ab", "Juridique")
	o.admin("POST", "/v1/ws/573/Teams", `{"label":"A","ref":"gw:91ab"}`)
	o.admin("POST", "/v1/ws/573/Teams", `{"label":"B","ref":"gw:91ab"}`)
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Ambiguous) {
		t.Fatal(err)
	}
}

// A PUT of a team replaces everything there is about it.
func TestARenamedTeamKeepsItsAreasAndUsers(t *testing.T) {
	o := newOffice(t, variant{})
	want, lea, eva := o.group("91ab", "Juridique"), o.record("1", "lea@acme.test", nil), o.record("2", "eva@acme.test", nil)
	made := o.make(&want)
	o.make(&lea)
	o.make(&eva)
	have := o.find(want)
	if err := o.Connector.EditMembers(t.Context(), made, []string{lea.VendorID}, nil); err != nil {
		t.Fatal(err)
	}
	// Somebody else joins by hand after the team was read, and areas are set.
	o.admin("PUT", "/v1/ws/573/Teams/"+made.ID, `{"label":"Juridique","ref":"gw:91ab","areas":[{"id":5}],"users":[`+lea.VendorID+`,`+eva.VendorID+`]}`)
	renamed := o.group("91ab", "Legal")
	renamed.VendorID = made.ID
	if got, err := o.Connector.Update(t.Context(), have, renamed); err != nil || got.Key != "Legal" {
		t.Fatal(got, err)
	}
	teams := o.teams("Legal")
	if len(teams) != 1 {
		t.Fatal(teams)
	}
	if diff := cmp.Diff([]string{"lea@acme.test", "eva@acme.test"}, teams[0].Members); diff != "" {
		t.Error(diff)
	}
	raw, _ := json.Marshal(teams[0].Native)
	if !strings.Contains(string(raw), `"areas":[{"id":5}]`) || !strings.Contains(string(raw), `"ref":"gw:91ab"`) {
		t.Error(string(raw))
	}
}

func TestMembersComeAndGoOneByOne(t *testing.T) {
	o := newOffice(t, variant{})
	want, lea, eva := o.group("91ab", "Juridique"), o.record("1", "lea@acme.test", nil), o.record("2", "eva@acme.test", nil)
	team := o.make(&want)
	o.make(&lea)
	o.make(&eva)
	before := o.Count()
	if err := o.Connector.EditMembers(t.Context(), team, []string{lea.VendorID}, []string{eva.VendorID}); err != nil {
		t.Fatal(err)
	}
	base := "/v1/ws/573/Users/"
	if diff := cmp.Diff([]string{"DELETE " + base + eva.VendorID + "/teams/" + team.ID + " 200",
		"POST " + base + lea.VendorID + "/teams/" + team.ID + " 200"}, o.Calls(before)); diff != "" {
		t.Error(diff)
	}
	if err := o.Connector.EditMembers(t.Context(), team, nil, []string{"999999", lea.VendorID}); err != nil {
		t.Errorf("who is no more cannot be removed: %v", err)
	}
	if err := o.Connector.EditMembers(t.Context(), team, []string{"999999"}, nil); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("who is no more was added: %v", err)
	}
	team.ID = "888888"
	if err := o.Connector.EditMembers(t.Context(), team, nil, []string{lea.VendorID}); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("a team that is gone: %v", err)
	}
}

func TestDeletingAGroupDeletesTheTeamAndNobody(t *testing.T) {
	o := newOffice(t, variant{})
	want, lea := o.group("91ab", "Juridique"), o.record("1", "lea@acme.test", nil)
	team := o.make(&want)
	o.make(&lea)
	if err := o.Connector.EditMembers(t.Context(), team, []string{lea.VendorID}, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Connector.Delete(t.Context(), team); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.teams("Juridique")) != 0 || o.roles("lea@acme.test") != "3" {
		t.Error("want the team gone and its member as before")
	}
}

func TestATeamThatDoesNotShowYetIsNoSecondOne(t *testing.T) {
	o := newOffice(t, variant{})
	o.Turn(`{"search_lag": "30s"}`)
	want := o.group("91ab", "Juridique")
	_, err := o.Connector.Create(t.Context(), want)
	if fault := connectors.FaultOf(err); !connectors.Is(err, connectors.Unknown) || !fault.Uncertain {
		t.Fatal(err)
	}
	o.Clock.Advance(31_000_000_000)
	o.find(want)
}

func TestARefHasAtMost80Characters(t *testing.T) {
	o := newOffice(t, variant{})
	if _, err := o.Connector.Create(t.Context(), o.group(strings.Repeat("x", 78), "Juridique")); !connectors.Is(err, connectors.Invalid) || o.Count() != 0 {
		t.Fatal(err)
	}
}
