package connectors

import (
	"maps"
	"slices"

	"scimrelay/configs"
	"scimrelay/tenants"
)

// plan is the rules of one type of resource, the target's laid over the product's.
type plan struct {
	kept map[string]ruled // kept up to date
	once map[string]ruled // sent when the account is made
}

// ruled is a rule and whose it is.
type ruled struct {
	tenants.Rule
	own bool // the target's
}

func (c *compiler) mapping(section sectionFile, kind string, defaults map[string]any, readable extensions) *Mapping {
	m := &Mapping{kind: kind, defaults: defaults}
	m.key = c.key(section.Key)
	p := c.product(section)
	for name, rule := range c.rules {
		if name != "key" {
			c.lay(p, name, rule)
		}
	}
	m.fields, m.onCreate = c.fields(p.kept, true), c.fields(p.once, false)
	for _, f := range slices.Concat([]field{m.key}, m.fields, m.onCreate) {
		if f.expression != nil {
			m.read = append(m.read, f.reads...)
		}
	}
	m.extensions = readable.read(m.read)
	return m
}

// key compiles the natural key, which is made the same way at every moment.
func (c *compiler) key(node configs.Node) field {
	r := ruled{Rule: c.rule("key", node)}
	if own, ok := c.rules["key"]; ok {
		r = ruled{own, true}
	}
	at := r.Expression.Position
	if r.own && r.Empty() {
		c.faults.Add(at, "key: without it nobody would be found")
		return field{}
	}
	if r.Apply != "" || r.Default.Present() {
		c.faults.Add(at, "key: it has an expression and nothing else")
	}
	f, _ := c.field("key", r, false)
	if f.expression != nil && f.ignores {
		c.faults.Add(at, "key: %s stands only in fields", ignoreFlow)
	}
	return f
}

// product reads the rules of the product's file.
func (c *compiler) product(section sectionFile) plan {
	p := plan{kept: map[string]ruled{}, once: map[string]ruled{}}
	for name, node := range section.OnCreate {
		rule := c.rule(name, node)
		if rule.Apply == tenants.ApplyAlways {
			c.faults.Add(node.Position(), "%s: what is applied always stands under fields", name)
		}
		p.once[name] = ruled{Rule: rule}
	}
	for name, node := range section.Fields {
		rule := c.rule(name, node)
		if rule.Apply != tenants.ApplyOnCreate {
			p.kept[name] = ruled{Rule: rule}
			continue
		}
		if _, twice := p.once[name]; twice {
			c.faults.Add(node.Position(), "%s: it stands under on_create already", name)
		}
		p.once[name] = ruled{Rule: rule}
	}
	return p
}

func (c *compiler) rule(name string, node configs.Node) tenants.Rule {
	rule, faults := tenants.ReadRule(node)
	c.faults = append(c.faults, faults...)
	if len(faults) == 0 && rule.Empty() {
		c.faults.Add(node.Position(), "%s: the expression is empty", name)
	}
	return rule
}

// lay puts a rule of the target's in its place. Where it does not say when it applies, it stays
// where the product has the field; a field that is both kept up to date and sent at creation is
// then the former.
func (c *compiler) lay(p plan, name string, rule tenants.Rule) {
	if !c.isField(name, rule.Expression.Position) {
		return
	}
	where := p.kept
	_, kept := p.kept[name]
	if _, once := p.once[name]; once && !kept {
		where = p.once
	}
	switch {
	case rule.Empty():
		if rule.Apply != "" || rule.Default.Present() {
			c.faults.Add(rule.Expression.Position, "%s: a field that is taken out has neither apply nor default", name)
		}
		delete(where, name)
		return
	case rule.Apply == tenants.ApplyAlways && !kept:
		delete(p.once, name)
		where = p.kept
	case rule.Apply == tenants.ApplyOnCreate:
		delete(p.kept, name)
		where = p.once
	}
	where[name] = ruled{rule, true}
}

func (c *compiler) fields(rules map[string]ruled, kept bool) (fields []field) {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if rules[name].Empty() {
			continue // a fault already
		}
		if f, ok := c.field(name, rules[name], kept); ok {
			fields = append(fields, f)
		}
	}
	return fields
}

// field compiles one field. Only what is kept up to date can wait for another resource.
func (c *compiler) field(name string, rule ruled, kept bool) (field, bool) {
	at := rule.Expression.Position
	word := "string"
	if name != "key" {
		if !rule.own && !c.isField(name, at) {
			return field{}, false
		}
		word, _ = c.wordOf(name)
	}
	compiled, fault := c.tools.compile(rule.Expression)
	if fault != nil {
		fault.Message = name + ": " + fault.Message
		c.faults = append(c.faults, *fault)
		return field{}, false
	}
	if compiled.refers && !kept {
		c.faults.Add(at, "%s: reference() stands only in fields that are kept up to date", name)
		return field{}, false
	}
	if !compiled.allows(word) {
		c.faults.Add(at, "%s: the field is of type %s, the expression gives %s", name, word, compiled.result)
		return field{}, false
	}
	fallback, ok := c.fallback(name, word, rule.Default)
	return field{name, word, fallback, rule.own, compiled}, ok
}

// fallback is the value of a rule's default.
func (c *compiler) fallback(name, word string, node configs.Node) (any, bool) {
	var value any
	faults := node.Decode(&value)
	c.faults = append(c.faults, faults...)
	value, ok := normalise(value)
	if ok = ok && fits(value, word); !ok && len(faults) == 0 {
		c.faults.Add(node.Position(), "%s: the field is of type %s, the default is not", name, word)
	}
	return value, ok
}
