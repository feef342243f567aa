package ivanti

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"scimrelay/connectors"
)

const (
	customPrefix = "custom."
	// department is the one custom attribute the product's own mapping fills.
	department = "department"
	appleID    = "managedAppleId"
)

// change is what an account lacks to be as wanted.
type change struct {
	account map[string]string // fields of the account itself
	custom  map[string]string // custom attributes
	notes   []string          // what cannot be
}

// changes compares an account with what is wanted. A field that is to be cleared keeps its value:
// Ivanti does not take blanks.
func (c *connector) changes(have connectors.Remote, want connectors.Record) (change, error) {
	to := change{account: map[string]string{}, custom: map[string]string{}}
	fields, err := c.wanted(want)
	if err != nil {
		return to, err
	}
	var kept []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		if value == "" && isName(name) && blank(have.Fields[name]) {
			value = connectors.ScalarText(want.OnCreate[name]) // Ivanti updates nobody who has a blank name
		}
		held := connectors.ScalarText(have.Fields[name])
		attribute, custom := strings.CutPrefix(name, customPrefix)
		switch {
		case value == "" && held != "" && held != connectors.ScalarText(want.OnCreate[name]) && name != "locale":
			kept = append(kept, attribute)
		case value == "" || same(name, held, value):
		case custom:
			to.custom[attribute] = value
		default:
			to.account[name] = value
		}
	}
	if len(kept) > 0 {
		to.notes = append(to.notes, "Ivanti cannot empty a field: "+strings.Join(kept, ", ")+" keeps the old value")
	}
	return to, nil
}

// wanted is the record's fields as text, with what is made from them.
func (c *connector) wanted(want connectors.Record) (map[string]string, error) {
	fields := map[string]string{}
	for name, value := range want.Fields {
		attribute, custom := strings.CutPrefix(name, customPrefix)
		switch text := connectors.ScalarText(value); {
		case !custom || c.defaults.declares(attribute):
			fields[name] = text
		case attribute != department && text != "":
			return nil, connectors.Faultf(connectors.Invalid, "the custom attribute %s is not declared: declare it in Ivanti and in defaults.custom_attributes", attribute)
		}
	}
	if tag := fields["locale"]; tag != "" {
		fields["locale"] = strings.ReplaceAll(tag, "-", "_")
	}
	if email := fields["emailAddress"]; email != "" && !isEmail(email) {
		return nil, connectors.Faultf(connectors.Invalid, "Ivanti needs an e-mail address: send a work e-mail")
	}
	if c.defaults.ManagedAppleID == appleEmail && fields[appleID] == "" {
		fields[appleID] = appleIDOf(fields["emailAddress"], c.defaults.AppleIDSubdomain)
	}
	return fields, nil
}

// appleIDOf makes a Managed Apple ID from an e-mail, under the domain's appleid where that keeps
// it from meeting an Apple ID the person has already.
func appleIDOf(email string, subdomain bool) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 || !subdomain {
		return email
	}
	return email[:at] + "@appleid." + email[at+1:]
}

// creation is the account to make, beside its uid, and its custom attributes.
func (c *connector) creation(want connectors.Record) (account, custom map[string]string, err error) {
	switch {
	case !want.Active:
		return nil, nil, connectors.Faultf(connectors.Invalid, "Ivanti makes no account for somebody who is inactive")
	case !isEmail(want.Key):
		return nil, nil, connectors.Faultf(connectors.Invalid, "Ivanti needs a user name in the form of an e-mail address: send one as userName")
	}
	to, err := c.changes(connectors.Remote{}, want)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range want.OnCreate {
		if to.account[name] == "" && !strings.HasPrefix(name, customPrefix) {
			to.account[name] = strings.TrimSpace(connectors.ScalarText(value))
		}
	}
	for _, need := range [][2]string{
		{"emailAddress", "an e-mail address: send a work e-mail"},
		{"firstName", "a first name: send name.givenName"},
		{"lastName", "a last name: send name.familyName"},
	} {
		if strings.TrimSpace(to.account[need[0]]) == "" {
			return nil, nil, connectors.Faultf(connectors.Invalid, "Ivanti needs %s", need[1])
		}
	}
	to.account["locale"] = strings.ReplaceAll(to.account["locale"], "-", "_")
	maps.DeleteFunc(to.account, func(_, value string) bool { return value == "" })
	return to.account, to.custom, nil
}

// shown are the fields of an account or a group that anything depends on: those that change with
// every write, as modifiedAt does, are of no use to anybody.
func shown() []string {
	return []string{"emailAddress", "firstName", "lastName", "displayName", "locale", appleID, "accountSource", "passwordExpiresAt",
		"name", "source", "membershipStatic"}
}

// remote reads an account as Ivanti shows it, under the names a record uses.
func remote(row map[string]any) connectors.Remote {
	have := connectors.Remote{ID: connectors.ScalarText(row["id"]), Key: keyOf(row), Fields: map[string]any{}}
	have.Active, _ = row["enabled"].(bool)
	customInto(have.Fields, row["customAttributes"])
	for _, name := range shown() {
		switch v := row[name].(type) {
		case string:
			if v != "" {
				have.Fields[name] = v
			}
		case bool:
			have.Fields[name] = v
		case json.Number:
			if n, err := v.Int64(); err == nil {
				have.Fields[name] = n
			}
		}
	}
	return have
}

// customInto reads custom attributes, an object by name or a list of names and values: the shape
// is ASSUMED.
func customInto(fields map[string]any, value any) {
	switch attributes := value.(type) {
	case map[string]any:
		for name, held := range attributes {
			if text := connectors.ScalarText(held); text != "" {
				fields[customPrefix+name] = text
			}
		}
	case []any:
		for _, item := range attributes {
			pair, _ := item.(map[string]any)
			if name, text := connectors.ScalarText(pair["name"]), connectors.ScalarText(pair["value"]); name != "" && text != "" {
				fields[customPrefix+name] = text
			}
		}
	}
}

// keyOf is the account's user name: uid and username are the same.
func keyOf(row map[string]any) string {
	if uid := connectors.ScalarText(row["uid"]); uid != "" {
		return uid
	}
	return connectors.ScalarText(row["username"])
}

// private are the texts no error may show, a language apart.
func private(have connectors.Remote, want connectors.Record) []string {
	return connectors.Private(have, want, "locale")
}

// same compares a value held with one wanted; letter case means nothing in addresses and tags.
func same(name, held, value string) bool {
	switch name {
	case "emailAddress", appleID:
		return strings.EqualFold(held, value)
	case "locale":
		return strings.EqualFold(strings.ReplaceAll(held, "-", "_"), value)
	default:
		return held == value
	}
}

func isName(name string) bool { return name == "firstName" || name == "lastName" }

func blank(value any) bool { return strings.TrimSpace(connectors.ScalarText(value)) == "" }

// isEmail is a rough look: Ivanti has the last word.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t\r\n")
}

func fold(text string) string { return strings.ToLower(text) }
