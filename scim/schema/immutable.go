package schema

import (
	"maps"
	"reflect"

	"scimrelay/scim"
)

// Replace is what a PUT of next makes of current, both normalised: next, with what is
// immutable and set already as it is. A PUT that would change it is 400 mutability (R-83,
// RFC 7644 section 3.5.1); one that leaves it out keeps it.
func (rt *ResourceType) Replace(current, next scim.Document) (scim.Document, error) {
	kept, err := carry(rt.Core.Attributes, current, next)
	if err != nil {
		return nil, err
	}
	for _, e := range rt.Extensions {
		from, _ := Path{URN: e.Schema.URN}.Object(current)
		into, _ := Path{URN: e.Schema.URN}.Object(next)
		parts, err := carry(e.Schema.Attributes, from, into)
		if err != nil {
			return nil, err
		}
		if len(parts) > 0 {
			kept = with(kept, e.Schema.URN, with(into, "", nil, parts))
		}
	}
	if len(kept) == 0 {
		return next, nil
	}
	n, err := rt.NormalizeChange(current, with(next, "", nil, kept))
	return n.Document, err
}

// carry is what into has to take over from from: what is immutable, set there and absent here.
func carry(attributes []*Attribute, from, into scim.Document) (kept scim.Document, err error) {
	for _, a := range attributes {
		old, set := from[a.Name]
		now, sent := into[a.Name]
		if !set {
			continue
		}
		if a.Mutability == Immutable && sent && !a.same(old, now) {
			return nil, scim.BadRequest(scim.TypeMutability, "%s is immutable", a)
		}
		if a.Mutability == Immutable && !sent {
			kept = with(kept, a.Name, old)
		}
		if a.Mutability == Immutable || a.MultiValued || a.Type != Complex {
			continue
		}
		was, _ := old.(scim.Document)
		is, _ := now.(scim.Document)
		parts, err := carry(a.SubAttributes, was, is)
		if err != nil {
			return nil, err
		}
		if len(parts) > 0 {
			kept = with(kept, a.Name, with(is, "", nil, parts))
		}
	}
	return kept, nil
}

// same reports whether two values of the attribute are the same one.
func (a *Attribute) same(x, y any) bool {
	s, ok := x.(string)
	t, ok2 := y.(string)
	if ok && ok2 {
		return a.Key(s) == a.Key(t)
	}
	return reflect.DeepEqual(x, y)
}

// with is a copy of the object with a value under a name, or with those of more objects.
func with(obj scim.Document, name string, value any, more ...scim.Document) scim.Document {
	out := make(scim.Document, len(obj)+1)
	maps.Copy(out, obj)
	if name != "" {
		out[name] = value
	}
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}
