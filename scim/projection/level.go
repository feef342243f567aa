package projection

import (
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// level is one object of a resource, what is named in it, and what that means.
type level struct {
	mode  mode
	names *names
}

// size guesses how many members will be left of an object.
func (l level) size(obj scim.Document) int {
	if l.mode == only && l.names != nil {
		return min(len(obj), len(l.names.below)+2) // id and schemas are always there
	}
	return len(obj)
}

// extension is the level of an extension's object. What is always returned is so from an
// extension that was not asked for, too.
func (l level) extension(urn string, defined bool) level {
	named := l.names.find(urn, defined)
	switch {
	case named != nil && named.whole && l.mode == only:
		return level{defaults, named}
	case named != nil && named.whole && l.mode == without:
		return level{only, nil}
	}
	return level{l.mode, named}
}

// member decides about one member of the object: whether it is sent, and by what its own
// members are judged. Core tells that it stands outside of extensions. Without a definition
// an attribute is one that is returned by default.
func (l level) member(a *schema.Attribute, name string, core bool) (inner level, sent bool) {
	named := l.names.find(name, a != nil)
	whole := named != nil && named.whole || core && l.names.core
	returned := schema.Default
	if a != nil {
		returned = a.Returned
	}
	switch {
	case returned == schema.Never:
		return level{}, false
	case l.mode == without:
		return level{without, named}, returned == schema.Always || returned == schema.Default && !whole
	case returned == schema.Request && named == nil: // the name of all is not its name
		return level{}, false
	case whole, returned == schema.Always, l.mode == defaults && returned == schema.Default:
		return level{defaults, named}, true
	}
	return level{only, named}, named != nil
}

// attribute is what is sent of an attribute's value, nil for nothing.
func (l level) attribute(a *schema.Attribute, name string, v any, core bool) any {
	inner, sent := l.member(a, name, core)
	if !sent {
		return nil
	}
	if inner.mode != only && (inner.names == nil || len(inner.names.below) == 0) && !hides(a) {
		return v
	}
	return inner.value(a, v)
}

// hides reports whether some sub-attribute is not returned by default.
func hides(a *schema.Attribute) bool {
	if a == nil {
		return false
	}
	for _, sub := range a.SubAttributes {
		if sub.Returned == schema.Never || sub.Returned == schema.Request {
			return true
		}
	}
	return false
}

// value restricts a value to what the level lets through: each element of a list by itself.
func (l level) value(a *schema.Attribute, v any) any {
	list, ok := v.([]any)
	if !ok {
		return l.part(a, v)
	}
	kept := make([]any, 0, len(list))
	for _, element := range list {
		if part := l.part(a, element); part != nil {
			kept = append(kept, part)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// part restricts a single value. One that has no parts is not what a sub-attribute's name
// asks for.
func (l level) part(a *schema.Attribute, v any) any {
	obj, ok := v.(scim.Document)
	switch {
	case ok && a != nil:
		return l.object(obj, a.Sub)
	case ok:
		return l.object(obj, undefined)
	case l.mode == only:
		return nil
	}
	return v
}

// object restricts an object whose members define knows. Nil stands for one left empty.
func (l level) object(obj scim.Document, define func(string) (*schema.Attribute, bool)) any {
	out := make(scim.Document, l.size(obj))
	for key, v := range obj {
		a, ok := define(key)
		name := key
		if ok {
			name = a.Name
		}
		if kept := l.attribute(a, name, v, false); kept != nil {
			out[key] = kept
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
