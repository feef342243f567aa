package restyaml

import (
	"fmt"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
)

// compiler turns one file into a product and gathers everything that is wrong with it.
type compiler struct {
	root   configs.Node
	file   productFile
	faults configs.Faults
	// words are the declared types of the mapping's fields, kept those it keeps up to date,
	// made those it sends at creation only.
	words      map[string]string
	kept, made map[string]bool
}

// problem reports what is wrong at the node, naming it by its path in the file.
func (c *compiler) problem(at configs.Node, format string, args ...any) {
	c.at(at.Position(), at.Path(), format, args...)
}

// missing reports something about a key that is not there.
func (c *compiler) missing(from configs.Node, key, format string, args ...any) {
	name := key
	if path := from.Path(); path != "" {
		name = path + "." + key
	}
	c.at(from.Position(), name, format, args...)
}

func (c *compiler) at(at configs.Position, name, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if name != "" {
		message = name + ": " + message
	}
	c.faults.Add(at, "%s", message)
}

// formula compiles the text at the node, whose value must be able to be of the type.
func (c *compiler) formula(node configs.Node, names map[string]any, word string) *connectors.Formula {
	var text configs.Text
	if found := node.Decode(&text); len(found) > 0 {
		c.faults = append(c.faults, found...)
		return nil
	}
	if strings.TrimSpace(text.Value) == "" {
		c.problem(node, "the expression is empty")
		return nil
	}
	f, fault := connectors.CompileFormula(text, names)
	if fault != nil {
		c.at(fault.Position, node.Path(), "%s%s", fault.Message, hint(fault.Message))
		return nil
	}
	if !f.Allows(word) {
		c.problem(node, "the expression does not give a %s", word)
		return nil
	}
	return f
}

// hint helps with the mistake that everybody makes once.
func hint(message string) string {
	if strings.HasPrefix(message, "unknown name") {
		return ` (every text here is an expression; text itself stands in quotes of its own, as in '"text"')`
	}
	return ""
}

// path parses the path that stands at the node.
func (c *compiler) path(node configs.Node, text string) path {
	p, problem := parsePath(text)
	if problem != "" {
		c.problem(node, "%s", problem)
	}
	return p
}

// oneOf checks a word against those there are.
func (c *compiler) oneOf(node configs.Node, word string, known ...string) {
	if !slices.Contains(known, word) {
		c.problem(node, "no %q: there are %s", word, strings.Join(known, ", "))
	}
}

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// isName says whether a name is made of the characters, does not begin with a dash or an
// underscore, and is not too long.
func isName(name, of string) bool {
	return name != "" && len(name) <= 63 && strings.Trim(name, of) == "" && !strings.ContainsAny(name[:1], "-_")
}

func isHeader(name string) bool { return isName(name, lower+upper+digits+"-") }

// known are the types of fields and defaults.
func known() []string {
	return []string{"string", "integer", "number", "boolean", "list", "map", "any"}
}

// defaultNames are what expressions may read of defaults.
func (c *compiler) defaultNames() map[string]any {
	names := map[string]any{}
	for name, d := range c.file.Defaults {
		names[name] = d.Type
	}
	return names
}

func (c *compiler) credentialNames() map[string]any {
	names := map[string]any{}
	for name := range c.file.Credentials {
		names[name] = "string"
	}
	return names
}

// fieldNames are the mapping's fields with their types.
func (c *compiler) fieldNames() map[string]any {
	names := map[string]any{}
	for name, word := range c.words {
		names[name] = word
	}
	return names
}
