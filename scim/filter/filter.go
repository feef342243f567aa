package filter

import (
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// Filter is a filter compiled for one resource type. It is read only: one Filter may be
// matched from many goroutines.
type Filter struct {
	root    node
	unknown []string
}

// Compile parses the filter and resolves its attributes. A comparison the attribute's type
// does not allow is 400 invalidFilter, and so is one with an attribute that is never
// returned, such as password. An attribute the type does not have is no error: it is in
// Unknown, and the filter matches nothing.
func Compile(rt *schema.ResourceType, text string) (*Filter, error) {
	e, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return CompileExpr(rt, e)
}

// CompileExpr does what Compile does with a filter already parsed.
func CompileExpr(rt *schema.ResourceType, e Expr) (*Filter, error) {
	c := &compiler{rt: rt}
	root, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, unknown: c.unknown}, nil
}

// Match reports whether the resource satisfies the filter. With an unknown attribute the
// answer is always no, also under not: the worst answer to a filter is everyone.
func (f *Filter) Match(s Subject) bool {
	return len(f.unknown) == 0 && f.root.match(&input{subject: &s})
}

// Unknown names the attributes the resource type does not have, as written.
func (f *Filter) Unknown() []string { return f.unknown }

// Match compiles the expression for the resource type and matches it once. For many
// resources compile once and use Filter.Match.
func Match(rt *schema.ResourceType, e Expr, s Subject) (bool, error) {
	f, err := CompileExpr(rt, e)
	if err != nil {
		return false, err
	}
	return f.Match(s), nil
}

// compiler resolves the attributes of one filter. Within a value path, element is the
// multi-valued attribute and names are its sub-attributes'.
type compiler struct {
	rt      *schema.ResourceType
	element *schema.Attribute
	unknown []string
}

func (c *compiler) compile(e Expr) (node, error) {
	switch e := e.(type) {
	case And:
		terms, err := c.terms(e.Terms)
		return allOf(terms), err
	case Or:
		terms, err := c.terms(e.Terms)
		return anyOf(terms), err
	case Not:
		term, err := c.compile(e.Term)
		return negation{term}, err
	case Elements:
		return c.elements(e)
	case Comparison:
		return c.comparison(e)
	}
	return nil, scim.BadRequest(scim.TypeInvalidFilter, "filter: empty")
}

func (c *compiler) terms(list []Expr) ([]node, error) {
	nodes := make([]node, 0, len(list))
	for _, e := range list {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func (c *compiler) elements(e Elements) (node, error) {
	p, ok := c.rt.Resolve(e.Attribute)
	if !ok {
		return c.notThere(e.Attribute), nil
	}
	if c.element != nil || p.Attr == nil || p.Attr.Type != schema.Complex || p.SubName != "" {
		return nil, refuse(e.Position, "%s takes no filter in brackets", scim.ClipName(e.Attribute))
	}
	c.element = p.Attr
	defer func() { c.element = nil }()
	where, err := c.compile(e.Where)
	return elements{path: p, where: where}, err
}

func (c *compiler) comparison(e Comparison) (node, error) {
	p, ok := c.resolve(e.Attribute)
	if !ok {
		return c.notThere(e.Attribute), nil
	}
	return newTest(p, e)
}

func (c *compiler) resolve(name string) (schema.Path, bool) {
	if c.element == nil {
		p, ok := c.rt.Resolve(name)
		return p, ok && !p.Whole()
	}
	sub, ok := c.element.Sub(name)
	if !ok {
		return schema.Path{}, false
	}
	return schema.Path{Name: sub.Name, Attr: sub}, true
}

func (c *compiler) notThere(name string) node {
	c.unknown = append(c.unknown, scim.ClipName(name))
	return anyOf(nil)
}

func refuse(position int, format string, args ...any) error {
	return scim.BadRequest(scim.TypeInvalidFilter, "filter: "+format+" at position %d", append(args, position)...)
}
