package connectors

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/configs"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Source is what a mapping is compiled from.
type Source struct {
	// Product is the product's mapping file. It has the parts
	//
	//	key:       the expression for the product's natural key
	//	fields:    vendor field: rule, kept up to date; nil asks for the field to be cleared
	//	on_create: vendor field: rule, sent when the account is made and never afterwards
	//	types:     vendor field: string, integer, number, boolean, list, map or any
	//	defaults:  default: type, what a target's defaults may hold
	//	group:     the first four once more, of the vendor's groups: expressions over group
	//
	// A rule is an expression, or an object of expression, apply and default. Where types is
	// given it names every field there is, so that a typing mistake in a target's file is found
	// when it is read; a name that ends in * stands for every field that begins so.
	Product []byte
	// Rules are the target's own, by field. One replaces the product's, key included, or adds a
	// field; an empty expression takes the field out, so that the vendor's value is left alone.
	// Those of a group's fields begin with "group.".
	Rules map[string]tenants.Rule
	// Defaults are the target's. One that the file declares and the target lacks is nil.
	Defaults map[string]any
	// Extensions are the schemas that the tenant declares.
	Extensions []tenants.Extension
}

// mappingFile is a product's mapping.yaml.
type mappingFile struct {
	User     sectionFile             `yaml:",inline"`
	Group    *sectionFile            `yaml:"group"`
	Defaults map[string]configs.Node `yaml:"defaults"`
}

// sectionFile is what the file says of one type of resource.
type sectionFile struct {
	Key      configs.Node            `yaml:"key,required"`
	Fields   map[string]configs.Node `yaml:"fields,required"`
	OnCreate map[string]configs.Node `yaml:"on_create"`
	Types    map[string]configs.Node `yaml:"types"`
}

// compiler gathers the rules and the faults of one type of resource.
type compiler struct {
	tools  *toolbox
	words  map[string]string // of the vendor's fields, nil when the file does not say
	rules  map[string]tenants.Rule
	faults configs.Faults
}

// groupPrefix is what a target's rule for a group's field begins with.
const groupPrefix = "group."

// CompileMapping compiles a product's mapping with a target's own rules over it and returns every
// fault at once, each where it stands.
func CompileMapping(source Source) (*Mapping, configs.Faults) {
	node, faults := configs.Parse("mapping.yaml", source.Product)
	var parsed mappingFile
	faults = append(faults, node.Decode(&parsed)...)
	if len(faults) > 0 {
		return nil, faults.Sorted()
	}
	people, groups := &compiler{rules: map[string]tenants.Rule{}}, &compiler{rules: map[string]tenants.Rule{}}
	for name, rule := range source.Rules {
		if field, ofGroup := strings.CutPrefix(name, groupPrefix); ofGroup && parsed.Group != nil {
			groups.rules[field] = rule
		} else {
			people.rules[name] = rule
		}
	}
	all := known(parsed, source.Defaults)
	readable := extensionsOf(source.Extensions, scim.TypeUser)
	people.declare("user", userTypes(readable), parsed.User, parsed, source.Defaults)
	m := people.mapping(parsed.User, scim.TypeUser, all, readable)
	if parsed.Group != nil {
		readable = extensionsOf(source.Extensions, scim.TypeGroup)
		groups.declare("group", groupTypes(readable), *parsed.Group, parsed, source.Defaults)
		m.group = groups.mapping(*parsed.Group, scim.TypeGroup, all, readable)
	}
	if faults = append(people.faults, groups.faults...); len(faults) > 0 {
		return nil, faults.Sorted()
	}
	return m, nil
}

// known completes the target's defaults, so that reading one it lacks gives nil.
func known(parsed mappingFile, defaults map[string]any) map[string]any {
	all := make(map[string]any, len(parsed.Defaults)+len(defaults))
	for name := range parsed.Defaults {
		all[name] = nil
	}
	maps.Copy(all, defaults)
	return all
}

// declare sets the types of what expressions read, under the noun, and of the fields they fill.
func (c *compiler) declare(noun string, attributes types.Map, section sectionFile, parsed mappingFile, defaults map[string]any) {
	attributes["id"] = types.String
	declared := types.Map{}
	for name := range defaults {
		declared[name] = types.Any
	}
	for name, node := range parsed.Defaults {
		if t, _, ok := c.word(node); ok {
			declared[name] = t
		}
	}
	c.tools = newToolbox(types.Map{noun: attributes, "defaults": declared})
	for name, node := range section.Types {
		if c.words == nil {
			c.words = map[string]string{}
		}
		if _, word, ok := c.word(node); ok {
			c.words[name] = word
		}
	}
}

func (c *compiler) word(node configs.Node) (types.Type, string, bool) {
	var word string
	faults := node.Decode(&word)
	c.faults = append(c.faults, faults...)
	t, ok := typeOf(word)
	if !ok && len(faults) == 0 {
		c.faults.Add(node.Position(), "no type %q: there are %s", word, words())
	}
	return t, word, ok
}

// wordOf is the declared type of a field: under its own name, or under the longest beginning
// of it that the file gives with a star.
func (c *compiler) wordOf(name string) (word string, known bool) {
	if word, known = c.words[name]; known || c.words == nil {
		return word, known
	}
	longest := -1
	for pattern, of := range c.words {
		start, open := strings.CutSuffix(pattern, "*")
		if open && strings.HasPrefix(name, start) && len(start) > longest {
			word, known, longest = of, true, len(start)
		}
	}
	return word, known
}

// isField reports whether there is such a field, and adds a fault where there is not.
func (c *compiler) isField(name string, at configs.Position) bool {
	_, known := c.wordOf(name)
	if c.words != nil && !known {
		c.faults.Add(at, "mapping: the product has no field %q: there are %s", name,
			strings.Join(slices.Sorted(maps.Keys(c.words)), ", "))
		return false
	}
	return true
}
