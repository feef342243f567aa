package sage

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
)

const (
	languages = "ES EN US IT DE PT BR RU"
	// maxNic is ASSUMED: the length of a nickname is not public.
	maxNic = 50
	// none is how Sage writes "no reference".
	none = -1
)

func isLanguage(code string) bool {
	return slices.Contains(strings.Fields(languages), code)
}

// needs are the fields Sage wants of a new user, with what to do about a missing one.
func needs() [][2]string {
	return [][2]string{
		{"email", "an e-mail address: send a work e-mail or an e-mail as userName"},
		{"name", "a first name: send name.givenName"},
		{"lastName", "a last name: send name.familyName"},
		{"nic", "a nickname: send nickName or userName"},
		{"phone", "a phone number: send a work phone number or set defaults.phone"},
		{"idPrefix", "a country id for the phone number: set defaults.id_prefix or defaults.id_prefixes"},
		{"branches", "an environment: set defaults.branch_id"},
		{"dbLanguage", "a language: set defaults.db_language"},
		{"uiLanguage", "a language: set defaults.ui_language"},
	}
}

func isNeeded(name string) bool {
	return slices.ContainsFunc(needs(), func(need [2]string) bool { return need[0] == name })
}

// isNumber says which fields hold a number, the ids of references among them.
func isNumber(name string) bool {
	return slices.Contains([]string{"idPrefix", "level", "managerId", "userTypeId", "rateId"}, name)
}

// creation is the body that makes the user.
func creation(want connectors.Record) (map[string]any, error) {
	body := map[string]any{"isActive": want.Active}
	maps.Copy(body, want.Creation())
	if err := convert(body); err != nil {
		return nil, err
	}
	for _, need := range needs() {
		if isEmpty(body[need[0]]) {
			return nil, connectors.Faultf(connectors.Invalid, "Sage needs %s", need[1])
		}
	}
	if email, _ := body["email"].(string); !strings.Contains(email, "@") {
		return nil, connectors.Faultf(connectors.Invalid, "Sage needs %s", needs()[0][1])
	}
	return body, nil
}

// change is the body that brings the account to want: nothing when there is no difference.
func change(have connectors.Remote, want connectors.Record) (map[string]any, error) {
	fields := maps.Clone(want.Fields)
	// The prefix belongs to the number: without one, both are left as they are.
	if fields["phone"] == nil {
		delete(fields, "phoneExtension")
	}
	for name, value := range fields {
		if value == nil && isNeeded(name) {
			delete(fields, name)
		}
	}
	if err := convert(fields); err != nil {
		return nil, err
	}
	body := connectors.Difference(have.Fields, fields)
	if connectors.SameText(have.Fields["email"], body["email"]) {
		delete(body, "email")
	}
	if nic, ok := body["nic"].(string); ok && have.Fields["nic"] == distinct(nic, want.Resource) {
		delete(body, "nic")
	}
	// Sage shows one environment of those that were written.
	if shown, _ := have.Fields["branches"].([]any); len(shown) == 1 {
		if wanted, _ := body["branches"].([]any); slices.Contains(wanted, shown[0]) {
			delete(body, "branches")
		}
	}
	for name, value := range body {
		if value == nil {
			body[name] = cleared(name)
		}
	}
	return body, nil
}

// cleared is what empties a field. ASSUMED: how Sage empties one is not public.
func cleared(name string) any {
	if isNumber(name) {
		return int64(none)
	}
	return ""
}

// convert brings values to Sage's types in place. Ids of references come as text.
func convert(fields map[string]any) error {
	for name, value := range fields {
		switch {
		case name == "nic":
			text, _ := value.(string)
			fields[name] = cut(text, maxNic)
		case isNumber(name) && value != nil:
			id, err := strconv.ParseInt(connectors.TextOf(value), 10, 64)
			if err != nil {
				return connectors.Faultf(connectors.Invalid, "field %s: Sage needs a whole number", name)
			}
			fields[name] = id
		case name == "uiLanguage" || name == "dbLanguage":
			if text, ok := value.(string); ok && !isLanguage(text) {
				return connectors.Faultf(connectors.Invalid, "field %s: Sage knows %s only", name, languages)
			}
		}
	}
	return nil
}

// distinct is the nickname of a person whose own is taken: always the same for the same person.
func distinct(nic, resource string) string {
	sum := sha256.Sum256([]byte(resource))
	suffix := "-" + hex.EncodeToString(sum[:2])
	return cut(nic, maxNic-len(suffix)) + suffix
}

func cut(text string, length int) string {
	if runes := []rune(text); len(runes) > length {
		return string(runes[:length])
	}
	return text
}

// remote reads a user as Sage shows it, under the names and in the types a record uses.
func remote(row map[string]any) connectors.Remote {
	have := connectors.Remote{ID: connectors.TextOf(row["id"]), Fields: make(map[string]any, len(row))}
	have.Key, _ = row["email"].(string)
	have.Active, _ = row["isActive"].(bool)
	for name, value := range row {
		switch name {
		case "id", "isActive", "deleted", rolesField:
		case "branches":
			have.Fields[name] = ids(value)
		default:
			have.Fields[name] = plain(value)
		}
	}
	return have
}

// plain reduces a value: a reference to its id, -1 and an empty text to nothing.
func plain(value any) any {
	if object, ok := value.(map[string]any); ok {
		return plain(reference(object["id"]))
	}
	return connectors.Plain(value)
}

func reference(id any) any {
	if connectors.TextOf(id) == strconv.Itoa(none) {
		return nil
	}
	return id
}

// ids reads branches: an array on write, one object on read, and perhaps an array of either.
func ids(value any) []any {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var all []any
	for _, item := range list {
		if id := plain(item); id != nil {
			all = append(all, id)
		}
	}
	return all
}

// private are the texts no error may show. A language is none of them: errors list those there are.
func private(have connectors.Remote, want connectors.Record) []string {
	return slices.DeleteFunc(connectors.Private(have, want), isLanguage)
}

func isEmpty(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || isList && (len(list) == 0 || slices.Contains(list, nil))
}
