package connectors

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"scimrelay/scim"
)

// read is one thing an expression reads of a user: an attribute, a sub-attribute of it, or
// of a list only the elements of one type or the primary one. Of an extension the attribute is
// its URN, the sub-attribute its attribute, and part is a sub-attribute of that.
type read struct {
	attribute string
	sub       string
	part      string
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
	case r.part == "" && strings.Contains(r.attribute, ":"):
		r.part = name.Value
	}
	delete(s.found, n.Node)
	s.found[n] = r
}

// narrow notes what value(user.emails, "work") and primary(user.emails) read of the list.
func (s *sandbox) narrow(function string, arguments []ast.Node) {
	if len(arguments) == 0 {
		return
	}
	list := arguments[0]
	r, ok := s.found[list]
	if !ok {
		return
	}
	switch function {
	case "primary":
		r.primary = true
	case "value":
		if kind, literal := arguments[len(arguments)-1].(*ast.StringNode); literal {
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

// path names what is read as SCIM does.
func (r read) path() string {
	path := r.attribute
	separator := "."
	if strings.Contains(path, ":") {
		separator = ":"
	}
	if r.sub != "" {
		path += separator + r.sub
	}
	if r.part != "" {
		path += "." + r.part
	}
	return path
}

// paths are the SCIM attributes an expression reads, in order.
func (e *expression) paths() []string {
	names := make([]string, 0, len(e.reads))
	for _, r := range e.reads {
		names = append(names, r.path())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sources names the SCIM attributes an expression reads, for messages.
func (e *expression) sources() string {
	if names := e.paths(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "no attribute"
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
	if urn == scim.SchemaEnterprise {
		return m.unreadEnterprise(attributes)
	}
	var paths []string
	for name, inner := range attributes {
		if !isEmpty(inner) && !m.readsExtension(urn, name, "") {
			paths = append(paths, urn+":"+name)
		}
	}
	return paths
}

// unreadEnterprise knows that its attributes are read without their URN as well.
func (m *Mapping) unreadEnterprise(attributes map[string]any) []string {
	flat := map[string]any{}
	flatten(flat, attributes)
	var paths []string
	for name, inner := range flat {
		path, known := enterprisePath(name)
		if !known {
			path = scim.SchemaEnterprise + ":" + name
		}
		attribute, part, _ := strings.Cut(strings.TrimPrefix(path, scim.SchemaEnterprise+":"), ".")
		bare := m.reads(name, func(read) bool { return true })
		if !isEmpty(inner) && !bare && !m.readsExtension(scim.SchemaEnterprise, attribute, part) {
			paths = append(paths, path)
		}
	}
	return paths
}

// readsExtension reports whether the attribute of the extension, or the part of it, is read.
func (m *Mapping) readsExtension(urn, attribute, part string) bool {
	return slices.ContainsFunc(m.read, func(r read) bool {
		return strings.EqualFold(r.attribute, urn) && (r.sub == "" || r.sub == attribute && (r.part == "" || part == "" || r.part == part))
	})
}

func (m *Mapping) reads(attribute string, match func(read) bool) bool {
	for _, r := range m.read {
		if r.attribute == attribute && match(r) {
			return true
		}
	}
	return false
}
