package filter

import (
	"slices"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// Filter is a filter compiled for one resource type. It is read only: one Filter may be
// matched from many goroutines.
type Filter struct {
	root    node
	unknown []string
	needs   []string
	notes   []string
}

// Compile parses the filter and resolves its attributes. A comparison the attribute's type
// does not allow is 400 invalidFilter, and so is one with an attribute that is never
// returned, such as password, and what the rules do without. An attribute the type does not
// have is no error unless the rules say so: it is in Unknown, and the filter matches nothing.
func Compile(rt *schema.ResourceType, text string, rules Rules) (*Filter, error) {
	e, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return compile(rt, e, rules, nil)
}

// CompileAll compiles one filter for a query over several types, a Filter each. What only
// another of the types has is an attribute without a value (RFC 7644 section 3.4.2.1, R-50).
func CompileAll(types []*schema.ResourceType, text string, rules Rules) ([]*Filter, error) {
	e, err := Parse(text)
	if err != nil {
		return nil, err
	}
	filters := make([]*Filter, len(types))
	for i, rt := range types {
		if filters[i], err = compile(rt, e, rules, types); err != nil {
			return nil, err
		}
	}
	return filters, nil
}

func compile(rt *schema.ResourceType, e Expr, rules Rules, among []*schema.ResourceType) (*Filter, error) {
	c := &compiler{rt: rt, among: among, equalOnly: rules.EqualOnly, notes: rules.notes()}
	root, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, unknown: c.unknown, needs: c.needs, notes: c.notes.List()}, nil
}

// Match reports whether the resource satisfies the filter. With an unknown attribute the
// answer is always no, also under not: the worst answer to a filter is everyone.
func (f *Filter) Match(s Subject) bool {
	return len(f.unknown) == 0 && f.root.match(&input{subject: &s})
}

// Needs reports whether the filter asks for an attribute that no Document holds, members or
// groups: then a Subject should have Related.
func (f *Filter) Needs(attribute string) bool { return slices.Contains(f.needs, attribute) }

// Leniencies name each rule that let the client's dialect through, as schema.Notes do.
func (f *Filter) Leniencies() []string { return f.notes }

// Unknown names the attributes the resource type does not have, as written.
func (f *Filter) Unknown() []string { return f.unknown }

// compiler resolves the attributes of one filter. Within a value path, element is the
// multi-valued attribute and names are its sub-attributes'.
type compiler struct {
	rt        *schema.ResourceType
	among     []*schema.ResourceType // all types of the query, if there are several
	element   *schema.Attribute
	path      bool // of a PATCH: what it does not know is the caller's to refuse
	equalOnly bool
	notes     *schema.Notes
	unknown   []string
	needs     []string
}

func (c *compiler) compile(e Expr) (node, error) {
	if err := c.allowed(e); err != nil {
		return nil, err
	}
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
		return c.notThere(e.Attribute, e.Position, false)
	}
	if p.URN == scim.SchemaRelay {
		return nil, unsearched(e.Attribute, e.Position)
	}
	if c.element != nil || p.Attr == nil || p.Attr.Type != schema.Complex || p.SubName != "" {
		return nil, refuse(e.Position, "%s takes no filter in brackets", scim.ClipName(e.Attribute))
	}
	if err := c.understood(p, e.Attribute, e.Position); err != nil {
		return nil, err
	}
	n := elements{path: p, related: c.related(p)}
	c.element = p.Attr
	defer func() { c.element = nil }()
	var err error
	n.where, err = c.compile(e.Where)
	return n, err
}

func (c *compiler) comparison(e Comparison) (node, error) {
	p, ok := c.resolve(e.Attribute)
	if !ok {
		absent := e.Op == NotEqual && e.Value.Kind != Null || e.Op == Equal && e.Value.Kind == Null
		return c.notThere(e.Attribute, e.Position, absent)
	}
	if p.URN == scim.SchemaRelay {
		return nil, unsearched(e.Attribute, e.Position)
	}
	if err := c.understood(p, e.Attribute, e.Position); err != nil {
		return nil, err
	}
	return c.test(p, e)
}

// unsearched refuses what no resource holds: a search for it would find nobody, and look as if
// there were nobody.
func unsearched(name string, position int) error {
	return refuse(position, "%s is shown and not searched", scim.ClipName(name))
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

// related reports whether the attribute is one that no Document holds, and remembers it.
func (c *compiler) related(p schema.Path) bool {
	members, _ := c.rt.Members()
	groups, _ := c.rt.Groups()
	if p.Attr == nil || p.URN != "" || c.element != nil || p.Attr != members && p.Attr != groups {
		return false
	}
	if !slices.Contains(c.needs, p.Name) {
		c.needs = append(c.needs, p.Name)
	}
	return true
}

// notThere stands for a term with an attribute the type does not have. In a query over several
// types it is one without a value if another type has it; absent is what the term then says.
func (c *compiler) notThere(name string, position int, absent bool) (node, error) {
	if c.element == nil && slices.ContainsFunc(c.among, func(rt *schema.ResourceType) bool {
		p, ok := rt.Resolve(name)
		return ok && !p.Whole()
	}) {
		return constant(absent), nil
	}
	c.unknown = append(c.unknown, scim.ClipName(name))
	if c.path {
		return constant(false), nil
	}
	if c.notes.Refuses(RuleUnknownAttribute) {
		return nil, refuse(position, "no attribute %q", scim.ClipName(name))
	}
	c.notes.Add(RuleUnknownAttribute, name)
	return constant(false), nil
}

func refuse(position int, format string, args ...any) error {
	return scim.BadRequest(scim.TypeInvalidFilter, "filter: "+format+" at position %d", append(args, position)...)
}
