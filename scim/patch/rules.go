package patch

import (
	"scimrelay/scim/schema"
)

// The rules of this package that let a client's dialect through; see schema.Notes.
const (
	RuleOpCase        = "op-case"         // "Replace" for "replace"
	RuleEmptyPath     = "empty-path"      // "" or null for no path
	RuleReadOnly      = "read-only"       // a readOnly attribute in a value without path: ignored
	RuleSchemasPath   = "schemas-ignored" // schemas as a target: they follow from the attributes
	RuleNoMatch       = "no-match"        // a filter without a match where nothing is to be done
	RuleCreateOnMatch = "create-on-match" // replace on a filter without a match: the element is made
	RuleNamedKey      = "path-as-key"     // "name.givenName" as a key of a value without path
)

// Create says when a path whose filter matches nothing makes the element it asks for.
type Create string

// The choices of Create.
const (
	// CreateUsual makes it for an add by any chain of eq, and for a replace by a canonical type
	// or by primary, which is how Entra fills a mail address for the first time (E-35, R-70c).
	CreateUsual Create = ""
	// CreateOnAdd makes it for an add only, as RFC 7644 section 3.5.2.3 asks.
	CreateOnAdd Create = "add"
	// CreateNever makes none: a path filter has to find something.
	CreateNever Create = "never"
)

// Rules say how a tenant's PATCH messages are read. The zero value is the lenient reading that
// satisfies Entra and Okta at once.
type Rules struct {
	// Refused are leniencies done without: of this package op-case, empty-path and path-as-key,
	// and those of schema and filter that apply to names and values.
	Refused []string
	// Create says when a filter without a match makes an element.
	Create Create
	// NoListedRemove refuses a remove with a list of values (0.3). The RFC ignores the list and
	// removes everything, which nobody who sends one wants.
	NoListedRemove bool
	// Whole makes an add or a replace of a complex attribute replace it all, instead of the parts
	// named: the interoperability draft makes the two one.
	Whole bool
	// NoPathless refuses operations without a path.
	NoPathless bool
	// OneElement makes a path's filter match one element, and name a part of it.
	OneElement bool
}

func (r Rules) schema() schema.Rules { return schema.Rules{Refused: r.Refused} }
