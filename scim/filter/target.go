package filter

import (
	"encoding/json"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// Target is a compiled PATCH path: an attribute, perhaps only some of its elements, perhaps
// only a sub-attribute (RFC 7644 section 3.5.2).
type Target struct {
	Path schema.Path
	// Where selects elements of a multi-valued attribute; nil when the path has no filter.
	Where *Selector
}

// ParseTarget reads a PATCH path for the resource type: attr, attr.sub, attr[filter] or
// attr[filter].sub, each with or without URN. An attribute the type does not have, and
// whatever is no path, is 400 invalidPath; a comparison its type does not allow is
// 400 invalidFilter. The leniencies it takes go into notes, and what those refuse is refused.
func ParseTarget(rt *schema.ResourceType, text string, notes *schema.Notes) (Target, error) {
	p := parser{text: text, scimType: scim.TypeInvalidPath, what: "path"}
	if err := p.checkText(); err != nil {
		return Target{}, err
	}
	name, where, sub, err := p.path()
	if err != nil {
		return Target{}, err
	}
	path, ok := rt.Resolve(name)
	if !ok {
		return Target{}, noAttribute(name)
	}
	if path.Rule != "" {
		if notes.Refuses(path.Rule) {
			return Target{}, scim.BadRequest(scim.TypeInvalidPath, "path: %s is refused by the tenant's client profile (%s)", scim.ClipName(name), path.Rule)
		}
		notes.Add(path.Rule, path.Noted(name))
	}
	if where == nil {
		return Target{Path: path}, nil
	}
	return selected(rt, path, where, sub, notes)
}

// path = attribute [ "[" filter "]" [ "." sub ] ]
func (p *parser) path() (name string, where Expr, sub string, err error) {
	if name, err = p.attribute(); err != nil {
		return
	}
	if p.next('[') {
		if where, err = p.brackets(); err != nil {
			return
		}
		if p.next('.') {
			p.at++
			if sub, err = p.attribute(); err != nil {
				return
			}
		}
	}
	if p.at < len(p.text) {
		err = p.refuse("unexpected %q", p.peekRune())
	}
	return
}

func selected(rt *schema.ResourceType, path schema.Path, where Expr, sub string, notes *schema.Notes) (Target, error) {
	a := path.Attr
	if a == nil || !a.MultiValued || a.Type != schema.Complex || path.SubName != "" {
		return Target{}, scim.BadRequest(scim.TypeInvalidPath, "path: %s takes no filter in brackets", scim.ClipName(path.String()))
	}
	if sub != "" {
		s, ok := a.Sub(sub)
		if !ok {
			return Target{}, noAttribute(a.String() + "." + sub)
		}
		path.SubName, path.Sub = s.Name, s
	}
	c := &compiler{rt: rt, element: a, notes: notes, path: true}
	n, err := c.compile(where)
	if err != nil {
		return Target{}, err
	}
	if len(c.unknown) > 0 {
		return Target{}, noAttribute(a.String() + "." + c.unknown[0])
	}
	return Target{Path: path, Where: &Selector{n}}, nil
}

func noAttribute(name string) error {
	return scim.BadRequest(scim.TypeInvalidPath, "path: no attribute %q", scim.ClipName(name))
}

// Selector is the compiled filter between the brackets of a PATCH path.
type Selector struct{ root node }

// Match reports whether an element of the attribute satisfies the filter.
func (s *Selector) Match(element scim.Document) bool {
	return s.root.match(&input{element: element})
}

// Values are such that every element the filter matches has one of them as its value; exact
// tells that to have one is all it takes. It is false for a filter that says nothing of the kind.
func (s *Selector) Values() (values []string, exact, ok bool) { return valuesOf(s.root) }

// Term is one comparison of a Selector that is nothing but a chain of eq.
type Term struct {
	Attr  *schema.Attribute
	Value any // string, bool or json.Number, as a Document holds it
}

// Terms are the comparisons when the filter is a chain of and of eq, which says what a
// matching element looks like. It is false for any other filter.
func (s *Selector) Terms() ([]Term, bool) { return terms(s.root, nil) }

func terms(n node, list []Term) ([]Term, bool) {
	switch n := n.(type) {
	case allOf:
		for _, term := range n {
			var ok bool
			if list, ok = terms(term, list); !ok {
				return nil, false
			}
		}
		return list, true
	case test:
		if n.op != Equal || n.null || n.leaf == nil || n.path.SubName != "" {
			return nil, false
		}
		return append(list, Term{n.leaf, n.literalValue()}), true
	}
	return nil, false
}

// literalValue is the literal as a Document would hold it.
func (t *test) literalValue() any {
	switch t.leaf.Type {
	case schema.Boolean:
		return t.flag
	case schema.Integer, schema.Decimal:
		return json.Number(t.text)
	}
	return t.text
}
