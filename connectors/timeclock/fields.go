package timeclock

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"scimrelay/connectors"
)

// licence is the field of a Remote that says whether the account holds a licence. No record has it.
const licence = "license"

// maxDigits keeps employee numbers within what every reader of JSON holds exactly.
const maxDigits = 15

// fieldNames are the fields that may be sent.
func fieldNames() []string {
	return []string{"username", "email", "firstName", "lastName", "displayName", "employeeNumber", "externalId", "managerId", "roleId"}
}

// needs are the fields TimeClock 365 wants of a new user, with what to do about a missing one.
func needs() [][2]string {
	return [][2]string{
		{"username", "a username: send userName"},
		{"email", "an e-mail address: send a work e-mail, or an e-mail address as userName"},
		{"firstName", "a first name: send displayName"},
		{"lastName", "a last name: send displayName"},
	}
}

// creation is the parameters that make the user, and notes about what is left out of them.
func creation(want connectors.Record) (map[string]any, []string, error) {
	params := map[string]any{"inviteViaEmail": int64(0)}
	maps.Copy(params, want.Creation())
	if params["displayName"] == nil && (params["firstName"] == nil || params["lastName"] == nil) {
		params["displayName"], _, _ = strings.Cut(want.Key, "@")
	}
	notes := convert(params)
	for _, need := range needs() {
		if text, _ := params[need[0]].(string); text == "" {
			return nil, nil, connectors.Faultf(connectors.Invalid, "TimeClock 365 needs %s", need[1])
		}
	}
	if email, _ := params["email"].(string); !strings.Contains(email, "@") {
		return nil, nil, connectors.Faultf(connectors.Invalid, "TimeClock 365 needs %s", needs()[1][1])
	}
	params["assignLicense"] = true
	return params, notes, nil
}

// change is what brings the account's fields to want: nothing when there is no difference.
func change(have connectors.Remote, want connectors.Record) (map[string]any, []string) {
	fields := maps.Clone(want.Fields)
	maps.DeleteFunc(fields, func(name string, value any) bool {
		return value == nil && !clearable(name) || !slices.Contains(fieldNames(), name)
	})
	notes := convert(fields)
	changes := connectors.Difference(have.Fields, fields)
	for _, name := range []string{"username", "email"} {
		if connectors.SameText(have.Fields[name], changes[name]) {
			delete(changes, name)
		}
	}
	return changes, notes
}

// clearable says which fields a user can be without. The rest stay as they are when the directory
// says nothing, the foreign id among them: without it nobody is helped.
func clearable(name string) bool { return name == "employeeNumber" || name == "managerId" }

// convert brings values to the vendor's types in place, and leaves out an employee number that is
// no number: it is one attribute, and the person must go through.
func convert(fields map[string]any) (notes []string) {
	divide(fields)
	if number, told := fields["employeeNumber"]; told && number != nil {
		digits, ok := number.(int64)
		if !ok {
			digits, ok = numeric(number)
		}
		fields["employeeNumber"] = digits
		if !ok {
			delete(fields, "employeeNumber")
			notes = append(notes, "the employee number is not a number, so it stays in the gateway")
		}
	}
	for _, name := range []string{"managerId", "roleId"} {
		if value := fields[name]; value != nil {
			fields[name] = idOf(connectors.TextOf(value))
		}
	}
	return notes
}

func numeric(value any) (int64, bool) {
	text, _ := value.(string)
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxDigits || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil
}

// divide makes first and last name from the display name, where the mapping gave none.
func divide(fields map[string]any) {
	display, _ := fields["displayName"].(string)
	first, last := split(display)
	for name, word := range map[string]string{"firstName": first, "lastName": last} {
		if fields[name] == nil && word != "" {
			fields[name] = word
		}
	}
}

// split takes the last word for the last name. A single word is both.
func split(display string) (first, last string) {
	words := strings.Fields(display)
	if len(words) == 0 {
		return "", ""
	}
	last = words[len(words)-1]
	if len(words) == 1 {
		return last, last
	}
	return strings.Join(words[:len(words)-1], " "), last
}

// remote reads a user as TimeClock 365 shows it, under the names and in the types a record uses.
func remote(row map[string]any) (connectors.Remote, error) {
	active, told := row["active"].(bool)
	have := connectors.Remote{ID: connectors.TextOf(row["id"]), Active: active, Fields: map[string]any{}}
	have.Key, _ = row["username"].(string)
	if !told || have.ID == "" || have.Key == "" {
		return connectors.Remote{}, connectors.Faultf(connectors.Nonsense, "TimeClock 365 showed a user without id, username or active")
	}
	for _, name := range fieldNames() {
		have.Fields[name] = plain(row[name])
	}
	if role, ok := row["role"].(map[string]any); ok {
		have.Fields["roleId"] = plain(role["id"])
	}
	if held, ok := row[licence].(map[string]any); ok {
		have.Fields[licence], _ = held["assigned"].(bool)
	}
	return have, nil
}

// plain reads a value of one field; none is a list or an object.
func plain(value any) any {
	switch value.(type) {
	case []any, map[string]any:
		return nil
	default:
		return connectors.Plain(value)
	}
}

// with is the account after the parameters were accepted.
func with(have connectors.Remote, params map[string]any) connectors.Remote {
	fields := maps.Clone(params)
	maps.DeleteFunc(fields, func(name string, _ any) bool { return !slices.Contains(fieldNames(), name) && name != licence })
	have = have.With(fields)
	if name, ok := params["username"].(string); ok {
		have.Key = name
	}
	return have
}

// private are the texts of a record and an account, and their parts, which no error may show.
func private(have connectors.Remote, want connectors.Record) (texts []string) {
	for _, fields := range []map[string]any{have.Fields, want.Fields, want.OnCreate} {
		for name, value := range fields {
			text := connectors.TextOf(value)
			texts = append(texts, text)
			if name == "displayName" || name == "firstName" || name == "lastName" {
				texts = append(texts, strings.Fields(text)...)
			}
		}
	}
	return append(texts, have.Key, want.Key)
}

// idOf is an id as it is sent: a number, as the vendor's are ASSUMED to be, or what it is.
func idOf(text string) any {
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return id
	}
	return text
}
