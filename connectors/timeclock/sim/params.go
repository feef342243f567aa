package sim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// maxText is the longest text of a field. ASSUMED.
const maxText = 255

// parameters reads the named parameters of a call. The first that is wrong is the error.
type parameters struct {
	values map[string]json.RawMessage
	err    error
}

// only refuses parameters that the method does not have.
func (p *parameters) only(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !slices.Contains(names, name) {
			p.wrong(name)
		}
	}
}

func (p *parameters) wrong(name string) {
	if p.err == nil {
		p.err = refuse(-32602, "Invalid params", name)
	}
}

// read decodes a parameter of the type; false when it is absent or wrong.
func (p *parameters) read(name string, into any) bool {
	raw, sent := p.values[name]
	if !sent {
		return false
	}
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		p.wrong(name)
		return false
	}
	return true
}

// integer reads a whole number, which a number with an exponent or a fraction is not.
func (p *parameters) integer(name string) (n int64, ok bool) {
	ok = p.read(name, &n)
	return n, ok
}

func (p *parameters) boolean(name string) (b, ok bool) {
	ok = p.read(name, &b)
	return b, ok
}

// inner reads a parameter that holds further ones.
func (p *parameters) inner(name string) *parameters {
	q := &parameters{}
	p.read(name, &q.values)
	return q
}

// texts are the fields that hold a text, numbers those that hold a whole number.
func texts() []string {
	return []string{"username", "email", "firstName", "lastName", "displayName", "externalId"}
}
func numbers() []string { return []string{"employeeNumber", "managerId", "roleId"} }

// needed are the fields nobody can be without.
func needed() []string { return []string{"username", "email", "firstName", "lastName"} }

// fields reads the fields of a user. A null empties one that can be empty.
func (p *parameters) fields() map[string]any {
	fields := map[string]any{}
	for _, name := range slices.Concat(texts(), numbers()) {
		raw, sent := p.values[name]
		if !sent {
			continue
		}
		switch empty := string(raw) == "null"; {
		case empty && (slices.Contains(needed(), name) || name == "roleId"):
			p.wrong(name)
		case empty:
			fields[name] = nil
		case slices.Contains(numbers(), name):
			fields[name], _ = p.integer(name)
		default:
			var text string
			if p.read(name, &text) {
				fields[name] = text
			}
		}
	}
	return fields
}

// check refuses values that a user cannot have, and keys that are another's.
func (c *customer) check(id int64, fields map[string]any) error {
	for _, name := range texts() {
		text, sent := fields[name].(string)
		if sent && (len([]rune(text)) > maxText || slices.Contains(needed(), name) && strings.TrimSpace(text) == "") {
			return refuse(1422, "Validation failed", name)
		}
	}
	if email, sent := fields["email"].(string); sent && !strings.Contains(email, "@") {
		return refuse(1422, "Validation failed", "email")
	}
	if manager, sent := fields["managerId"].(int64); sent && (c.users[manager] == nil || manager == id) {
		return refuse(1422, "Validation failed", "managerId")
	}
	if role, sent := fields["roleId"].(int64); sent && roleNamed(role) == "" {
		return refuse(1422, "Validation failed", "roleId")
	}
	if taken(c.byUsername, fields["username"], id) {
		return refuse(1409, "Username or e-mail already taken", "username")
	}
	if taken(c.byEmail, fields["email"], id) {
		return refuse(1409, "Username or e-mail already taken", "email")
	}
	return nil
}

// taken says whether another user has the text.
func taken(index map[string]int64, value any, id int64) bool {
	text, sent := value.(string)
	holder, there := index[strings.ToLower(text)]
	return sent && there && holder != id
}
