package connectors

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/scim"
	"scimrelay/tenants"
)

// extensions are the schemas, beside the core one, that expressions read by their URN, as in
// user["urn:…:User"].costGroup: a tenant's own, and for users the enterprise extension.
type extensions []tenants.Extension

// extensionsOf are those of one type of resource.
func extensionsOf(declared []tenants.Extension, kind string) extensions {
	var list extensions
	if kind == scim.TypeUser {
		list = append(list, enterprise())
	}
	for _, e := range declared {
		if e.Resource == kind {
			list = append(list, e)
		}
	}
	return list
}

// enterprise is the extension of RFC 7643 section 4.3.
func enterprise() tenants.Extension {
	e := tenants.Extension{URN: scim.SchemaEnterprise, Resource: scim.TypeUser}
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		e.Attributes = append(e.Attributes, tenants.Attribute{Name: name, Type: "string"})
	}
	manager := tenants.Attribute{Name: "manager", Type: "complex"}
	for _, name := range []string{"value", "$ref", "displayName"} {
		manager.SubAttributes = append(manager.SubAttributes, tenants.Attribute{Name: name, Type: "string"})
	}
	e.Attributes = append(e.Attributes, manager)
	return e
}

// read keeps the extensions that are read at all, so that laying a document out costs no more.
func (x extensions) read(reads []read) extensions {
	var kept extensions
	for _, e := range x {
		if slices.ContainsFunc(reads, func(r read) bool { return r.attribute == e.URN }) {
			kept = append(kept, e)
		}
	}
	return kept
}

// declare adds the types of the extensions' attributes to those of the resource.
func (x extensions) declare(attributes types.Map) {
	for _, e := range x {
		attributes[e.URN] = attributeTypes(e.Attributes)
	}
}

func attributeTypes(list []tenants.Attribute) types.Map {
	all := make(types.Map, len(list))
	for _, a := range list {
		t := scalarType(a.Type)
		if a.Type == "complex" {
			t = attributeTypes(a.SubAttributes)
		}
		if a.MultiValued {
			t = types.Array(t)
		}
		all[a.Name] = t
	}
	return all
}

func scalarType(word string) types.Type {
	switch word {
	case "boolean":
		return types.Bool
	case "integer":
		return types.Int
	case "decimal":
		return types.Float64
	default: // string, dateTime, binary, reference
		return types.String
	}
}

// lay puts the extensions' values where expressions read them. As of the core attributes, a
// missing object or list is empty and no error.
func (x extensions) lay(attributes map[string]any, doc scim.Document) {
	for _, e := range x {
		attributes[e.URN] = attributeValues(e.Attributes, inExtension(doc, e.URN))
	}
}

// inExtension finds an extension's object. A resource from before the extension was declared
// has the URN as its client wrote it.
func inExtension(doc scim.Document, urn string) map[string]any {
	if object, ok := doc[urn].(map[string]any); ok {
		return object
	}
	for name, value := range doc {
		if object, ok := value.(map[string]any); ok && strings.EqualFold(name, urn) {
			return object
		}
	}
	return nil
}

func attributeValues(list []tenants.Attribute, object map[string]any) map[string]any {
	values := make(map[string]any, len(list))
	for _, a := range list {
		values[a.Name] = attributeValue(a, object[a.Name])
	}
	return values
}

func attributeValue(a tenants.Attribute, value any) any {
	if !a.MultiValued {
		return singleValue(a, value)
	}
	items, ok := value.([]any)
	if !ok && value != nil {
		items = []any{value}
	}
	values := make([]any, len(items))
	for i, item := range items {
		values[i] = singleValue(a, item)
	}
	return values
}

// singleValue brings numbers to the types that expressions compute with.
func singleValue(a tenants.Attribute, value any) any {
	if a.Type == "complex" {
		object, ok := value.(map[string]any)
		if !ok && a.Name == "manager" && value != nil { // some write only the manager's id
			object = map[string]any{"value": value}
		}
		return attributeValues(a.SubAttributes, object)
	}
	number, ok := value.(json.Number)
	if !ok {
		return value
	}
	if whole, err := number.Int64(); err == nil && a.Type != "decimal" {
		return int(whole)
	}
	if decimal, err := number.Float64(); err == nil {
		return decimal
	}
	return nil
}
