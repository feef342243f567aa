package dastra

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
)

// writable are the fields of a person that are kept up to date.
func writable() []string {
	return []string{"email", "givenName", "familyName", "displayName", "phoneNumber", "language"}
}

// creation is what a new person has.
func creation(want connectors.Record) (map[string]any, error) {
	fields := maps.Clone(want.OnCreate)
	if fields == nil {
		fields = map[string]any{}
	}
	for name, value := range want.Fields {
		if value != nil {
			fields[name] = value
		}
	}
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
		if !slices.Contains(writable(), name) || name == "email" && (value == nil || same(have.Fields[name], value)) {
			delete(changed, name)
		}
	}
	return changed
}

// remote reads a person as Dastra shows it, with the roles in the workspace. Where leavers lose
// their roles, whoever has none is inactive; an owner of the account needs none.
func (c *connector) remote(person row, roles []any) connectors.Remote {
	have := connectors.Remote{ID: textOf(person["id"]), Fields: make(map[string]any, len(person))}
	have.Key, _ = person["email"].(string)
	for name, value := range person {
		switch value.(type) {
		case []any, map[string]any: // nothing a record has
		default:
			have.Fields[name] = plain(value)
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
	fields := maps.Clone(have.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	maps.Copy(fields, changed)
	have.Fields = fields
	if email, ok := changed["email"].(string); ok {
		have.Key = email
	}
	return have
}

func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if id, err := v.Int64(); err == nil {
			return id
		}
		f, _ := v.Float64()
		return f
	case string:
		if v == "" {
			return nil
		}
		return v
	default:
		return v
	}
}

// private are the texts of a record and an account, which no error may show.
func private(have connectors.Remote, want connectors.Record) (texts []string) {
	for _, fields := range []map[string]any{have.Fields, want.Fields, want.OnCreate} {
		for _, value := range fields {
			if text, ok := value.(string); ok {
				texts = append(texts, text)
			}
		}
	}
	return append(texts, have.Key, want.Key)
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		return ""
	}
}

func same(a, b any) bool {
	x, ok := a.(string)
	y, both := b.(string)
	return ok && both && strings.EqualFold(x, y)
}
