package schema

import (
	"strings"

	"scimrelay/scim"
)

// Path says where in a Document an attribute lives and what it may hold.
type Path struct {
	// URN is the key of the extension object that holds the attribute; empty for core and
	// common attributes. An extension without a schema keeps the spelling it was sent in.
	URN string
	// Name and SubName are the attribute and sub-attribute, in canonical spelling where a
	// schema has them. Without a Name the path is the whole schema URN names.
	Name, SubName string
	// Attr and Sub are their definitions; nil where no schema has them.
	Attr, Sub *Attribute
	// Rule is the leniency by which the path was understood; empty for one that needs none.
	Rule string
}

// Whole reports whether the path names a whole schema, not an attribute.
func (p Path) Whole() bool { return p.Name == "" }

// Untyped reports whether the path leads into an extension without a schema.
func (p Path) Untyped() bool { return p.Attr == nil && p.URN != "" && !p.Whole() }

// Leaf is the definition the path ends at: the sub-attribute if it has one.
func (p Path) Leaf() *Attribute {
	if p.SubName != "" {
		return p.Sub
	}
	return p.Attr
}

// String is the path as a client writes it.
func (p Path) String() string {
	s := p.Name
	if p.SubName != "" {
		s += "." + p.SubName
	}
	switch {
	case p.URN == "":
		return s
	case s == "":
		return p.URN
	}
	return p.URN + ":" + s
}

// Noted is how a note names the path that a client wrote as text: a foreign extension by its
// URN, so that it is one note and not one per attribute.
func (p Path) Noted(text string) string {
	if p.Rule == RuleForeignExtension {
		return p.URN
	}
	return text
}

// Resolve finds the attribute a client names: in any letter case, with or without its
// schema's URN, with the dot old Entra jobs put before the attribute (E-38), or an
// extension's attribute without the URN (E-15). A URN of no schema is an extension of the
// client's own. It is false when the type has no such attribute or text is no path at all.
func (rt *ResourceType) Resolve(text string) (Path, bool) {
	if scim.HasNamePrefix(text, "urn:") {
		return rt.resolveURN(text)
	}
	name, sub, ok := splitName(text)
	if !ok {
		return Path{}, false
	}
	if a, ok := rt.Attribute(name); ok {
		return pathTo("", a, sub)
	}
	if schema, a, ok := rt.bare(name); ok {
		p, ok := pathTo(schema.URN, a, sub)
		p.Rule = RuleBareExtension
		return p, ok
	}
	return Path{}, false
}

func (rt *ResourceType) resolveURN(text string) (Path, bool) {
	if sp, ok := rt.named(text); ok {
		return Path{URN: rt.container(sp.schema), Rule: sp.rule()}, true
	}
	if sp, rest, ok := rt.qualified(text); ok {
		p, ok := rt.ResolveIn(rt.container(sp.schema), rest)
		if p.Rule = sp.rule(); text[len(sp.urn)] == '.' {
			p.Rule = RuleOddURN
		}
		return p, ok
	}
	return rt.resolveForeign(text)
}

// qualified splits the URN of one of the type's schemas from what follows it.
func (rt *ResourceType) qualified(text string) (sp spelling, rest string, ok bool) {
	for _, sp := range rt.urns {
		n := len(sp.urn)
		if len(text) > n && (text[n] == ':' || text[n] == '.') && scim.EqualName(text[:n], sp.urn) {
			return sp, text[n+1:], true
		}
	}
	return spelling{}, "", false
}

// owns reports whether the URN begins with one of the type's schemas.
func (rt *ResourceType) owns(text string) bool {
	_, _, ok := rt.qualified(text)
	return ok
}

// ResolveIn finds an attribute of the schema whose object in the Document has the key urn,
// empty for the core.
func (rt *ResourceType) ResolveIn(urn, text string) (Path, bool) {
	name, sub, ok := splitName(text)
	if !ok {
		return Path{}, false
	}
	if urn == "" {
		a, ok := rt.Attribute(name)
		if !ok {
			return Path{}, false
		}
		return pathTo("", a, sub)
	}
	for _, e := range rt.Extensions {
		if e.Schema.URN != urn {
			continue
		}
		a, ok := e.Schema.Attribute(name)
		if !ok {
			return Path{}, false
		}
		return pathTo(urn, a, sub)
	}
	return Path{URN: urn, Name: name, SubName: sub}, true
}

// resolveForeign splits an extension URN of the client's own from the attribute after its
// last colon: dots before it belong to the URN. A URN that ends in the type's name,
// as extensions do by convention, names the whole extension.
func (rt *ResourceType) resolveForeign(text string) (Path, bool) {
	colon := strings.LastIndexByte(text, ':')
	urn, rest := text[:colon], text[colon+1:]
	name, sub, ok := splitName(rest)
	if !ok || scim.EqualName(name, rt.Name) && sub == "" {
		return Path{URN: text, Rule: RuleForeignExtension}, rest != "" && len(urn) > len("urn:")
	}
	if len(urn) <= len("urn:") {
		return Path{}, false
	}
	return Path{URN: urn, Name: name, SubName: sub, Rule: RuleForeignExtension}, true
}

// container is the key under which a Document holds the schema's attributes.
func (rt *ResourceType) container(s *Schema) string {
	if s == rt.Core {
		return ""
	}
	return s.URN
}

func pathTo(urn string, a *Attribute, sub string) (Path, bool) {
	p := Path{URN: urn, Name: a.Name, Attr: a}
	if sub == "" {
		return p, true
	}
	s, ok := a.Sub(sub)
	if !ok {
		return Path{}, false
	}
	p.SubName, p.Sub = s.Name, s
	return p, true
}

// splitName cuts "name.familyName" in two. Names are those of RFC 7643 section 2.1.
func splitName(text string) (name, sub string, ok bool) {
	name, sub, dotted := strings.Cut(text, ".")
	if !isName(name) || dotted && !isName(sub) {
		return "", "", false
	}
	return name, sub, true
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
		case s[i] == '$' && i == 0: // "$ref"
		case i > 0 && ('0' <= s[i] && s[i] <= '9' || s[i] == '-' || s[i] == '_'):
		default:
			return false
		}
	}
	return s != "" && s != "$"
}

// Object is the object of the Document that holds the path's attribute, if there is one. It
// is found in any letter case: what was stored before its extension had a schema kept the
// spelling it was sent in.
func (p Path) Object(doc scim.Document) (scim.Document, bool) {
	if p.URN == "" {
		return doc, true
	}
	v, ok := Member(doc, p.URN)
	obj, isObject := v.(scim.Document)
	return obj, ok && isObject
}

// Value is the value of the path's attribute in the Document, not of its sub-attribute.
func (p Path) Value(doc scim.Document) (any, bool) {
	obj, ok := p.Object(doc)
	if !ok {
		return nil, false
	}
	if p.URN == "" {
		v, ok := obj[p.Name]
		return v, ok
	}
	return Member(obj, p.Name)
}

// Member finds a member of an object by its name in any letter case.
func Member(obj scim.Document, name string) (any, bool) {
	if v, ok := obj[name]; ok {
		return v, true
	}
	if key, ok := MemberKey(obj, name); ok {
		return obj[key], true
	}
	return nil, false
}

// MemberKey is the spelling under which an object holds a name. Of several spellings,
// which no decoded body has, it is the first in order.
func MemberKey(obj scim.Document, name string) (string, bool) {
	if _, ok := obj[name]; ok {
		return name, true
	}
	found, ok := "", false
	for key := range obj {
		if scim.EqualName(key, name) && (!ok || key < found) {
			found, ok = key, true
		}
	}
	return found, ok
}
