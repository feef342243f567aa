package patch

import (
	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// elements changes those elements of a multi-valued attribute that the path's filter
// selects, or one sub-attribute of them. Without a filter it selects them all.
func (w *work) elements(obj scim.Document, c change) error {
	p := c.target.Path
	list, _ := obj[p.Attr.Name].([]any)
	hits := selected(c.target.Where, list)
	if c.kind == remove || cleared(c.value) {
		return w.clearElements(obj, c, list, hits)
	}
	if err := w.oneElement(c, len(hits)); err != nil {
		return err
	}
	if len(hits) > 1 && c.target.Where == nil {
		return scim.BadRequest(scim.TypeInvalidPath, "%s has several values: select one with a filter", p.Attr)
	}
	if len(hits) == 0 {
		seed, err := w.seed(c)
		if err != nil {
			return err
		}
		list = append(list, seed)
		hits = map[int]bool{len(list) - 1: true}
	}
	if err := w.writeElements(list, hits, c); err != nil {
		return err
	}
	if err := p.Attr.CheckCount(len(list)); err != nil {
		return err
	}
	obj[p.Attr.Name] = list
	return nil
}

// oneElement holds a path filter to what the interoperability profile asks of it.
func (w *work) oneElement(c change, hits int) error {
	switch {
	case !w.rules.OneElement || c.target.Where == nil:
		return nil
	case c.target.Path.Sub == nil:
		return scim.BadRequest(scim.TypeInvalidPath, "%s: a filter is followed by a sub-attribute", c.target.Path.Attr)
	case hits > 1:
		return scim.BadRequest(scim.TypeNoTarget, "%s: the filter matches several values", c.target.Path.Attr)
	}
	return nil
}

// selected are the positions of the elements a filter matches.
func selected(where *filter.Selector, list []any) map[int]bool {
	hits := make(map[int]bool)
	for i, v := range list {
		element, ok := v.(scim.Document)
		if ok && (where == nil || where.Match(element)) {
			hits[i] = true
		}
	}
	return hits
}

// writeElements writes the value into each selected element. An element that becomes
// primary dethrones the others.
func (w *work) writeElements(list []any, hits map[int]bool, c change) error {
	crowned := false
	for i := range list {
		if !hits[i] {
			continue
		}
		element, err := w.written(list[i].(scim.Document), c)
		if err != nil {
			return err
		}
		crowned = crowned || schema.IsPrimary(element)
		list[i] = element
	}
	if crowned {
		dethrone(list, func(i int) bool { return hits[i] })
	}
	return nil
}

// written is the element after the change.
func (w *work) written(element scim.Document, c change) (scim.Document, error) {
	p := c.target.Path
	if p.Sub != nil {
		return element, w.assign(element, p.Sub, c)
	}
	value, ok := only(c.value).(scim.Document)
	if !ok {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "%s: an element must be an object", p.Attr)
	}
	into := element
	if c.kind == replace {
		// The element is replaced, but stays of the type by which it was selected (R-70e).
		into = scim.Document{}
		if t, ok := element["type"]; ok {
			into["type"] = t
		}
	}
	return into, w.parts(into, p.Attr, value)
}

// clearElements removes the selected elements, or their sub-attribute. An element of which
// only type and primary are left is nobody's address any more and goes too (R-69a).
func (w *work) clearElements(obj scim.Document, c change, list []any, hits map[int]bool) error {
	p := c.target.Path
	if len(hits) == 0 || c.kind == add && p.Sub == nil {
		w.notes.Add(RuleNoMatch, p.String())
		return nil
	}
	kept := make([]any, 0, len(list))
	for i, v := range list {
		if !hits[i] {
			kept = append(kept, v)
			continue
		}
		if p.Sub == nil {
			continue
		}
		element := v.(scim.Document)
		if err := w.unset(element, p.Sub); err != nil {
			return err
		}
		if !hollow(element) {
			kept = append(kept, element)
		}
	}
	if len(kept) == 0 {
		return w.unset(obj, p.Attr)
	}
	obj[p.Attr.Name] = kept
	return nil
}

func hollow(element scim.Document) bool {
	for key := range element {
		if key != "type" && key != "primary" {
			return false
		}
	}
	return true
}

// seed is the element that a path without a match calls for: what its filter says of it.
// Entra counts on it (E-35). An add makes it for any chain of eq; a replace only when the
// filter asks for a canonical type or for the primary, otherwise there is no target (R-70c).
func (w *work) seed(c change) (scim.Document, error) {
	p := c.target.Path
	if c.target.Where == nil {
		return scim.Document{}, nil
	}
	terms, ok := c.target.Where.Terms()
	seed := make(scim.Document, len(terms)+1)
	for _, t := range terms {
		text, _ := t.Value.(string)
		usual := t.Attr.Name == "primary" || t.Attr.Name == "type" && t.Attr.Canonical(text)
		ok = ok && w.makes(c.kind, usual) && t.Attr.Mutability != schema.ReadOnly
		if old, twice := seed[t.Attr.Name]; twice && !equal(old, t.Value) {
			ok = false
		}
		seed[t.Attr.Name] = t.Value
	}
	if !ok {
		return nil, scim.BadRequest(scim.TypeNoTarget, "no value of %s matches the filter", p.Attr)
	}
	if c.kind == replace {
		w.notes.Add(RuleCreateOnMatch, p.String())
	}
	return seed, nil
}

// makes reports whether an operation may make an element for a term of its path's filter,
// which is usual if it asks for a canonical type or the primary.
func (w *work) makes(kind kind, usual bool) bool {
	switch w.rules.Create {
	case CreateNever:
		return false
	case CreateOnAdd:
		return kind == add
	}
	return kind == add || usual
}
