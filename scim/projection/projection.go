package projection

import (
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// Projection says which attributes of a resource type's resources are sent. It is read
// only: one Projection may be applied from many goroutines. The zero value sends
// everything.
type Projection struct {
	rt      *schema.ResourceType
	mode    mode
	names   *names
	unknown []string
}

// mode is what the names of a level mean.
type mode int

const (
	defaults mode = iota // what is returned by default, and what is named
	only                 // what is named, and what is always returned
	without              // what is returned by default and not named
)

// Parse compiles the two parameters for the resource type. Names stand in any letter case,
// with or without their schema's URN; a URN alone is its whole schema; a filter in brackets
// is passed over (V-63). An item that still holds commas is split. Empty items count for
// nothing, so empty parameters are as good as none.
//
// Both parameters at once are 400 invalidSyntax, for they exclude each other; too
// many or too long names are 400 invalidValue. A name the type does not have is no error:
// it is in Unknown and sends nothing.
func Parse(rt *schema.ResourceType, attributes, excluded []string) (Projection, error) {
	wanted, err := items(attributes)
	if err != nil {
		return Projection{}, err
	}
	unwanted, err := items(excluded)
	if err != nil {
		return Projection{}, err
	}
	p := Projection{rt: rt, names: &names{}}
	switch {
	case len(wanted) > 0 && len(unwanted) > 0:
		return Projection{}, scim.BadRequest(scim.TypeInvalidSyntax, "attributes and excludedAttributes exclude each other")
	case len(wanted) > 0:
		p.mode = only
	case len(unwanted) > 0:
		p.mode = without
	}
	for _, name := range append(wanted, unwanted...) {
		if !p.names.add(rt, name) {
			p.unknown = append(p.unknown, scim.ClipName(name))
		}
	}
	return p, nil
}

// All reports that nothing was asked for: what is sent is the full default representation.
func (p Projection) All() bool { return p.mode == defaults && (p.rt == nil || !p.rt.HasOnRequest()) }

// Unknown names the attributes the resource type does not have, as written.
func (p Projection) Unknown() []string { return p.unknown }

// Wants reports whether the attribute, such as members or groups, or a part of it can be
// sent at all. What nobody will see need not be fetched.
func (p Projection) Wants(attribute string) bool {
	if p.rt == nil {
		return true
	}
	path, ok := p.rt.Resolve(attribute)
	switch {
	case !ok:
		return p.mode != only
	case path.Whole():
		return true
	}
	level := level{p.mode, p.names}
	if path.URN != "" {
		level = level.extension(path.URN, path.Attr != nil)
	}
	_, sent := level.member(path.Attr, path.Name, path.URN == "")
	return sent
}

// Apply returns what is to be sent of a complete resource, with id, meta, schemas and
// extensions. The resource is not changed; the answer shares values with it. Objects and
// lists that the restriction leaves empty are dropped, and schemas names the extensions
// that are still there.
func (p Projection) Apply(doc scim.Document) scim.Document {
	if p.rt == nil {
		return doc
	}
	top := level{p.mode, p.names}
	out := make(scim.Document, top.size(doc))
	for key, v := range doc {
		if kept := p.topmost(top, key, v); kept != nil {
			out[key] = kept
		}
	}
	p.announce(out)
	return out
}

// topmost is what is sent of a top-level member: an attribute or an extension's object.
func (p Projection) topmost(top level, key string, v any) any {
	if a, ok := p.rt.Attribute(key); ok {
		return top.attribute(a, a.Name, v, true)
	}
	obj, ok := v.(scim.Document)
	if !ok || !scim.HasNamePrefix(key, "urn:") {
		return top.attribute(nil, key, v, false)
	}
	e := p.extension(key)
	if e == nil {
		return top.extension(key, false).object(obj, undefined)
	}
	return top.extension(e.URN, true).object(obj, e.Attribute)
}

// extension is the type's extension under that key of a Document.
func (p Projection) extension(urn string) *schema.Schema {
	for _, e := range p.rt.Extensions {
		if e.Schema.URN == urn {
			return e.Schema
		}
	}
	return nil
}

// undefined finds the attributes of an extension without a schema: none.
func undefined(string) (*schema.Attribute, bool) { return nil, false }

// announce reduces schemas to the core and the extensions of which something is sent.
func (p Projection) announce(out scim.Document) {
	list, ok := out["schemas"].([]any)
	if !ok {
		return
	}
	kept := make([]any, 0, len(list))
	for _, v := range list {
		urn, ok := v.(string)
		if !ok {
			continue
		}
		if _, sent := schema.MemberKey(out, urn); sent || scim.EqualName(urn, p.rt.Core.URN) {
			kept = append(kept, v)
		}
	}
	out["schemas"] = kept
}
