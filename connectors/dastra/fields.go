package dastra

import (
	"slices"
	"strings"

	"scimrelay/connectors"
)

// writable are the fields of a person that are kept up to date.
func writable() []string {
	return []string{"email", "givenName", "familyName", "displayName", "phoneNumber", "language"}
}

// creation is what a new person has.
func creation(want connectors.Record) (map[string]any, error) {
	fields := want.Creation()
	if email, _ := fields["email"].(string); !strings.Contains(email, "@") {
		return nil, connectors.Faultf(connectors.Invalid, "Dastra needs an e-mail address: send one as userName or as work e-mail")
	}
	return fields, nil
}

// change is what brings the person to want: nothing when there is no difference. An e-mail that
// differs in letter case alone is the same one, and nobody can be without one.
func change(have connectors.Remote, want connectors.Record) map[string]any {
	changed := connectors.Difference(have.Fields, want.Fields)
	for name, value := range changed {
		if !slices.Contains(writable(), name) || name == "email" && (value == nil || connectors.SameText(have.Fields[name], value)) {
			delete(changed, name)
		}
	}
	return changed
}

// remote reads a person as Dastra shows it, with the roles in the workspace. Where leavers lose
// their roles, whoever has none is inactive; an owner of the account needs none.
func (c *connector) remote(person row, roles []any) connectors.Remote {
	have := connectors.Remote{ID: connectors.TextOf(person["id"]), Fields: make(map[string]any, len(person))}
	have.Key, _ = person["email"].(string)
	for name, value := range person {
		switch value.(type) {
		case []any, map[string]any: // nothing a record has
		default:
			have.Fields[name] = connectors.Plain(value)
		}
	}
	if roles == nil {
		roles = []any{}
	}
	have.Fields["roles"] = roles
	working := c.settings.Anonymises || len(roles) > 0 || person["isOwner"] == true
	have.Active = working && !isSwitchedOff(have)
	return have
}

// isSwitchedOff says whether people of Dastra itself have switched the account off. Whoever has not
// taken an invitation up yet may not be active for that reason alone. ASSUMED.
func isSwitchedOff(have connectors.Remote) bool {
	return have.Fields["active"] == false && have.Fields["isInvited"] != true
}

// merged is the account after a change.
func merged(have connectors.Remote, changed map[string]any) connectors.Remote {
	have = have.With(changed)
	if email, ok := changed["email"].(string); ok {
		have.Key = email
	}
	return have
}
