package scimtarget

import (
	"strings"

	"scimrelay/scim"
)

// place is where in a resource a field lives. Fields have flat names: title, name.givenName,
// emails.work, addresses.work.locality, department, or an attribute's whole path with its URN.
type place struct {
	urn  string // of an extension, empty for the core schema
	name string // of the attribute
	kind string // the type of a list's element
	sub  string // the sub-attribute
}

// placeOf reads a field's name.
func placeOf(field string) place {
	if scim.HasNamePrefix(field, "urn:") {
		return placeInExtension(field)
	}
	if isEnterprise(field) {
		return enterprise(field)
	}
	name, rest, _ := strings.Cut(field, ".")
	if !isList(name) {
		return place{name: name, sub: rest}
	}
	kind, sub, _ := strings.Cut(rest, ".")
	if sub == "" {
		sub = "value"
	}
	return place{name: name, kind: kind, sub: sub}
}

// placeInExtension reads a path with a URN, which has dots and colons of its own.
func placeInExtension(field string) place {
	cut := strings.LastIndexByte(field, ':')
	urn, path := field[:cut], field[cut+1:]
	switch {
	case scim.EqualName(urn, scim.SchemaUser) || scim.EqualName(urn, scim.SchemaGroup):
		return placeOf(path)
	case scim.EqualName(urn, scim.SchemaEnterprise) && isEnterprise(strings.TrimSuffix(path, ".value")):
		return enterprise(strings.TrimSuffix(path, ".value"))
	}
	name, sub, _ := strings.Cut(path, ".")
	return place{urn: urn, name: name, sub: sub}
}

func enterprise(name string) place {
	p := place{urn: scim.SchemaEnterprise, name: name}
	if name == "manager" {
		p.sub = "value"
	}
	return p
}

func isEnterprise(name string) bool {
	switch name {
	case "employeeNumber", "costCenter", "organization", "division", "department", "manager":
		return true
	default:
		return false
	}
}

// isList says which attributes of the core are lists of elements with a type.
func isList(name string) bool {
	switch name {
	case "emails", "phoneNumbers", "addresses", "ims", "photos", "roles", "entitlements":
		return true
	default:
		return false
	}
}

// field is the one name of the place.
func (p place) field() string {
	switch {
	case p.urn == scim.SchemaEnterprise && isEnterprise(p.name):
		return p.name
	case p.kind != "" && p.sub == "value":
		return p.name + "." + p.kind
	case p.kind != "":
		return p.name + "." + p.kind + "." + p.sub
	}
	name := p.name
	if p.urn != "" {
		name = p.urn + ":" + name
	}
	if p.sub != "" {
		name += "." + p.sub
	}
	return name
}

// element is the path of the list's element: emails[type eq "work"].
func (p place) element() string { return p.name + "[type eq " + quoted(p.kind) + "]" }

// path is where a PATCH finds it.
func (p place) path() string {
	switch {
	case p.kind != "":
		return p.element() + "." + p.sub
	case p.isManager():
		return p.urn + ":" + p.name // whole: its displayName belongs to the one who was before
	}
	path := p.name
	if p.urn != "" {
		path = p.urn + ":" + path
	}
	if p.sub != "" {
		path += "." + p.sub
	}
	return path
}

func (p place) isManager() bool { return p.urn == scim.SchemaEnterprise && p.name == "manager" }

// quoted is a text in a filter: JSON's escapes, and only those that must be.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + `"`
}
