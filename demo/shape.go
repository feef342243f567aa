package demo

import (
	"strings"
)

// Shape is one of the two ways in which Entra writes a PATCH. A tenant sees both: on-demand
// provisioning ignores the flag aadOptscim062020 that asks for the second.
type Shape int

// The shapes.
const (
	Default Shape = iota // capitalised operations, one for each attribute, booleans as text
	Flagged              // lower case, booleans, what can go without a path in one operation
)

// object is JSON on its way out.
type object = map[string]any

// attribute is one attribute as Entra's mapping names it.
type attribute struct{ path, value string }

const managerPath = enterpriseURN + ":manager"

// attributes are what is pushed of a person, active apart; manager is the manager's SCIM id.
func attributes(p Person, manager string) []attribute {
	const enterprise, work = enterpriseURN + ":", `addresses[type eq "work"].`
	return []attribute{
		{"userName", p.UserName}, {"displayName", p.Display}, {"title", p.Title}, {"externalId", p.Nick},
		{"name.givenName", p.Given}, {"name.familyName", p.Family}, {"name.formatted", p.Name()},
		{"preferredLanguage", p.Language}, {`emails[type eq "work"].value`, p.Mail},
		{`phoneNumbers[type eq "work"].value`, p.Phone}, {`phoneNumbers[type eq "mobile"].value`, p.Mobile},
		{work + "streetAddress", p.Address.Street}, {work + "locality", p.Address.City},
		{work + "postalCode", p.Address.PostalCode}, {work + "country", p.Address.Country},
		{enterprise + "department", p.Department}, {enterprise + "employeeNumber", p.Number}, {managerPath, manager},
	}
}

// difference is one attribute that is to change.
type difference struct {
	attribute
	fresh bool // there was no value before
}

// differences leaves out what has no value now: Entra does not provision null.
func differences(before, after []attribute) (changed []difference) {
	for i, a := range after {
		if a.value != "" && a.value != before[i].value {
			changed = append(changed, difference{a, before[i].value == ""})
		}
	}
	return changed
}

// patch is the message for the differences and, where it changes, active; nil when there is
// nothing to say.
func (s Shape) patch(changed []difference, active *bool) object {
	var operations []any
	switch s {
	case Default:
		operations = spelledOut(changed, active)
	case Flagged:
		operations = folded(changed, active)
	}
	if len(operations) == 0 {
		return nil
	}
	return object{"schemas": []string{patchURN}, "Operations": operations}
}

func spelledOut(changed []difference, active *bool) (operations []any) {
	if active != nil {
		operations = append(operations, object{"op": "Replace", "path": "active", "value": boolean(*active)})
	}
	for _, d := range changed {
		operations = append(operations, object{"op": d.op("Add", "Replace"), "path": d.path, "value": d.value})
	}
	return operations
}

// folded puts what is not inside a list into one operation without a path, dots and all.
func folded(changed []difference, active *bool) (operations []any) {
	if active != nil {
		operations = append(operations, object{"op": "replace", "path": "active", "value": *active})
	}
	rest, op := object{}, "add"
	for _, d := range changed {
		if strings.Contains(d.path, "[") {
			operations = append(operations, object{"op": d.op("add", "replace"), "path": d.path, "value": d.value})
			continue
		}
		rest[d.path] = d.value
		if !d.fresh {
			op = "replace"
		}
	}
	if len(rest) > 0 {
		operations = append(operations, object{"op": op, "value": rest})
	}
	return operations
}

func (d difference) op(add, replace string) string {
	if d.fresh {
		return add
	}
	return replace
}

func boolean(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
