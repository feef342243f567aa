package restyaml

import (
	"net/url"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// The words that stand for all mapped fields, and for those that changed.
const (
	wholeFields  = "fields"
	wholeChanges = "changes"
	// spread is the key of an object under which the members of another are laid.
	spread = "..."
)

// template is what a call sends: the literals of the file and expressions in their place.
type template struct {
	literal any
	formula *connectors.Formula
	whole   string // fields or changes, laid out as the account's paths say
	object  []member
	list    []template
	kind    templateKind
}

type templateKind int

const (
	literalValue templateKind = iota
	formulaValue
	wholeValue
	objectValue
	listValue
)

type member struct {
	name  string
	value template
}

// cleared stands for a field that is to be emptied, so that it is told from one that is not there.
type cleared struct{ with any }

// template compiles what stands at the node. Every text is an expression over the names.
func (c *compiler) template(node configs.Node, names map[string]any) template {
	switch {
	case !node.Present():
		return template{}
	case node.IsMapping():
		t := template{kind: objectValue}
		for _, key := range node.Keys() {
			inner := c.template(node.Key(key), names)
			if key == spread && inner.kind != wholeValue {
				c.problem(node.Key(key), "want fields or changes here")
			}
			t.object = append(t.object, member{key, inner})
		}
		return t
	case len(node.Items()) > 0:
		t := template{kind: listValue}
		for _, item := range node.Items() {
			t.list = append(t.list, c.template(item, names))
		}
		return t
	}
	var value any
	if found := node.Decode(&value); len(found) > 0 {
		c.faults = append(c.faults, found...)
		return template{}
	}
	text, ok := value.(string)
	if !ok {
		return template{literal: plain(value)}
	}
	if word := strings.TrimSpace(text); word == wholeFields || word == wholeChanges {
		if _, there := names[word]; there {
			c.layable(node)
			return template{kind: wholeValue, whole: word}
		}
	}
	return template{kind: formulaValue, formula: c.formula(node, names, "any")}
}

// layable reports fields whose path no object can be made of.
func (c *compiler) layable(node configs.Node) {
	var through []string
	for name, text := range c.file.Account.Fields {
		if p, problem := parsePath(text); problem == "" && p.lists() {
			through = append(through, name)
		}
	}
	if slices.Sort(through); len(through) > 0 {
		c.problem(node, "the path of %s leads through a list, which is read and not written: name the fields one by one", strings.Join(through, ", "))
	}
}

// reads reports whether the template reads the name, or the part of one, as in "changes.mail".
// The whole of fields or changes reads each.
func (t template) reads(name string) bool {
	outer, _, _ := strings.Cut(name, ".")
	switch t.kind {
	case formulaValue:
		return t.formula != nil && t.formula.Reads(name)
	case wholeValue:
		return t.whole == outer
	case objectValue:
		return slices.ContainsFunc(t.object, func(m member) bool { return m.value.reads(name) })
	case listValue:
		return slices.ContainsFunc(t.list, func(inner template) bool { return inner.reads(name) })
	default:
		return false
	}
}

// names adds every name that the template's expressions read.
func (t template) names(into map[string]bool) {
	if t.formula != nil {
		for _, name := range t.formula.Names() {
			into[name] = true
		}
	}
	for _, m := range t.object {
		m.value.names(into)
	}
	for _, inner := range t.list {
		inner.names(into)
	}
}

// values are what expressions read. Under fields and changes lie the values by name, which paths
// say how to lay out.
type values map[string]any

// fill gives what the template makes of the values, and false where that is nothing, so that a
// key is left out.
func (t template) fill(v values, paths map[string]path) (any, bool, error) {
	switch t.kind {
	case formulaValue:
		result, err := t.formula.Value(v)
		if err != nil || result == nil {
			return nil, false, err
		}
		return uncleared(result), true, nil
	case wholeValue:
		fields, _ := v[t.whole].(map[string]any)
		return layOut(fields, paths), true, nil
	case objectValue:
		return t.fillObject(v, paths)
	case listValue:
		list := []any{}
		for _, item := range t.list {
			value, ok, err := item.fill(v, paths)
			if err != nil {
				return nil, false, err
			}
			if ok {
				list = append(list, value)
			}
		}
		return list, true, nil
	default:
		return t.literal, true, nil
	}
}

// fillObject leaves an object out that was to hold something and holds nothing.
func (t template) fillObject(v values, paths map[string]path) (any, bool, error) {
	object := map[string]any{}
	for _, m := range t.object {
		value, ok, err := m.value.fill(v, paths)
		if err != nil {
			return nil, false, err
		}
		laid, isObject := value.(map[string]any)
		switch {
		case !ok:
		case m.name == spread && isObject:
			for name, inner := range laid {
				if _, said := object[name]; !said {
					object[name] = inner
				}
			}
		default:
			object[m.name] = value
		}
	}
	return object, len(object) > 0 || len(t.object) == 0, nil
}

// layOut makes the vendor's object of fields by their names.
func layOut(fields map[string]any, paths map[string]path) map[string]any {
	object := map[string]any{}
	for name, value := range fields {
		if value != nil {
			paths[name].put(object, uncleared(value))
		}
	}
	return object
}

func uncleared(value any) any {
	if c, ok := value.(cleared); ok {
		return c.with
	}
	return value
}

// pairs makes a query or a form of what an object template gives: lists repeat their key.
func (t template) pairs(v values, paths map[string]path) (url.Values, error) {
	filled, _, err := t.fill(v, paths)
	if err != nil {
		return nil, err
	}
	object, _ := filled.(map[string]any)
	pairs := url.Values{}
	for name, value := range object {
		items, many := value.([]any)
		if !many {
			items = []any{value}
		}
		for _, item := range items {
			pairs.Add(name, connectors.ScalarText(item))
		}
	}
	return pairs, nil
}
