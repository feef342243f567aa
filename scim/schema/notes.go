package schema

import (
	"slices"

	"scimrelay/scim"
)

// The rules that let a client's dialect through. Each leniency is one of them, a colon and
// the attribute's name; never a value.
const (
	RuleUnknownAttribute = "unknown-attribute" // dropped: the schema does not know it
	RuleStringBoolean    = "string-boolean"    // "True" for true
	RuleSingleForArray   = "single-for-array"  // an object where an array belongs
	RuleArrayForSingle   = "array-for-single"  // a one-element array where one value belongs
	RuleBareReference    = "bare-reference"    // a string for {"value": …}
	RuleBareExtension    = "bare-extension"    // an extension's attribute beside the core ones
	RuleQualifiedKey     = "qualified-key"     // "urn:…:User:department" as a key
	RuleOddURN           = "odd-urn"           // another spelling of a schema's URN
	RuleMissingSchemas   = "missing-schemas"   // no schemas, or null
	RuleUnknownSchema    = "unknown-schema"    // a URN of no schema we know
	RulePasswordDropped  = "password-dropped"  // accepted, and kept nowhere
	RuleEmptyReference   = "empty-reference"   // "" for an absent reference
)

// maxNotes bounds what one hostile body can make us remember.
const maxNotes = 64

// Notes collects the leniencies of one request, each once. The zero value is ready, and a
// nil *Notes collects nothing.
type Notes struct{ list []string }

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

// List is what was noted, in order.
func (n *Notes) List() []string { return n.list }
