package steeple_test

import (
	"slices"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple"
	"scimrelay/connectors/steeple/sim"
	"scimrelay/scim"
)

// office is one organisation on a simulated Steeple, and a connector to it.
type office struct {
	*connectortest.Bench[connectortest.Full]
}

func newOffice(t *testing.T, changes ...func(*simhost.Sample)) *office {
	t.Helper()
	clock, o := connectortest.NewClock(), &office{}
	o.Bench = connectortest.NewBench[connectortest.Full](t, connectortest.Setup{Product: steeple.Product(),
		Simulator: sim.New(clock.Now), Clock: clock, Short: o.short}, changes...)
	return o
}

// short writes * for a person's id.
func (o *office) short(path string) string {
	parts := strings.Split(path, "/")
	for _, a := range o.State().Accounts {
		for i := range parts {
			if parts[i] == a.ID {
				parts[i] = "*"
			}
		}
	}
	return strings.Join(parts, "/")
}

// suspends has leavers suspended.
func suspends(s *simhost.Sample) { s.Target["on_deactivate"] = "suspend" }

// says sets a default.
func says(name string, value any) func(*simhost.Sample) {
	return func(s *simhost.Sample) { s.Defaults[name] = value }
}

// numbered has people log in with the personnel number.
func numbered(s *simhost.Sample) {
	s.Defaults["access_method"] = "matricule"
	s.Target["mapping"] = map[string]any{"birthday": "user.nickName"}
}

func grant(group, community, role string) map[string]any {
	return map[string]any{"group": group, "community_id": community, "role": role}
}

// person is a document with changes; a nil value takes an attribute away.
func person(email string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": email, "active": true, "externalId": "x-" + email, "title": "RH",
		"name":                map[string]any{"givenName": "Ines", "familyName": "Morel"},
		"emails":              []any{map[string]any{"type": "work", "primary": true, "value": email}},
		scim.SchemaEnterprise: map[string]any{"department": "IT"},
	}, changes)
}

// record maps a person who is in the groups.
func (o *office) record(email string, changes map[string]any, groups ...string) connectors.Record {
	o.T.Helper()
	record := o.Record("res-"+email, person(email, changes))
	for _, name := range groups {
		record.Groups = append(record.Groups, connectors.Group{ID: "id-" + name, Name: name, ExternalID: "x-" + name})
	}
	return record
}

// update brings the person to want, as a run of the relay does.
func (o *office) update(want connectors.Record) connectors.Remote {
	o.T.Helper()
	return o.Update(o.Find(want), want)
}

// roles are those the person has, as community id/role in order.
func (o *office) roles(key string) string {
	var held []string
	for _, g := range o.State().Groups {
		if slices.Contains(g.Members, key) {
			held = append(held, g.Name)
		}
	}
	return strings.Join(held, ", ")
}

// sent are the writes among the calls since the count.
func (o *office) sent(since int) []string {
	return slices.DeleteFunc(o.Calls(since), func(call string) bool { return strings.HasPrefix(call, "GET ") })
}

func noted(have connectors.Remote, words string) bool {
	return slices.ContainsFunc(have.Notes, func(note string) bool { return strings.Contains(note, words) })
}

// put gives a role by another hand.
func (o *office) put(user, community, role string) int {
	o.T.Helper()
	status, _ := o.ByHand("PUT", "/v1/communities/"+community+"/members/"+user, `{"role":"`+role+`"}`,
		map[string]string{"Authorization": "Bearer " + sim.Token("acme")})
	return status
}
