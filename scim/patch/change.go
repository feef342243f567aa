package patch

import (
	"maps"
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// change routes one change to the shape of its target.
func (w *work) change(c change) error {
	p := c.target.Path
	switch {
	case p.Whole():
		return w.extension(c)
	case p.Attr == nil:
		return w.untyped(c)
	}
	if a, ok := w.rt.Members(); ok && p.Attr == a {
		return w.changeMembers(c)
	}
	if done, err := w.guard(c); done || err != nil {
		return err
	}
	obj := w.object(p.URN)
	if p.Attr.Mutability == schema.Immutable {
		return w.immutable(obj, c)
	}
	return w.mutate(obj, c)
}

// immutable lets an attribute be set once (R-70i), whatever part of it a change is about.
func (w *work) immutable(obj scim.Document, c change) error {
	a := c.target.Path.Attr
	old, set := obj[a.Name]
	old = clone(old)
	if err := w.mutate(obj, c); err != nil {
		return err
	}
	if now := obj[a.Name]; set && !equal(old, now) {
		return scim.BadRequest(scim.TypeMutability, "%s is immutable", a)
	}
	return nil
}

// mutate makes a change to an attribute in its object.
func (w *work) mutate(obj scim.Document, c change) error {
	p := c.target.Path
	switch {
	case c.target.Where != nil || p.Sub != nil && p.Attr.MultiValued:
		return w.elements(obj, c)
	case p.Attr.MultiValued:
		return w.list(obj, c)
	case p.Sub != nil:
		return w.subAttribute(obj, c)
	case p.Attr.Type == schema.Complex && c.kind != remove:
		return w.merge(obj, c)
	}
	return w.assign(obj, p.Attr, c)
}

// guard deals with targets that are not the client's to change. It reports whether the
// change is dealt with.
func (w *work) guard(c change) (done bool, err error) {
	p := c.target.Path
	switch leaf := p.Leaf(); {
	case p.Name == "schemas" && p.URN == "":
		w.notes.Add(RuleSchemasPath, p.Name)
		return true, nil
	case leaf.Mutability == schema.ReadOnly || p.Attr.Mutability == schema.ReadOnly:
		if c.implied && !w.renames(c) {
			w.notes.Add(RuleReadOnly, leaf.String())
			return true, nil
		}
		return true, scim.BadRequest(scim.TypeMutability, "%s is readOnly", leaf)
	case leaf.Returned == schema.Never:
		return true, w.secret(leaf, c)
	case c.kind == remove && leaf.Required && c.target.Where == nil:
		return true, scim.BadRequest(scim.TypeMutability, "%s is required and cannot be removed", leaf)
	}
	return false, nil
}

// renames reports whether a value without path gives the resource another id than it has.
// Okta sends the id along, which is fine as long as it is the right one (O-22).
func (w *work) renames(c change) bool {
	p := c.target.Path
	return p.URN == "" && p.Name == "id" && c.value != nil && c.value != w.current.ID
}

// secret checks a password's type and keeps nothing of it.
func (w *work) secret(a *schema.Attribute, c change) error {
	v, err := a.Coerce(c.value, &w.notes)
	if err != nil || v == nil || c.kind == remove {
		return err
	}
	w.password = true
	w.notes.Add(schema.RulePasswordDropped, a.Name)
	return nil
}

// object is the object that holds the attributes of the extension with that key, made if
// there is none; the resource itself without a key. One left empty is Normalize's to drop.
func (w *work) object(urn string) scim.Document {
	if urn == "" {
		return w.doc
	}
	if key, ok := schema.MemberKey(w.doc, urn); ok {
		urn = key
	}
	obj, ok := w.doc[urn].(scim.Document)
	if !ok {
		obj = scim.Document{}
		w.doc[urn] = obj
	}
	return obj
}

// cleared reports whether a value means "unassigned": Entra's checks send "" and null (E-41).
func cleared(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0 || len(v) == 1 && cleared(v[0])
	case scim.Document:
		return len(v) == 0
	}
	return false
}

// assign sets or clears a single value.
func (w *work) assign(obj scim.Document, a *schema.Attribute, c change) error {
	if c.kind == remove || cleared(c.value) {
		return w.unset(obj, a)
	}
	v, err := a.Coerce(c.value, &w.notes)
	if err != nil {
		return err
	}
	if cleared(v) {
		return w.unset(obj, a)
	}
	return set(obj, a, v)
}

// set writes a coerced value, unless the attribute may be set only once (R-70i).
func set(obj scim.Document, a *schema.Attribute, v any) error {
	if old, ok := obj[a.Name]; ok && a.Mutability == schema.Immutable && !equal(old, v) {
		return scim.BadRequest(scim.TypeMutability, "%s is immutable", a)
	}
	obj[a.Name] = v
	return nil
}

func (w *work) unset(obj scim.Document, a *schema.Attribute) error {
	if _, ok := obj[a.Name]; ok && a.Mutability == schema.Immutable {
		return scim.BadRequest(scim.TypeMutability, "%s is immutable", a)
	}
	if a.Required {
		return scim.BadRequest(scim.TypeInvalidValue, "%s is required and cannot be cleared", a)
	}
	delete(obj, a.Name)
	return nil
}

// subAttribute changes one part of a single complex attribute, such as name.givenName.
func (w *work) subAttribute(obj scim.Document, c change) error {
	a := c.target.Path.Attr
	parts, ok := obj[a.Name].(scim.Document)
	if !ok {
		parts = scim.Document{}
	}
	if err := w.assign(parts, c.target.Path.Sub, c); err != nil {
		return err
	}
	store(obj, a, parts)
	return nil
}

func store(obj scim.Document, a *schema.Attribute, parts scim.Document) {
	if len(parts) == 0 {
		delete(obj, a.Name)
		return
	}
	obj[a.Name] = parts
}

// merge writes the parts a value names and leaves the others: both add and replace do so
// (R-70a, R-70l), unless the rules make a replace a whole one.
func (w *work) merge(obj scim.Document, c change) error {
	a := c.target.Path.Attr
	if cleared(c.value) {
		if c.kind == add && c.value != nil && c.value != "" {
			return nil
		}
		return w.unset(obj, a)
	}
	value, isObject := only(c.value).(scim.Document)
	if !isObject {
		return w.assign(obj, a, c)
	}
	parts, ok := obj[a.Name].(scim.Document)
	if !ok || w.rules.Whole {
		parts = scim.Document{}
	}
	if err := w.parts(parts, a, value); err != nil {
		return err
	}
	store(obj, a, parts)
	return nil
}

// parts writes the members of a value into an object of the attribute.
func (w *work) parts(into scim.Document, a *schema.Attribute, value scim.Document) error {
	for _, key := range slices.Sorted(maps.Keys(value)) {
		sub, ok := a.Sub(key)
		if !ok {
			if err := w.notes.Allow(schema.RuleUnknownAttribute, a.String()+"."+key); err != nil {
				return err
			}
			continue
		}
		if sub.Mutability == schema.ReadOnly {
			continue
		}
		if err := w.assign(into, sub, change{kind: replace, value: value[key]}); err != nil {
			return err
		}
	}
	return nil
}

// extension changes a whole extension: every key of the value is one of its attributes.
func (w *work) extension(c change) error {
	urn := c.target.Path.URN
	if c.kind == remove || cleared(c.value) {
		if key, ok := schema.MemberKey(w.doc, urn); ok && (c.kind == remove || c.kind == replace) {
			if a := w.fixed(urn, w.doc[key]); a != nil {
				return scim.BadRequest(scim.TypeMutability, "%s is immutable", a)
			}
			delete(w.doc, key)
		}
		return nil
	}
	value, ok := only(c.value).(scim.Document)
	if !ok {
		return scim.BadRequest(scim.TypeInvalidValue, "%s must be an object", scim.ClipName(urn))
	}
	for _, key := range slices.Sorted(maps.Keys(value)) {
		if err := w.extensionMember(c.kind, urn, key, value[key]); err != nil {
			return err
		}
	}
	return nil
}

// fixed is an immutable attribute that the extension's object holds, nil if it holds none.
func (w *work) fixed(urn string, obj any) *schema.Attribute {
	held, _ := obj.(scim.Document)
	for name := range held {
		if p, ok := w.rt.ResolveIn(urn, name); ok && p.Attr != nil && p.Attr.Mutability == schema.Immutable {
			return p.Attr
		}
	}
	return nil
}

func (w *work) extensionMember(kind kind, urn, key string, value any) error {
	p, ok := w.rt.ResolveIn(urn, key)
	if !w.rt.Knows(urn) {
		p, ok = schema.Path{URN: urn, Name: key}, key != ""
	}
	if !ok {
		return w.notes.Allow(schema.RuleUnknownAttribute, key)
	}
	return w.change(change{kind: kind, target: filter.Target{Path: p}, value: value, given: true, implied: true})
}
