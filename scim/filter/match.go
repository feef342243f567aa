package filter

import (
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// input is what a node looks at: the whole resource, or within a value path one element.
type input struct {
	subject *Subject
	element scim.Document
}

// node is one compiled step of a filter.
type node interface{ match(in *input) bool }

type (
	allOf    []node
	anyOf    []node
	negation struct{ term node }
	elements struct {
		path    schema.Path
		related bool
		where   node
	}
	constant bool
)

func (n constant) match(*input) bool { return bool(n) }

func (n allOf) match(in *input) bool {
	for _, term := range n {
		if !term.match(in) {
			return false
		}
	}
	return true
}

func (n anyOf) match(in *input) bool {
	for _, term := range n {
		if term.match(in) {
			return true
		}
	}
	return false
}

func (n negation) match(in *input) bool { return !n.term.match(in) }

func (n elements) match(in *input) bool {
	return anyValue(n.values(in), func(v any) bool {
		element, ok := v.(scim.Document)
		return ok && n.where.match(&input{subject: in.subject, element: element})
	})
}

// values are the elements to look at.
func (n elements) values(in *input) any {
	if !n.related {
		return in.value(n.path)
	}
	ids, _, ok := valuesOf(n.where)
	if !ok {
		return in.subject.related(n.path.Name, "")
	}
	var list []any
	for _, id := range ids {
		list = append(list, in.subject.related(n.path.Name, id)...)
	}
	return list
}

// match holds when some value of the attribute satisfies the comparison, of a list any one (RFC
// 7644 section 3.4.2.2). ne is the contrary of eq value by value, and holds for the absent too
//
func (t test) match(in *input) bool {
	v := t.value(in)
	switch {
	case t.op == Present:
		return t.present(v)
	case t.null:
		return t.present(v) == (t.op == NotEqual)
	}
	if t.op != NotEqual {
		return t.any(v, t.holds)
	}
	return !t.present(v) || t.any(v, func(v any) bool { return !t.holds(v) })
}

// value is what the test looks at. Of a group's members a test for one id asks for that one
// only.
func (t *test) value(in *input) any {
	switch {
	case !t.related:
		return in.value(t.path)
	case (t.op == Equal || t.op == NotEqual) && !t.null && t.path.SubName == "value":
		return in.subject.related(t.path.Name, t.key)
	}
	return in.subject.related(t.path.Name, "")
}

func (t *test) present(v any) bool { return t.any(v, isPresent) }

// any asks f about each value the test's path leads to.
func (t *test) any(v any, f func(any) bool) bool {
	if t.path.SubName == "" {
		return anyValue(v, f)
	}
	return anyValue(v, func(v any) bool {
		obj, ok := v.(scim.Document)
		if !ok {
			return false
		}
		sub, ok := schema.Member(obj, t.path.SubName)
		return ok && anyValue(sub, f)
	})
}

// anyValue asks f about the value, or about each one of a list.
func anyValue(v any, f func(any) bool) bool {
	list, ok := v.([]any)
	if !ok {
		return v != nil && f(v)
	}
	for _, v := range list {
		if f(v) {
			return true
		}
	}
	return false
}

// isPresent is RFC 7644's "non-empty or non-null value".
func isPresent(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case scim.Document:
		for _, member := range v {
			if isPresent(member) {
				return true
			}
		}
		return false
	case []any:
		return anyValue(v, isPresent)
	}
	return true
}

// value is the value of the path's attribute; of its sub-attributes the test takes care.
func (in *input) value(p schema.Path) any {
	if in.element != nil {
		return in.element[p.Name]
	}
	if p.URN == "" {
		switch p.Name {
		case "id":
			return in.subject.ID
		case "meta":
			return in.subject.meta()
		}
	}
	v, _ := p.Value(in.subject.Document)
	return v
}
