package patch

import (
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// untyped changes an attribute of an extension without a schema. Nothing is known of it, so
// the JSON decides: objects merge, an add to an array appends, everything else is replaced.
func (w *work) untyped(c change) error {
	p := c.target.Path
	if scim.EqualName(p.Name, "password") || scim.EqualName(p.SubName, "password") {
		return w.notes.Allow(schema.RulePasswordDropped, p.Name)
	}
	value, err := schema.Untyped(c.value)
	if err != nil {
		return err
	}
	obj := w.object(p.URN)
	if p.SubName == "" {
		return put(obj, p.Name, value, c.kind)
	}
	key := spelled(obj, p.Name)
	parts, ok := obj[key].(scim.Document)
	if !ok {
		parts = scim.Document{}
	}
	if err := put(parts, p.SubName, value, c.kind); err != nil {
		return err
	}
	if len(parts) == 0 {
		delete(obj, key)
		return nil
	}
	obj[key] = parts
	return nil
}

// spelled is the spelling under which obj has the name already, or the name.
func spelled(obj scim.Document, name string) string {
	if key, ok := schema.MemberKey(obj, name); ok {
		return key
	}
	return name
}

func put(obj scim.Document, name string, value any, kind kind) error {
	name = spelled(obj, name)
	if kind == remove || cleared(value) {
		delete(obj, name)
		return nil
	}
	switch old := obj[name].(type) {
	case scim.Document:
		if parts, ok := value.(scim.Document); ok {
			for _, key := range slices.Sorted(keysOf(parts)) {
				old[spelled(old, key)] = parts[key]
			}
			return nil
		}
	case []any:
		if kind == add {
			return appendUnique(obj, name, old, value)
		}
	}
	obj[name] = value
	return nil
}

func appendUnique(obj scim.Document, name string, list []any, value any) error {
	added, ok := value.([]any)
	if !ok {
		added = []any{value}
	}
	for _, v := range added {
		if !slices.ContainsFunc(list, func(old any) bool { return equal(old, v) }) {
			list = append(list, v)
		}
	}
	_, err := schema.Untyped(list) // for its bound
	obj[name] = list
	return err
}
