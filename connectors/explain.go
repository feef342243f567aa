package connectors

import (
	"encoding/json"
	"fmt"
	"strings"

	"scimrelay/scim"
)

// Part is when a field of a mapping is used.
type Part string

// The parts of a mapping.
const (
	PartKey      Part = "key"       // to find the account
	PartAlways   Part = "always"    // kept up to date
	PartOnCreate Part = "on_create" // sent when the account is made
)

// Explained says how one field of the vendor comes to its value for one person or group.
type Explained struct {
	Field      string
	Part       Part
	Expression string
	// Reads are the SCIM attributes that the expression reads.
	Reads []string
	// Value is what is sent, as text; Nothing is why there is none, or where it comes from when
	// it is not the expression's. One of them is set at least.
	Value, Nothing string
	// Own says that the rule is the target's and not the product's.
	Own bool
}

// Explain says of every field how it is made of the document. Unlike a Record it shows values:
// it is for who may see the person, and for nobody's log.
func (m *Mapping) Explain(id string, doc scim.Document) []Explained {
	env := m.env(id, doc)
	list := []Explained{m.explain(m.key, PartKey, env)}
	for _, f := range m.fields {
		list = append(list, m.explain(f, PartAlways, env))
	}
	for _, f := range m.onCreate {
		list = append(list, m.explain(f, PartOnCreate, env))
	}
	return list
}

func (m *Mapping) explain(f field, part Part, env map[string]any) Explained {
	e := Explained{Field: f.name, Part: part, Expression: f.text, Reads: f.paths(), Own: f.own}
	value, err := f.value(env)
	result, _ := f.run(env)
	given, _ := normalise(result)
	switch {
	case err != nil:
		e.Nothing = FaultOf(err).Detail
	case value == nil:
		e.Nothing = m.missing(f, env)
	case f.redacted:
		e.Value = "[Redact]"
	default:
		e.Value = shown(value)
	}
	if err == nil && value != nil && given == nil {
		e.Nothing = "the rule's default: " + m.missing(f, env)
	}
	return e
}

// missing says why the expression gives nothing, and what that means for the field.
func (m *Mapping) missing(f field, env map[string]any) string {
	noun := "user"
	if m.kind == scim.TypeGroup {
		noun = "group"
	}
	attributes, _ := env[noun].(map[string]any)
	var absent []string
	for _, path := range f.paths() {
		if !isThere(attributes, path) {
			absent = append(absent, path)
		}
	}
	why := "the expression gives nothing"
	if len(absent) > 0 {
		why = "there is no " + strings.Join(absent, ", no ")
	}
	if f.ignores {
		why += "; the vendor's value is left alone"
	}
	return why
}

// isThere reports whether the attributes hold something at the path of a read.
func isThere(attributes map[string]any, path string) bool {
	var at any = attributes
	name := path
	if cut := strings.LastIndexByte(path, ':'); cut >= 0 {
		extension, declared := attributes[path[:cut]]
		if !declared { // the path is the extension's own
			return !isEmpty(attributes[path])
		}
		at, name = extension, path[cut+1:]
	}
	for name != "" {
		step, rest, _ := strings.Cut(name, ".")
		switch object := at.(type) {
		case map[string]any:
			at = object[step]
		case []any: // of its elements
			return len(object) > 0
		}
		name = rest
	}
	return !isEmpty(at)
}

// shown is a value for people to read.
func shown(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case reference:
		return "the account of " + x.id
	case []any, map[string]any:
		text, err := json.Marshal(x)
		if err != nil {
			return "a value that cannot be shown"
		}
		return string(text)
	default:
		return fmt.Sprint(x)
	}
}
