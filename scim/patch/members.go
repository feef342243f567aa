package patch

import (
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// maxScans bounds how many selectors of one message may ask about each member in turn.
const maxScans = 20

// membership is what the operations so far do to a group's members.
type membership struct {
	changes scim.MemberChanges
	named   bool // by an operation, be it to no effect
	scans   int
	read    bool
	before  []scim.Member // before the PATCH, once they had to be read
	byID    map[string]scim.Member
}

// changeMembers changes a group's members. None of it touches the Document, and most of it
// needs to know nobody who is in the group: what is asked for comes to one MemberEdit.
func (w *work) changeMembers(c change) error {
	a := c.target.Path.Attr
	w.members.named = true
	if sub := c.target.Path.Sub; sub != nil {
		return scim.BadRequest(scim.TypeMutability, "%s is immutable: add and remove members", sub)
	}
	if c.target.Where != nil {
		return w.selectedMembers(c)
	}
	changes := &w.members.changes
	switch {
	case c.kind == remove && (!c.given || c.value == nil): // R-69d
		changes.Clear()
		return nil
	case c.kind == remove: // only those listed (E-51, B-07)
		if err := w.allowListed(a); err != nil {
			return err
		}
		return a.EachMember(c.value, &w.notes, changes.Remove)
	case c.kind == replace:
		changes.Clear()
	}
	if nobody(c.value) {
		return nil
	}
	return a.EachMember(c.value, &w.notes, changes.Add)
}

// nobody reports whether a value of members means none (O-25, R-70m).
func nobody(value any) bool {
	list, isList := value.([]any)
	return !isList && cleared(value) || len(list) == 0 && isList
}

// selectedMembers changes those members that the path's filter selects.
func (w *work) selectedMembers(c change) error {
	switch {
	case c.kind == remove || c.kind == replace && cleared(c.value):
		return w.removeSelected(c)
	case c.kind == add:
		return w.addSelected(c)
	}
	hits, err := w.hits(c.target.Where)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		return scim.BadRequest(scim.TypeNoTarget, "no value of %s matches the filter", c.target.Path.Attr)
	}
	for _, id := range hits {
		w.members.changes.Remove(id)
	}
	return c.target.Path.Attr.EachMember(c.value, &w.notes, w.members.changes.Add)
}

// removeSelected takes out who matches; to take out who is no member is fine (R-69b).
func (w *work) removeSelected(c change) error {
	ids, exact, ok := c.target.Where.Values()
	if !ok || !exact {
		var err error
		if ids, err = w.hits(c.target.Where); err != nil {
			return err
		}
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" }) // nobody's
	if len(ids) == 0 {
		w.notes.Add(RuleNoMatch, c.target.Path.String())
	}
	for _, id := range ids {
		w.members.changes.Remove(id)
	}
	return nil
}

// addSelected adds the one member that a filter names, as any add of a filtered element makes
// that element (E-35).
func (w *work) addSelected(c change) error {
	a := c.target.Path.Attr
	ids, exact, ok := c.target.Where.Values()
	if !ok || !exact || len(ids) != 1 || ids[0] == "" {
		return scim.BadRequest(scim.TypeNoTarget, "%s: add names one member", a)
	}
	obj, ok := only(c.value).(scim.Document)
	if !ok {
		return scim.BadRequest(scim.TypeInvalidValue, "%s: an element must be an object", a)
	}
	if v, has := schema.Member(obj, "value"); has && v != ids[0] {
		return scim.BadRequest(scim.TypeMutability, "%s.value is immutable: add and remove members", a)
	}
	w.members.changes.Add(ids[0])
	return nil
}

// hits are the members, as the operations so far leave them, that a filter matches.
func (w *work) hits(where *filter.Selector) (hits []string, err error) {
	if err := w.readMembers(); err != nil {
		return nil, err
	}
	if ids, _, ok := where.Values(); ok {
		for _, id := range ids {
			if m, in := w.member(id); in && where.Match(element(m)) {
				hits = append(hits, id)
			}
		}
		return hits, nil
	}
	if w.members.scans++; w.members.scans > maxScans {
		return nil, scim.BadRequest(scim.TypeTooMany, "more than %d filters that ask about every member", maxScans)
	}
	for _, m := range w.members.changes.Among(w.members.before) {
		if where.Match(element(m)) {
			hits = append(hits, m.Value)
		}
	}
	return hits, nil
}

// readMembers reads who was in the group before, once.
func (w *work) readMembers() (err error) {
	m := &w.members
	if m.read || w.current.Members == nil {
		return nil
	}
	if m.before, err = w.current.Members(); err != nil {
		return err
	}
	m.read = true
	m.byID = make(map[string]scim.Member, len(m.before))
	for _, member := range m.before {
		m.byID[member.Value] = member
	}
	return nil
}

// member is the member with the id, if it is one after the operations so far.
func (w *work) member(id string) (scim.Member, bool) {
	before, was := w.members.byID[id]
	before.Value = id
	return before, w.members.changes.Has(id, was)
}

// element is a member as the object that a filter looks at. Who is added without a type is a
// user (O-23).
func element(m scim.Member) scim.Document {
	obj := scim.Document{"value": m.Value, "type": m.Type}
	if m.Type == "" {
		obj["type"] = scim.TypeUser
	}
	return obj
}
