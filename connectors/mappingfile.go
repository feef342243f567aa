package connectors

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"

	"scimrelay/configs"
	"scimrelay/scim"
)

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

// source is an expression and where its text starts.
type source struct {
	text string
	at   configs.Position
}

// compiler gathers the faults of one mapping.
type compiler struct {
	env      types.Map
	words    map[string]string // of the vendor's fields, nil when the file does not say
	faults   configs.Faults
	override map[string]source
}

// groupPrefix is what an override of a group's field begins with.
const groupPrefix = "group."

// CompileMapping compiles a product's mapping file with a target's own expressions over it
// and returns every fault at once, each where it stands.
//
// An override replaces the expression of its field, key included, or adds a field; an empty
// one takes the field out, so that the vendor's value is left alone. Those of a group's fields
// begin with "group.". The position of the override "nic" is that of its text, looked up as
// "mapping.nic". The defaults are the target's; one the file declares and the target lacks is
// nil.
func CompileMapping(productYAML []byte, overrides map[string]string, positions map[string]configs.Position,
	defaults map[string]any) (*Mapping, configs.Faults) {
	node, faults := configs.Parse("mapping.yaml", productYAML)
	var parsed mappingFile
	faults = append(faults, node.Decode(&parsed)...)
	if len(faults) > 0 {
		return nil, faults.Sorted()
	}
	people, groups := &compiler{override: map[string]source{}}, &compiler{override: map[string]source{}}
	for name, text := range overrides {
		src := source{text, positions["mapping."+name]}
		if field, ofGroup := strings.CutPrefix(name, groupPrefix); ofGroup && parsed.Group != nil {
			groups.override[field] = src
		} else {
			people.override[name] = src
		}
	}
	all := known(parsed, defaults)
	people.declare("user", userTypes(), parsed.User, parsed, defaults)
	m := people.mapping(parsed.User, scim.TypeUser, all)
	if parsed.Group != nil {
		groups.declare("group", groupTypes(), *parsed.Group, parsed, defaults)
		m.group = groups.mapping(*parsed.Group, scim.TypeGroup, all)
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
	c.env = types.Map{noun: attributes, "defaults": declared}
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

func (c *compiler) mapping(parsed sectionFile, kind string, defaults map[string]any) *Mapping {
	m := &Mapping{kind: kind, defaults: defaults}
	m.key, _ = c.field("key", c.source("key", parsed.Key), false)
	delete(c.override, "key")
	m.fields = c.section(parsed.Fields, true)
	m.onCreate = c.section(parsed.OnCreate, false)
	for _, name := range slices.Sorted(maps.Keys(c.override)) {
		m.fields = c.add(m.fields, name, c.override[name], true)
	}
	for _, f := range slices.Concat([]field{m.key}, m.fields, m.onCreate) {
		if f.expression != nil {
			m.read = append(m.read, f.expression.reads...)
		}
	}
	return m
}

// section compiles one part of the file and uses up the overrides of its fields. Where fields
// and on_create both name a field, the override is for the former.
func (c *compiler) section(nodes map[string]configs.Node, kept bool) (fields []field) {
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		fields = c.add(fields, name, c.source(name, nodes[name]), kept)
		delete(c.override, name)
	}
	return fields
}

func (c *compiler) add(fields []field, name string, src source, kept bool) []field {
	if strings.TrimSpace(src.text) == "" {
		return fields
	}
	if f, ok := c.field(name, src, kept); ok {
		fields = append(fields, f)
	}
	return fields
}

// source is the override of the field, or what the product's file says.
func (c *compiler) source(name string, node configs.Node) source {
	if over, ok := c.override[name]; ok {
		return over
	}
	var text string
	c.faults = append(c.faults, node.Decode(&text)...)
	if strings.TrimSpace(text) == "" {
		c.faults.Add(node.Position(), "%s: the expression is empty", name)
	}
	return source{text, textPosition(node)}
}

// field compiles one field. Only what is kept up to date can wait for another resource.
func (c *compiler) field(name string, src source, kept bool) (field, bool) {
	word, known := c.words[name]
	if name == "key" {
		word, known = "string", true
	}
	if c.words != nil && !known {
		c.faults.Add(src.at, "mapping: the product has no field %q: there are %s", name,
			strings.Join(slices.Sorted(maps.Keys(c.words)), ", "))
		return field{}, false
	}
	compiled, fault := compile(src.text, src.at, c.env)
	if fault != nil {
		fault.Message = name + ": " + fault.Message
		c.faults = append(c.faults, *fault)
		return field{}, false
	}
	if compiled.refers && !kept {
		c.faults.Add(src.at, "%s: reference() stands only in fields that are kept up to date", name)
		return field{}, false
	}
	if !compiled.allows(word) {
		c.faults.Add(src.at, "%s: the field is of type %s, the expression gives %s", name, word, compiled.result)
		return field{}, false
	}
	return field{name, word, compiled}, true
}

// textPosition is where the text of a value starts, behind its quote where it has one.
func textPosition(node configs.Node) configs.Position {
	at := node.Position()
	if !node.Present() {
		return at
	}
	if origin := strings.TrimSpace(node.Node.GetToken().Origin); strings.HasPrefix(origin, "'") || strings.HasPrefix(origin, `"`) {
		at.Column++
	}
	return at
}
