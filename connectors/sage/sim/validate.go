package sim

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"

	"scimrelay/connectors/simhost"
)

// property is one field of the user schema.
type property struct {
	kind      string // string, integer, boolean, array
	readOnly  bool
	required  bool
	maxLength int
	enum      string
}

// properties is the user schema; maximum lengths are ASSUMED.
func properties() map[string]property {
	const languages = "ES EN US IT DE PT BR RU"
	text := func(length int) property { return property{kind: "string", maxLength: length} }
	need := func(p property) property { p.required = true; return p }
	read := func(kind string) property { return property{kind: kind, readOnly: true} }
	return map[string]property{
		"id": read("integer"), "name": need(text(100)), "lastName": need(text(100)), "email": need(text(255)),
		"nic": need(text(50)), "phone": need(text(50)), "idPrefix": need(property{kind: "integer"}),
		"phoneExtension": text(10), "branches": need(property{kind: "array"}),
		"dbLanguage": need(property{kind: "string", enum: languages}), "uiLanguage": need(property{kind: "string", enum: languages}),
		"isActive": {kind: "boolean"}, "billable": read("boolean"), "branchRestriction": {kind: "boolean"},
		"computeSfm": {kind: "boolean"}, "level": {kind: "integer"}, "managerId": {kind: "integer"},
		"userTypeId": {kind: "integer"}, "rateId": {kind: "integer"}, "extId": text(255), "locale": text(20),
		"lastPasswordChangeDate": text(40), "dateCreated": read("string"), "dateUpdated": read("string"),
		"dateDeleted": read("string"), "deleted": read("boolean"), "salesRepIdCreated": read("integer"),
		"salesRepIdUpdated": read("integer"), "salesRepIdDeleted": read("integer"),
	}
}

// schema answers GET /users/schema.
func (s *Sim) schema(*customer, *http.Request) (any, error) {
	shown := map[string]any{}
	for name, p := range properties() {
		entry := map[string]any{"type": p.kind, "readOnly": p.readOnly, "maxLength": nil, "table": nil}
		if p.maxLength > 0 {
			entry["maxLength"] = p.maxLength
		}
		shown[name] = entry
	}
	return map[string]any{"properties": shown}, nil
}

// read decodes a body of user fields. Read-only and unknown fields are passed over.
func readFields(r *http.Request) (map[string]any, error) {
	raw, ok := simhost.ReadObject(r)
	if !ok {
		return nil, bad("")
	}
	known, fields := properties(), map[string]any{}
	for name, value := range raw {
		p, ok := known[name]
		if !ok || p.readOnly {
			continue
		}
		typed, err := p.read(value)
		if err != nil {
			return nil, err
		}
		fields[name] = typed
	}
	return fields, nil
}

func (p property) read(value any) (any, error) {
	if value == nil && !p.required {
		return nil, nil
	}
	switch p.kind {
	case "string":
		text, ok := value.(string)
		if !ok || p.maxLength > 0 && len([]rune(text)) > p.maxLength || p.required && strings.TrimSpace(text) == "" ||
			p.enum != "" && !slices.Contains(strings.Fields(p.enum), text) {
			return nil, bad("")
		}
		return text, nil
	case "boolean":
		if truth, ok := value.(bool); ok {
			return truth, nil
		}
	case "integer":
		return integer(value)
	case "array":
		return integers(value)
	}
	return nil, bad("")
}

func integer(value any) (int64, error) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, bad("")
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, bad("")
	}
	return int64(f), nil
}

func integers(value any) ([]int64, error) {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return nil, bad("")
	}
	out := make([]int64, len(list))
	for i, item := range list {
		id, err := integer(item)
		if err != nil {
			return nil, err
		}
		out[i] = id
	}
	return out, nil
}

// check refuses fields that name what does not exist, and keys that are taken by another.
func (s *Sim) check(c *customer, id int64, fields map[string]any) error {
	for _, branch := range asIDs(fields["branches"]) {
		if !has(branches(), branch) {
			return bad("")
		}
	}
	if kind, ok := fields["userTypeId"].(int64); ok && kind != -1 && !has(userTypes(), kind) {
		return bad("")
	}
	if level, ok := fields["level"].(int64); ok && (level < 1 || level > 5) {
		return bad("")
	}
	if manager, ok := fields["managerId"].(int64); ok && manager != -1 && (c.users[manager] == nil || manager == id) {
		return bad("")
	}
	if email, ok := fields["email"].(string); ok {
		if !strings.Contains(email, "@") {
			return bad("")
		}
		if holder, taken := c.byEmail[fold(email)]; taken && holder != id {
			return bad("email already in use")
		}
	}
	if nic, ok := fields["nic"].(string); ok && s.knobs.UniqueNic && c.nicTaken(nic, id) {
		return bad("nic already in use")
	}
	return nil
}

func (c *customer) nicTaken(nic string, id int64) bool {
	for _, u := range c.users {
		if u.id != id && u.deleted.IsZero() && strings.EqualFold(u.text("nic"), nic) {
			return true
		}
	}
	return false
}

func asIDs(value any) []int64 {
	list, _ := value.([]int64)
	return list
}
