package patch

import (
	"iter"
	"maps"
	"slices"

	"scimrelay/scim"
)

// clone copies a decoded value in depth.
func clone(v any) any {
	switch v := v.(type) {
	case scim.Document:
		out := make(scim.Document, len(v))
		for key, member := range v {
			out[key] = clone(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, member := range v {
			out[i] = clone(member)
		}
		return out
	}
	return v
}

// equal compares decoded values in depth; arrays in their order, numbers by their digits.
func equal(a, b any) bool {
	switch a := a.(type) {
	case scim.Document:
		b, ok := b.(scim.Document)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case scim.Document, []any:
		return false // comparing an interface that holds a map would panic
	}
	return a == b
}

func keysOf(doc scim.Document) iter.Seq[string] { return maps.Keys(doc) }
