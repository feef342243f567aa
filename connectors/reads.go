package connectors

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"scimrelay/scim"
)

// read is one thing an expression reads of a user: an attribute, a sub-attribute of it, or
// of a list only the elements of one type or the primary one.
type read struct {
	attribute string
	sub       string
	kind      string
	primary   bool
}

// member extends what is read by one step of user.name.givenName.
func (s *sandbox) member(n *ast.MemberNode) {
	r, ok := s.found[n.Node]
	name, literal := n.Property.(*ast.StringNode)
	if !ok || !literal {
		return
	}
	switch {
	case r.attribute == "":
		r.attribute = name.Value
	case r.sub == "":
		r.sub = name.Value
	}
	delete(s.found, n.Node)
	s.found[n] = r
}

// called narrows what value(user.emails, "work") and primary(user.emails) read.
func (s *sandbox) called(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) == 0 {
		return
	}
	s.refers = s.refers || callee.Value == "reference"
	list := n.Arguments[0]
	r, ok := s.found[list]
	if !ok {
		return
	}
	switch callee.Value {
	case "primary":
		r.primary = true
	case "value":
		if kind, literal := n.Arguments[len(n.Arguments)-1].(*ast.StringNode); literal {
			r.kind = kind.Value
		}
	}
	s.found[list] = r
}

func (s *sandbox) list() []read {
	var reads []read
	for _, r := range s.found {
		reads = append(reads, r)
	}
	return reads
}

// sources names the SCIM attributes an expression reads, for messages.
func (e *expression) sources() string {
	var names []string
	for _, r := range e.reads {
		name := r.attribute
		if r.sub != "" {
			name += "." + r.sub
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return "no attribute"
	}
	return strings.Join(names, ", ")
}

// NotForwarded lists, sorted, the SCIM paths of what the document holds and no expression of
// the mapping reads, so that nobody believes it reached the vendor.
func (m *Mapping) NotForwarded(doc scim.Document) []string {
	var paths []string
	for name, value := range doc {
		switch {
		case name == "schemas" || name == "active" || name == "id" || name == "meta" || isEmpty(value):
		case strings.Contains(name, ":"):
			paths = append(paths, m.unreadExtension(name, value)...)
		default:
			paths = append(paths, m.unread(name, value)...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (m *Mapping) unread(name string, value any) []string {
	var paths []string
	switch v := value.(type) {
	case map[string]any:
		for sub, inner := range v {
			if !isEmpty(inner) && !m.reads(name, func(r read) bool { return r.sub == "" || r.sub == sub }) {
				paths = append(paths, name+"."+sub)
			}
		}
	case []any:
		if !m.reads(name, func(read) bool { return true }) {
			return []string{name}
		}
		for _, item := range v {
			paths = append(paths, m.unreadElement(name, item)...)
		}
	default:
		if !m.reads(name, func(read) bool { return true }) {
			paths = append(paths, name)
		}
	}
	return paths
}

func (m *Mapping) unreadElement(name string, item any) []string {
	e, ok := item.(map[string]any)
	if !ok {
		return nil
	}
	kind, _ := e["type"].(string)
	covered := m.reads(name, func(r read) bool {
		whole := r.kind == "" && !r.primary
		return whole || r.primary && isPrimary(e) || r.kind != "" && strings.EqualFold(r.kind, kind)
	})
	switch {
	case covered:
		return nil
	case kind == "":
		return []string{name}
	default:
		return []string{name + `[type eq "` + kind + `"]`}
	}
}

func (m *Mapping) unreadExtension(urn string, value any) []string {
	attributes, ok := value.(map[string]any)
	if !ok {
		return []string{urn}
	}
	var paths []string
	if urn != scim.SchemaEnterprise {
		for name, inner := range attributes {
			if !isEmpty(inner) {
				paths = append(paths, urn+":"+name)
			}
		}
		return paths
	}
	flat := map[string]any{}
	flatten(flat, attributes)
	for name, inner := range flat {
		if isEmpty(inner) || m.reads(name, func(read) bool { return true }) {
			continue
		}
		path, known := enterprisePath(name)
		if !known {
			path = urn + ":" + name
		}
		paths = append(paths, path)
	}
	return paths
}

func (m *Mapping) reads(attribute string, match func(read) bool) bool {
	for _, r := range m.read {
		if r.attribute == attribute && match(r) {
			return true
		}
	}
	return false
}
