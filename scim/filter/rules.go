package filter

import (
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// The rules of this package that let a client's dialect through; see schema.Notes.
const (
	RuleUnknownAttribute = "unknown-filter-attribute" // the filter matches nothing
	RuleBareLiteral      = "bare-literal"             // eq jyoung2 for eq "jyoung2"
	RuleNumberForString  = "number-for-string"        // eq 123 where text is compared
)

// Rules say what a tenant's filters may not be. The zero value allows everything.
type Rules struct {
	// Refused are leniencies done without: those of this package, and of schema's
	// foreign-extension, bare-extension, odd-urn and string-boolean. Their use is
	// 400 invalidFilter, but a number just matches no text.
	Refused []string
	// EqualOnly refuses everything but eq and and.
	EqualOnly bool
}

func (r Rules) notes() *schema.Notes {
	notes := schema.NewNotes(schema.Rules{Refused: r.Refused})
	return &notes
}

// allowed refuses what is neither eq nor and, where nothing else may be.
func (c *compiler) allowed(e Expr) error {
	if !c.equalOnly {
		return nil
	}
	switch e := e.(type) {
	case Or, Not:
		return scim.BadRequest(scim.TypeInvalidFilter, "filter: only eq and and are supported")
	case Comparison:
		if e.Op != Equal {
			return refuse(e.Position, "only eq and and are supported, not %s", e.Op)
		}
	}
	return nil
}

// understood notes the leniency by which a name was resolved.
func (c *compiler) understood(p schema.Path, name string, position int) error {
	if p.Rule == "" {
		return nil
	}
	if c.notes.Refuses(p.Rule) {
		return refuse(position, "%s is refused by the tenant's client profile (%s)", scim.ClipName(name), p.Rule)
	}
	c.notes.Add(p.Rule, p.Noted(name))
	return nil
}

// literal judges the form of a comparison's literal. It is false for a number where text is
// compared and a number is no text.
func (c *compiler) literal(leaf *schema.Attribute, e Comparison) (bool, error) {
	rule := ""
	switch kind := e.Value.Kind; {
	case kind == Bare:
		rule = RuleBareLiteral
	case leaf == nil:
	case leaf.Type == schema.Boolean && kind == Text:
		rule = schema.RuleStringBoolean
	case kind == Number && (leaf.Type == schema.String || leaf.Type == schema.Reference):
		if c.notes.Refuses(RuleNumberForString) {
			return false, nil
		}
		rule = RuleNumberForString
	}
	if rule == "" {
		return true, nil
	}
	if c.notes.Refuses(rule) {
		return false, refuse(e.Position, "%s is compared with a literal of another form (%s)", scim.ClipName(e.Attribute), rule)
	}
	c.notes.Add(rule, e.Attribute)
	return true, nil
}
