package schema

import (
	"slices"

	"scimrelay/scim"
)

// The rules that let a client's dialect through. Each leniency is one of them, a colon and
// the attribute's name; never a value.
const (
	RuleUnknownAttribute = "unknown-attribute" // dropped: the schema does not know it
	RuleForeignExtension = "foreign-extension" // kept as sent: an extension without a schema
	RuleUndeclared       = "undeclared-schema" // an extension that schemas does not name
	RuleStringBoolean    = "string-boolean"    // "True" for true
	RuleSingleForArray   = "single-for-array"  // an object where an array belongs
	RuleArrayForSingle   = "array-for-single"  // a one-element array where one value belongs
	RuleBareReference    = "bare-reference"    // a string for {"value": …}
	RuleBareExtension    = "bare-extension"    // an extension's attribute without its URN
	RuleQualifiedKey     = "qualified-key"     // "urn:…:User:department" as a key
	RuleOddURN           = "odd-urn"           // another spelling of a schema's URN
	RuleMissingSchemas   = "missing-schemas"   // no schemas, or null
	RuleUnknownSchema    = "unknown-schema"    // a URN of no schema we know
	RulePasswordDropped  = "password-dropped"  // accepted, and kept nowhere
	RuleEmptyReference   = "empty-reference"   // "" for an absent reference
	RuleUnfit            = "unfit-kept"        // stored before a schema said otherwise
)

// Rules say which leniencies a tenant does without. The zero value does without none.
type Rules struct {
	// Refused are rules, of this package or of those that read requests with it, whose use is
	// an error.
	Refused []string
}

// maxNotes bounds what one hostile body can make us remember.
const maxNotes = 64

// Notes collects the leniencies of one request, each once. The zero value is ready and allows
// everything, and a nil *Notes collects nothing.
type Notes struct {
	list    []string
	refused []string
}

// NewNotes are Notes that refuse what the rules do without.
func NewNotes(rules Rules) Notes { return Notes{refused: rules.Refused} }

// Add notes that rule was needed for the attribute of that name.
func (n *Notes) Add(rule, name string) {
	if n == nil || len(n.list) >= maxNotes {
		return
	}
	note := rule + ":" + scim.ClipName(name)
	if !slices.Contains(n.list, note) {
		n.list = append(n.list, note)
	}
}

// Allow notes the rule, or refuses it where the tenant does without.
func (n *Notes) Allow(rule, name string) error {
	if n.Refuses(rule) {
		return refusal(rule, name)
	}
	n.Add(rule, name)
	return nil
}

// Refuses reports whether the tenant does without the rule.
func (n *Notes) Refuses(rule string) bool { return n != nil && slices.Contains(n.refused, rule) }

// List is what was noted, in order.
func (n *Notes) List() []string { return n.list }

// refusal is 400 invalidValue for a value of another shape than the attribute's, and
// 400 invalidSyntax for everything else.
func refusal(rule, name string) error {
	switch rule {
	case RuleStringBoolean, RuleSingleForArray, RuleArrayForSingle, RuleBareReference:
		return scim.BadRequest(scim.TypeInvalidValue, "%s: refused by the tenant's client profile (%s)", scim.ClipName(name), rule)
	}
	return scim.BadRequest(scim.TypeInvalidSyntax, "%s: refused by the tenant's client profile (%s)", scim.ClipName(name), rule)
}
