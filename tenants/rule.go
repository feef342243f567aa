package tenants

import (
	"strings"

	"scimrelay/configs"
)

// Rule says how one of a vendor's fields is made, in a product's mapping file or in a target's
// own mapping. In a file it is the expression alone or an object of these keys.
type Rule struct {
	// Expression is over the person or group. An empty one takes the field out.
	Expression configs.Text
	// Apply is when the field is sent; empty is as the product has it.
	Apply Apply
	// Default is the field's value where the expression gives nothing.
	Default configs.Node
}

// Empty reports whether the rule takes its field out. So does the zero Rule.
func (r Rule) Empty() bool { return strings.TrimSpace(r.Expression.Value) == "" }

// Apply is when a field is sent to the vendor.
type Apply string

// The two there are.
const (
	ApplyAlways   Apply = "always"    // kept up to date
	ApplyOnCreate Apply = "on_create" // sent when the account is made and never afterwards
)

type ruleFile struct {
	Expression configs.Text `yaml:"expression,required"`
	Apply      string       `yaml:"apply"`
	Default    configs.Node `yaml:"default"`
}

// ReadRule reads one rule and returns everything wrong with its form; what the expression says
// is for the connectors to check.
func ReadRule(node configs.Node) (Rule, configs.Faults) {
	if !node.IsMapping() {
		var text configs.Text
		faults := node.Decode(&text)
		return Rule{Expression: text}, faults
	}
	var f ruleFile
	faults := node.Decode(&f)
	switch Apply(f.Apply) {
	case "", ApplyAlways, ApplyOnCreate:
	default:
		faults.Add(node.Key("apply").Position(), "%s.apply: want always or on_create", node.Path())
	}
	return Rule{Expression: f.Expression, Apply: Apply(f.Apply), Default: f.Default}, faults
}

// readRules reads a target's own mapping.
func readRules(nodes map[string]configs.Node) (map[string]Rule, configs.Faults) {
	if nodes == nil {
		return nil, nil
	}
	var faults configs.Faults
	rules := make(map[string]Rule, len(nodes))
	for name, node := range nodes {
		rule, found := ReadRule(node)
		rules[name], faults = rule, append(faults, found...)
	}
	return rules, faults
}
