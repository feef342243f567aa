package scimtarget

import (
	"encoding/json"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// change is what brings the resource to want: fields by their one name, nil for those to clear.
func (c *connector) change(have connectors.Remote, want connectors.Record) map[string]any {
	changed := connectors.Difference(have.Fields, byOneName(want.Fields))
	for field, v := range changed {
		switch {
		case v == nil && (required(field, want.Type) || c.defaults.ClearAbsent != nil && !*c.defaults.ClearAbsent):
			delete(changed, field)
		case c.equal(field, have.Fields[field], v):
			delete(changed, field)
		}
	}
	return changed
}

// byOneName gives fields the names under which a Remote has them.
func byOneName(fields map[string]any) map[string]any {
	named := make(map[string]any, len(fields))
	for field, v := range fields {
		named[placeOf(field).field()] = v
	}
	return named
}

// required says what no resource is without, whatever the directory leaves out.
func required(field, kind string) bool {
	return field == "userName" || field == "displayName" && kind == scim.TypeGroup
}

// equal says whether two values that differ are the same to the server: in letter case, where it
// has none, or in how a telephone number is written (RFC 3966).
func (c *connector) equal(field string, have, want any) bool {
	x, isText := have.(string)
	y, both := want.(string)
	if !isText || !both {
		return false
	}
	switch {
	case field == "userName":
		return !c.exactNames() && strings.EqualFold(x, y)
	case strings.HasPrefix(field, "emails."):
		return strings.EqualFold(x, y)
	case strings.HasPrefix(field, "phoneNumbers.") && scim.HasNamePrefix(x, "tel:"):
		return dialled(x) == dialled(y)
	default:
		return false
	}
}

func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}

// exactNames says whether letter case tells user names apart: the target's word, else the
// schema's, else the RFC's no.
func (c *connector) exactNames() bool {
	switch c.defaults.UserNameCase {
	case sensitive:
		return true
	case insensitive:
		return false
	}
	a, _ := c.seen().of(place{name: "userName"}, scim.TypeUser)
	return a.exact
}

// fit leaves out what the server's schemas do not know or do not let anybody write, and says so.
// A new resource may have what cannot be changed later.
func (s *server) fit(fields, have map[string]any, kind string, creating bool) (map[string]any, []string) {
	fitting := make(map[string]any, len(fields))
	var lacking, fixed []string
	for _, field := range sorted(fields) {
		a, unknown := s.of(placeOf(field), kind)
		switch {
		case unknown && fields[field] != nil:
			lacking = append(lacking, field)
		case unknown:
		case a.mutability == readOnly, a.mutability == immutable && !creating && have[field] != nil:
			fixed = append(fixed, field)
		default:
			fitting[field] = fields[field]
		}
	}
	var notes []string
	if len(lacking) > 0 {
		notes = append(notes, "not sent, because the server's schemas do not have it: "+strings.Join(lacking, ", "))
	}
	if len(fixed) > 0 {
		notes = append(notes, "not sent, because the server's schemas do not let it be written: "+strings.Join(fixed, ", "))
	}
	return fitting, notes
}

// dropped says what a server was sent and shows no trace of, although it refused nothing.
func (c *connector) dropped(sent map[string]any, now connectors.Remote) []string {
	var lost []string
	for _, field := range sorted(sent) {
		if sent[field] != nil && now.Fields[field] == nil {
			lost = append(lost, field)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return []string{"sent, and not kept by the server: " + strings.Join(lost, ", ")}
}

func count(v any) int {
	number, _ := v.(json.Number)
	n, err := number.Int64()
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return int(n)
}
