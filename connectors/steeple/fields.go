package steeple

import (
	"maps"
	"slices"
	"strings"

	"scimrelay/connectors"
)

// communitiesField is where a Remote holds memberships, as "community id/role".
const communitiesField = "communities"

// needs are the fields Steeple wants of a new person, with what to do about a missing one.
func (d Defaults) needs() [][2]string {
	needs := [][2]string{
		{"email", "an e-mail address: send a work e-mail or an e-mail as userName"},
		{"first_name", "a first name: send name.givenName"},
		{"last_name", "a last name: send name.familyName"},
	}
	if d.AccessMethod == byNumber {
		needs = append(needs,
			[2]string{"registration_number", "a personnel number, which is this organisation's access method: send employeeNumber"},
			[2]string{"birthday", "a birthday beside the personnel number: send what mapping.birthday reads"})
	}
	return needs
}

func (d Defaults) isNeeded(name string) bool {
	return slices.ContainsFunc(d.needs(), func(need [2]string) bool { return need[0] == name })
}

// complain says what a person with these fields lacks.
func (d Defaults) complain(fields map[string]any) error {
	for _, need := range d.needs() {
		if text, _ := fields[need[0]].(string); strings.TrimSpace(text) == "" {
			return connectors.Faultf(connectors.Invalid, "Steeple needs %s", need[1])
		}
	}
	if email, _ := fields["email"].(string); !strings.Contains(email, "@") {
		return connectors.Faultf(connectors.Invalid, "Steeple needs %s", d.needs()[0][1])
	}
	return nil
}

// creation is the profile of a new person.
func (d Defaults) creation(want connectors.Record) (map[string]any, error) {
	body := want.Creation()
	return body, d.complain(body)
}

// change is the profile that brings the person to want: empty when there is no difference, or
// none that Steeple would take. Notes say what it would not.
func (c *connector) change(have connectors.Remote, want connectors.Record) (body map[string]any, notes []string, err error) {
	d := c.settings.Defaults
	fields := maps.Clone(want.Fields)
	for name, value := range fields {
		if value == nil && d.isNeeded(name) {
			delete(fields, name)
		}
	}
	if err := d.complain(have.With(fields).Fields); err != nil && d.AccessMethod == byNumber {
		return nil, nil, err
	}
	body = connectors.Difference(have.Fields, fields)
	if connectors.SameText(have.Fields["email"], body["email"]) {
		delete(body, "email")
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if c.memory.pointless(have.ID, name, body[name], have.Fields[name]) {
			delete(body, name)
			notes = append(notes, untaken(name))
		}
	}
	return body, notes, nil
}

// compare notes what Steeple's answer does not show of what was sent.
func (c *connector) compare(id string, sent, shown map[string]any) (notes []string) {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if !alike(name, sent[name], shown[name]) {
			c.memory.refused(id, name, sent[name], shown[name])
			notes = append(notes, untaken(name))
		}
	}
	return notes
}

// untaken says why Steeple shows another value than was sent.
func untaken(name string) string {
	switch name {
	case "email":
		return "Steeple keeps the e-mail address that the person has set there"
	case "department":
		return "Steeple has no such department, so the person keeps the old one or none: make it in Steeple's administration first"
	default:
		return "Steeple did not take " + name + " as it was sent"
	}
}

// profile reads a person's fields as Steeple shows them, in the types a record uses.
func profile(row map[string]any) map[string]any {
	fields := make(map[string]any, len(row))
	for name, value := range row {
		switch name {
		case "id", "status", "invitation", "memberships":
		default:
			switch value.(type) {
			case []any, map[string]any: // nothing a record has
			default:
				fields[name] = connectors.Plain(value)
			}
		}
	}
	return fields
}

// remote reads a person, memberships as the connector knows them.
func (c *connector) remote(row map[string]any) connectors.Remote {
	id, _ := row["id"].(string)
	have := connectors.Remote{ID: id, Fields: profile(row)}
	have.Key, _ = row["email"].(string)
	status, told := row["status"].(string)
	have.Active = !told || status == "active" || status == "invited"
	roles := c.memberships(row)
	c.memory.correct(id, roles)
	have.Fields[communitiesField] = listed(roles)
	return have
}

// memberships reads the roles of a person by community, and learns the communities' kinds.
func (c *connector) memberships(row map[string]any) map[string]string {
	roles := map[string]string{}
	list, _ := row["memberships"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		community, _ := m["community_id"].(string)
		if community = strings.ToLower(community); community == "" {
			continue
		}
		roles[community], _ = m["role"].(string)
		if name, _ := m["community_type"].(string); name != "" {
			c.memory.learn(community, name)
		}
	}
	return roles
}

// listed writes roles by community as a field, in order.
func listed(roles map[string]string) []any {
	list := []any{}
	for _, community := range slices.Sorted(maps.Keys(roles)) {
		list = append(list, community+"/"+roles[community])
	}
	return list
}

// rolesIn reads the field again.
func rolesIn(have connectors.Remote) map[string]string {
	roles := map[string]string{}
	list, _ := have.Fields[communitiesField].([]any)
	for _, item := range list {
		text, _ := item.(string)
		community, role, _ := strings.Cut(text, "/")
		roles[community] = role
	}
	return roles
}
