package schema

import (
	"reflect"
	"slices"
	"strings"

	"scimrelay/scim"
)

// checkRequired refuses a resource that lacks what it must have, unless it lacked that before.
func (rt *ResourceType) checkRequired(before, after scim.Document) error {
	missing := rt.missing(after)
	if len(missing) == 0 {
		return nil
	}
	var old []string
	if before != nil {
		old = rt.missing(before)
	}
	for _, path := range missing {
		if !slices.Contains(old, path) {
			return scim.BadRequest(scim.TypeInvalidValue, "%s is required", path)
		}
	}
	return nil
}

// missing lists what a resource must have and has not, by its path: required attributes, those
// of the extensions it has, and the parts of the values it has.
func (rt *ResourceType) missing(doc scim.Document) (paths []string) {
	paths = missingOf(rt.Core.Attributes, doc, "", paths)
	for _, e := range rt.Extensions {
		v, _ := Member(doc, e.Schema.URN)
		obj, ok := v.(scim.Document)
		switch {
		case ok:
			paths = missingOf(e.Schema.Attributes, obj, e.Schema.URN+":", paths)
		case e.Required:
			paths = append(paths, "the extension "+e.Schema.URN)
		}
	}
	return paths
}

func missingOf(attributes []*Attribute, obj scim.Document, prefix string, paths []string) []string {
	for _, a := range attributes {
		v := obj[a.Name]
		if a.Required && blank(v) {
			paths = append(paths, prefix+a.path)
		}
		if len(a.needed) > 0 {
			paths = missingParts(a, v, prefix, paths)
		}
	}
	return paths
}

func missingParts(a *Attribute, v any, prefix string, paths []string) []string {
	switch v := v.(type) {
	case scim.Document:
		return missingOf(a.needed, v, prefix, paths)
	case []any:
		for _, element := range v {
			if obj, ok := element.(scim.Document); ok {
				paths = missingOf(a.needed, obj, prefix, paths)
			}
		}
	}
	return paths
}

func blank(v any) bool {
	s, isText := v.(string)
	return v == nil || isText && strings.TrimSpace(s) == ""
}

// untouched reports whether an extension's attribute has the value it had before.
func (n *normalizer) untouched(urn string, a *Attribute, value any) bool {
	if n.before == nil || urn == "" {
		return false
	}
	was, ok := Path{URN: urn, Name: a.Name, Attr: a}.Value(n.before)
	return ok && reflect.DeepEqual(was, value)
}

// Canonical reports whether a stored Document spells its extensions as their schemas do. One
// stored before its extension had a schema may not.
func (rt *ResourceType) Canonical(doc scim.Document) bool {
	for key, v := range doc {
		if !scim.HasNamePrefix(key, "urn:") {
			continue
		}
		sp, known := rt.named(key)
		if !known {
			continue
		}
		obj, ok := v.(scim.Document)
		if !ok || key != sp.schema.URN {
			return false
		}
		for name := range obj {
			if a, ok := sp.schema.Attribute(name); !ok || a.Name != name {
				return false
			}
		}
	}
	return true
}
