package scimtarget_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/scimtarget"
	"scimrelay/tenants"
)

func TestMembersAreAddedAndRemovedNeverReplaced(t *testing.T) {
	for style, want := range map[string][]string{
		"rfc": {`{"op":"add","path":"members","value":[{"value":"ID2"}]}`, `{"op":"remove","path":"members[value eq \"ID0\"]"}`,
			`{"op":"remove","path":"members[value eq \"ID1\"]"}`},
		"entra": {`{"op":"Add","path":"members","value":[{"value":"ID2"}]}`, `{"op":"Remove","path":"members","value":[{"value":"ID0"},{"value":"ID1"}]}`},
	} {
		t.Run(style, func(t *testing.T) {
			o := newOffice(t, `{"refuse_member_replace": true, "entra_dialect": true}`, defaults(map[string]any{"patch_style": style}))
			ids := o.people(3)
			club := o.Create(o.group("Club"))
			o.edit(club, ids[:2], nil)
			o.edit(club, ids[2:], ids[:2])
			got := strings.Join(o.operations(), "\n")
			for i, id := range ids {
				got = strings.ReplaceAll(got, id, "ID"+string(rune('0'+i)))
			}
			if got != strings.Join(want, "\n") || !slices.Equal(o.members(), []string{"p2@acme.test"}) {
				t.Errorf("sent %s, members %v", got, o.members())
			}
		})
	}
}

func TestAsManyMembersAtOnceAsTheServerTakes(t *testing.T) {
	o := newOffice(t, `{"max_members_per_request": 3}`)
	ids := o.people(10)
	club := o.Create(o.group("Club"))
	o.edit(club, ids, nil)
	if len(o.members()) != 10 {
		t.Fatalf("members %v", o.members())
	}
	before := o.Count()
	o.edit(club, nil, ids)
	if len(o.members()) != 0 {
		t.Errorf("members %v", o.members())
	}
	for _, call := range o.Calls(before) {
		if strings.HasSuffix(call, "400") {
			t.Errorf("it was not remembered: %v", o.Calls(before))
		}
	}
}

func TestTheTargetSaysHowManyMembersAtOnce(t *testing.T) {
	o := newOffice(t, `{"max_members_per_request": 2}`, defaults(map[string]any{"members_per_request": 2, "nested_groups": true}))
	settings, _ := scimtarget.Product().Settings(o.Target)
	if can := scimtarget.Product().CapabilitiesOf(settings); can.MembersPerCall != 2 || !can.NestedGroups {
		t.Errorf("%+v", can)
	}
	ids := o.people(4)
	before := o.Count()
	o.edit(o.Create(o.group("Club")), ids, nil)
	if told := o.Calls(before); len(told) != 3 || len(o.members()) != 4 {
		t.Errorf("%v", told)
	}
}

// RFC 7644 has no error for either; there are servers that do.
func TestWhoIsInAlreadyOrNotInIsNoFailure(t *testing.T) {
	o := newOffice(t, `{"strict_members": true}`)
	ids := o.people(4)
	club := o.Create(o.group("Club"))
	o.edit(club, ids[:2], nil)
	o.edit(club, ids[:1], nil)
	o.edit(club, ids[1:3], ids[3:])
	if got := o.members(); !slices.Equal(got, []string{"p0@acme.test", "p1@acme.test", "p2@acme.test"}) {
		t.Errorf("members %v", got)
	}
}

func TestAnUnknownMemberIsInvalid(t *testing.T) {
	o := newOffice(t, `{}`)
	club := o.Create(o.group("Club"))
	if err := o.Connector.EditMembers(t.Context(), club, []string{"nobody"}, nil); !connectors.Is(err, connectors.Invalid) {
		t.Error(err)
	}
}

func TestAServerWithPutOnlyGetsTheWholeGroup(t *testing.T) {
	o := newOffice(t, `{"put_only": true}`)
	ids := o.people(3)
	club := o.Create(o.group("Club"))
	o.edit(club, ids[:2], nil)
	before := o.Count()
	o.edit(club, ids[:1], ids[2:])
	if told := o.Calls(before); len(told) != 1 {
		t.Errorf("nothing changed, and %v was called", told)
	}
	renamed := o.group("Society")
	renamed.VendorID = club.ID
	o.Update(o.Find(renamed), renamed)
	if got := o.members(); !slices.Equal(got, []string{"p0@acme.test", "p1@acme.test"}) {
		t.Errorf("members %v after a new name", got)
	}
}

func TestAGroupThatWasShownInPartIsNotWritten(t *testing.T) {
	o := newOffice(t, `{"put_only": true, "max_results": 3}`)
	ids := o.people(5)
	club := o.Create(o.group("Club"))
	o.edit(club, ids[:4], nil)
	o.Turn(`{"put_only": true, "max_results": 3, "members_shown": 3}`)
	err := o.Connector.EditMembers(t.Context(), club, ids[4:], nil)
	if !connectors.Is(err, connectors.Denied) || len(o.members()) != 4 {
		t.Errorf("%v, members %v", err, o.members())
	}
}

func TestMembersThatAreShownOnRequestAreAskedFor(t *testing.T) {
	o := newOffice(t, `{"put_only": true, "members_on_request": true}`)
	ids := o.people(3)
	club := o.Create(o.group("Club"))
	o.edit(club, ids[:2], nil)
	o.edit(club, ids[2:], nil)
	if got := o.members(); len(got) != 3 {
		t.Errorf("members %v", got)
	}
}

func TestSomebodyElsesChangeIsNotOverwritten(t *testing.T) {
	o := newOffice(t, `{"put_only": true}`)
	ids := o.people(2)
	club := o.Create(o.group("Club"))
	o.edit(club, ids[:1], nil)
	if o.head("PUT").Get("If-Match") == "" {
		t.Fatal("no If-Match was sent")
	}
	o.Turn(`{"put_only": true, "rules": [{"method": "PUT", "status": 412}]}`)
	if err := o.Connector.EditMembers(t.Context(), club, ids[1:], nil); !connectors.Is(err, connectors.EditConflict) {
		t.Error(err)
	}
}

func TestAServerWithoutGroupsIsToldApart(t *testing.T) {
	o := newOffice(t, `{"no_groups": true}`)
	for _, err := range []error{
		func() error { _, err := o.Connector.Find(t.Context(), o.group("Club")); return err }(),
		func() error { _, err := o.Connector.Create(t.Context(), o.group("Club")); return err }(),
	} {
		if !connectors.Is(err, connectors.Denied) || !strings.Contains(err.Error(), "no groups") {
			t.Error(err)
		}
	}
}

func TestGroupsOfManyAreReadWithoutTheirMembers(t *testing.T) {
	o := newOffice(t, `{}`)
	club := o.Create(o.group("Club"))
	record := o.group("club")
	if have := o.Find(record); have.ID != club.ID {
		t.Error(have)
	}
	record.VendorID = club.ID
	o.Find(record)
	for _, query := range o.queries {
		if strings.Contains(query, "GET /scimtarget/scim/v2/Groups") && !strings.Contains(query, "excludedAttributes=members") {
			t.Errorf("%s", query)
		}
	}
}

func TestTheRateIsAssumed(t *testing.T) {
	if rate := scimtarget.Product().Capabilities.Rate; rate != (tenants.Rate{PerSecond: 10, Burst: 20, Concurrency: 4}) {
		t.Errorf("%+v", rate)
	}
}
