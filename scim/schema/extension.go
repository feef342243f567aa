package schema

import (
	"slices"

	"scimrelay/scim"
)

// maxSchemas is how many URNs a body may list: more than an object may have keys.
const maxSchemas = 300

// checkSchemas judges the schemas of a body, which only has to name something we know:
// what the resource carries is read from its members (R-10, E-23).
func (rt *ResourceType) checkSchemas(value any, notes *Notes) error {
	if value == nil {
		return notes.Allow(RuleMissingSchemas, "schemas")
	}
	list, ok := value.([]any)
	if !ok {
		if err := notes.Allow(RuleSingleForArray, "schemas"); err != nil {
			return err
		}
		list = []any{value}
	}
	if len(list) > maxSchemas {
		return scim.BadRequest(scim.TypeInvalidSyntax, "schemas names more than %d URNs", maxSchemas)
	}
	known := false
	for i, v := range list {
		urn, ok := v.(string)
		if !ok {
			return scim.BadRequest(scim.TypeInvalidSyntax, "schemas must be an array of URNs")
		}
		if slices.ContainsFunc(list[:i], func(v any) bool { return scim.EqualName(v.(string), urn) }) {
			return scim.BadRequest(scim.TypeInvalidSyntax, "schemas names %q twice", scim.ClipName(urn))
		}
		ours, err := rt.noteSchema(urn, notes)
		if err != nil {
			return err
		}
		known = ours || known
	}
	if !known {
		return scim.BadRequest(scim.TypeInvalidSyntax, "schemas must contain %s", rt.Core.URN)
	}
	return nil
}

func (rt *ResourceType) noteSchema(urn string, notes *Notes) (known bool, err error) {
	sp, known := rt.named(urn)
	switch {
	case !known && !scim.HasNamePrefix(urn, "urn:"):
		err = notes.Allow(RuleUnknownSchema, urn)
	case sp.odd:
		err = notes.Allow(RuleOddURN, urn)
	}
	return known, err
}

// declared notes the extensions that the body has and its schemas do not name.
func (n *normalizer) declared(schemas any) error {
	list, ok := schemas.([]any)
	if !ok {
		return nil // none, or one string: noted already
	}
	for _, e := range n.rt.Extensions {
		if _, has := n.out[e.Schema.URN]; !has || slices.ContainsFunc(list, n.names(e.Schema)) {
			continue
		}
		if err := n.notes.Allow(RuleUndeclared, e.Schema.URN); err != nil {
			return err
		}
	}
	return nil
}

// names is true for each spelling of the schema's URN.
func (n *normalizer) names(s *Schema) func(any) bool {
	return func(v any) bool {
		urn, _ := v.(string)
		sp, ok := n.rt.named(urn)
		return ok && sp.schema == s
	}
}

// urn places a member whose key is a URN: a schema's object, one attribute with its URN
// before it, or an extension of the client's own.
func (n *normalizer) urn(key string, value any) error {
	if sp, ok := n.rt.named(key); ok {
		return n.schema(sp, value)
	}
	p, ok := n.rt.Resolve(key)
	obj, isObject := value.(scim.Document)
	switch {
	case ok && p.Attr != nil:
		return n.qualified(p, value)
	case isObject && !n.rt.owns(key):
		return n.extension(key, obj)
	case ok && !p.Whole():
		if err := n.notes.Allow(RuleQualifiedKey, p.Name); err != nil {
			return err
		}
		if p.SubName != "" {
			value = scim.Document{p.SubName: value}
		}
		return n.extension(p.URN, scim.Document{p.Name: value})
	}
	return n.notes.Allow(RuleUnknownAttribute, key)
}

// schema places the attributes of a known schema's object.
func (n *normalizer) schema(sp spelling, value any) error {
	obj, ok := value.(scim.Document)
	if !ok {
		if list, isList := value.([]any); isList && len(list) == 0 {
			return nil
		}
		return scim.BadRequest(scim.TypeInvalidValue, "%s must be an object", sp.schema.URN)
	}
	if sp.odd {
		if err := n.notes.Allow(RuleOddURN, sp.urn); err != nil {
			return err
		}
	}
	urn := n.rt.container(sp.schema)
	var few [16]string
	for _, name := range sortedKeys(few[:0], obj) {
		p, ok := n.rt.ResolveIn(urn, name)
		if !ok || p.SubName != "" {
			if err := n.notes.Allow(RuleUnknownAttribute, name); err != nil {
				return err
			}
			continue
		}
		if p.Name == "schemas" && urn == "" {
			continue
		}
		if sp.odd || urn == "" {
			n.late = append(n.late, late{urn, p.Attr, obj[name]})
		} else if err := n.put(urn, p.Attr, obj[name], true); err != nil {
			return err
		}
	}
	return nil
}

// qualified places "urn:…:User:department":"D" beside the attributes that came in objects.
func (n *normalizer) qualified(p Path, value any) error {
	if p.SubName != "" {
		value = scim.Document{p.SubName: value}
	}
	n.late = append(n.late, late{p.URN, p.Attr, value})
	return n.notes.Allow(RuleQualifiedKey, p.Name)
}

// extension keeps an extension without a schema as it was sent (E-23), less what is
// unassigned.
func (n *normalizer) extension(urn string, value scim.Document) error {
	kept, err := Untyped(value)
	if err != nil || kept == nil {
		return err
	}
	if err := n.notes.Allow(RuleForeignExtension, urn); err != nil {
		return err
	}
	key, ok := MemberKey(n.out, urn)
	if !ok {
		key = urn
	}
	obj := child(n.out, key)
	for name, v := range kept.(scim.Document) {
		if _, taken := obj[name]; !taken {
			obj[name] = v
		}
	}
	return nil
}

// Untyped copies a value of an extension without a schema: as sent, but with null, empty
// arrays and empty objects dropped, for they mean "unassigned" there too. It refuses lists
// beyond the number of values any attribute may have.
func Untyped(value any) (any, error) {
	switch v := value.(type) {
	case scim.Document:
		return untypedObject(v)
	case []any:
		return untypedList(v)
	}
	return value, nil
}

func untypedObject(obj scim.Document) (any, error) {
	out := make(scim.Document, len(obj))
	for key, v := range obj {
		if scim.EqualName(key, "password") {
			continue // a secret is kept nowhere, whatever it is called into (RFC 7643 section 9.2)
		}
		kept, err := Untyped(v)
		if err != nil {
			return nil, err
		}
		if kept != nil {
			out[key] = kept
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func untypedList(list []any) (any, error) {
	if len(list) > maxValues {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "an extension attribute has more than %d values", maxValues)
	}
	out := make([]any, 0, len(list))
	for _, v := range list {
		kept, err := Untyped(v)
		if err != nil {
			return nil, err
		}
		if kept != nil {
			out = append(out, kept)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}
