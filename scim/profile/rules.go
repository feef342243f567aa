package profile

import (
	"scimrelay/scim/filter"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
)

// Schema is what the profile's bodies are held to.
func (p Profile) Schema() schema.Rules {
	return schema.Rules{Refused: refused(
		rule{p.UnknownAttributes, schema.RuleUnknownAttribute},
		rule{p.UnknownAttributes, schema.RuleForeignExtension},
		rule{p.UndeclaredExtensions, schema.RuleUndeclared},
		rule{p.StringBooleans, schema.RuleStringBoolean},
		rule{p.OtherShapes, schema.RuleSingleForArray},
		rule{p.OtherShapes, schema.RuleArrayForSingle},
		rule{p.BareReferences, schema.RuleBareReference},
		rule{p.BareExtensionNames, schema.RuleBareExtension},
		rule{p.QualifiedKeys, schema.RuleQualifiedKey},
		rule{p.OddURNs, schema.RuleOddURN},
		rule{p.MissingSchemas, schema.RuleMissingSchemas},
		rule{p.UnknownSchemas, schema.RuleUnknownSchema},
	)}
}

// Filter is what the profile's filters are held to.
func (p Profile) Filter() filter.Rules {
	known := p.UnknownFilterAttributes != UnknownRefuse
	return filter.Rules{
		EqualOnly: p.FilterOperators == OperatorsEqAnd,
		Refused: refused(
			rule{known, filter.RuleUnknownAttribute},
			rule{known, schema.RuleForeignExtension},
			rule{p.StringBooleans, schema.RuleStringBoolean},
			rule{p.BareExtensionNames, schema.RuleBareExtension},
			rule{p.OddURNs, schema.RuleOddURN},
			rule{p.UnquotedLiterals, filter.RuleBareLiteral},
			rule{p.NumberForString, filter.RuleNumberForString},
		),
	}
}

// Patch is what the profile's PATCH messages are held to.
func (p Profile) Patch() patch.Rules {
	return patch.Rules{
		Refused: append(p.Schema().Refused, refused(
			rule{p.AnyCaseOps, patch.RuleOpCase},
			rule{p.QualifiedKeys, patch.RuleNamedKey},
			rule{p.UnquotedLiterals, filter.RuleBareLiteral},
			rule{p.NumberForString, filter.RuleNumberForString},
		)...),
		Create:         p.create(),
		NoListedRemove: !p.ListedRemove,
		Whole:          !p.MergeComplex,
		NoPathless:     !p.PathlessPatch,
		OneElement:     !p.AnyPathFilter,
	}
}

func (p Profile) create() patch.Create {
	switch p.CreateOnMatch {
	case CreateOnAdd:
		return patch.CreateOnAdd
	case CreateNever:
		return patch.CreateNever
	}
	return patch.CreateUsual
}

// rule is a leniency and whether the profile allows it.
type rule struct {
	allowed bool
	name    string
}

func refused(rules ...rule) (names []string) {
	for _, r := range rules {
		if !r.allowed {
			names = append(names, r.name)
		}
	}
	return names
}
