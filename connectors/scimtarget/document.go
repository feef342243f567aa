package scimtarget

import (
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// remote reads a resource as the server shows it, under the names and in the types a record uses.
func (c *connector) remote(doc scim.Document, kind string) connectors.Remote {
	have := connectors.Remote{Type: kind, ID: connectors.TextOf(get(doc, "id")), Active: isActive(doc), Fields: fieldsOf(doc)}
	have.Key = c.keyOf(doc, kind)
	return have
}

func (c *connector) keyOf(doc scim.Document, kind string) string {
	switch {
	case kind == scim.TypeGroup:
		return connectors.TextOf(get(doc, "displayName"))
	case c.defaults.Match == byExternalID:
		return connectors.TextOf(get(doc, "externalId"))
	case c.defaults.Match == byEmail:
		return connectors.TextOf(value(doc, placeOf("emails.work")))
	default:
		return connectors.TextOf(get(doc, "userName"))
	}
}

// isActive counts an account without active as active. Some servers write it as text.
func isActive(doc scim.Document) bool {
	switch active := get(doc, "active").(type) {
	case bool:
		return active
	case string:
		return !strings.EqualFold(active, "false")
	default:
		return true
	}
}

// fieldsOf flattens a resource. Of several elements of one type the first counts.
func fieldsOf(doc scim.Document) map[string]any {
	fields := map[string]any{}
	put := func(p place, v any) {
		if _, taken := fields[p.field()]; !taken && v != nil {
			fields[p.field()] = v
		}
	}
	for name, v := range doc {
		switch object, isObject := v.(map[string]any); {
		case slices.Contains([]string{"id", "meta", "schemas", "active", "groups", "members", "password"}, name):
		case scim.HasNamePrefix(name, "urn:"):
			for inner, v := range object {
				flatten(placeOf(name+":"+inner), v, put)
			}
		case isList(name):
			for _, item := range listOf(v) {
				flattenElement(name, item, listOf(v), put)
			}
		case isObject || !strings.Contains(name, ":"):
			flatten(place{name: name}, v, put)
		}
	}
	return fields
}

func flatten(p place, v any, put func(place, any)) {
	object, isObject := v.(map[string]any)
	switch {
	case p.isManager() && isObject:
		put(p, plain(get(object, "value")))
	case isObject:
		for sub, inner := range object {
			put(place{urn: p.urn, name: p.name, sub: sub}, plain(inner))
		}
	default:
		put(p, plain(v))
	}
}

func flattenElement(name string, item any, among []any, put func(place, any)) {
	object, _ := item.(map[string]any)
	kind := kindOf(object, among)
	for sub, v := range object {
		if kind != "" && sub != "type" && sub != "primary" && sub != "display" && !strings.HasPrefix(sub, "$") {
			put(place{name: name, kind: kind, sub: sub}, plain(v))
		}
	}
}

// kindOf is an element's type. There are servers that lose it: an only element without one is
// the one that was sent, for work.
func kindOf(element map[string]any, among []any) string {
	kind := strings.ToLower(connectors.TextOf(get(element, "type")))
	if kind == "" && len(among) == 1 {
		return "work"
	}
	return kind
}

// plain reduces a value to the types of a Remote's fields.
func plain(v any) any {
	switch x := v.(type) {
	case []any:
		list := make([]any, len(x))
		for i := range x {
			if list[i] = plain(x[i]); list[i] == nil {
				list[i] = ""
			}
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, inner := range x {
			object[name] = plain(inner)
		}
		return object
	default:
		return connectors.Plain(v)
	}
}

// value is what a resource holds at the place.
func value(doc scim.Document, p place) any {
	return fieldsOf(doc)[p.field()]
}

// write puts values into a resource and leaves everything else in it as it is; nil takes a value
// away.
func write(doc scim.Document, kind string, fields map[string]any) {
	for _, field := range sorted(fields) {
		p := placeOf(field)
		object := doc
		if p.urn != "" {
			object = inner(doc, p.urn, fields[field] != nil)
			if object == nil {
				continue
			}
			declare(doc, p.urn)
		}
		writeAt(object, p, fields[field])
	}
	declare(doc, schemaOf(kind))
}

// writeAt puts one value into the object that holds the attribute.
func writeAt(object scim.Document, p place, v any) {
	switch {
	case p.kind != "":
		writeElement(object, p, v)
	case v == nil && (p.sub == "" || p.isManager()):
		delete(object, spelled(object, p.name))
	case p.isManager():
		object[spelled(object, p.name)] = map[string]any{p.sub: v}
	case p.sub == "":
		object[spelled(object, p.name)] = v
	default:
		part := inner(object, p.name, v != nil)
		if v != nil {
			part[spelled(part, p.sub)] = v
		} else if part != nil {
			delete(part, spelled(part, p.sub))
		}
	}
}

// writeElement changes the element of the place's type, makes it, or takes it away when nothing
// is left of it.
func writeElement(object scim.Document, p place, v any) {
	name := spelled(object, p.name)
	list := listOf(object[name])
	at := slices.IndexFunc(list, func(item any) bool {
		element, _ := item.(map[string]any)
		return kindOf(element, list) == p.kind
	})
	switch {
	case at < 0 && v != nil:
		object[name] = append(list, map[string]any{"type": p.kind, p.sub: v})
	case at < 0:
	case v != nil:
		element, _ := list[at].(map[string]any)
		element[spelled(element, p.sub)] = v
	default:
		element, _ := list[at].(map[string]any)
		delete(element, spelled(element, p.sub))
		if p.sub == "value" || bare(element) {
			object[name] = slices.Delete(list, at, at+1)
		}
	}
}

// bare says whether an element holds nothing of its own.
func bare(element map[string]any) bool {
	for name := range element {
		if !scim.EqualName(name, "type") && !scim.EqualName(name, "primary") {
			return false
		}
	}
	return true
}

// spelled is the object's own spelling of a name, or the name.
func spelled(object scim.Document, name string) string {
	if key, ok := schema.MemberKey(object, name); ok {
		return key
	}
	return name
}

// inner is an object within an object, made when it has to be.
func inner(object scim.Document, name string, create bool) scim.Document {
	key := spelled(object, name)
	part, ok := object[key].(map[string]any)
	if !ok && create {
		part = scim.Document{}
		object[key] = part
	}
	return part
}

// declare lists a schema among those of the resource.
func declare(doc scim.Document, urn string) {
	key := spelled(doc, "schemas")
	schemas := listOf(doc[key])
	if !slices.ContainsFunc(schemas, func(s any) bool { return scim.EqualName(connectors.TextOf(s), urn) }) {
		doc[key] = append(schemas, urn)
	}
}

func sorted(fields map[string]any) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
