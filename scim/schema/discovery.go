package schema

import (
	"slices"

	"scimrelay/scim"
)

const (
	schemaOfSchema       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	schemaOfResourceType = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// Discovery writes the discovery documents of a Set for one tenant (RFC 7643 sections 6
// and 7). Its Documents are new each time.
type Discovery struct {
	Set *Set
	// Base is the tenant's SCIM base URL, without a slash at the end.
	Base string
	// HideUnreturned leaves out attributes that are never returned: Microsoft's validation
	// service expects to read back whatever a schema lists (V-01).
	HideUnreturned bool
}

// shows reports whether an extension is listed. The gateway's own has nothing that anybody could
// write and read back.
func (d Discovery) shows(e Extension) bool {
	return !d.HideUnreturned || e.Schema.URN != scim.SchemaRelay
}

// Schemas lists every schema some resource type uses, each once.
func (d Discovery) Schemas() []scim.Document {
	var docs []scim.Document
	for _, s := range d.used() {
		docs = append(docs, d.schema(s))
	}
	return docs
}

// Schema is the schema with the URN in any letter case, or false.
func (d Discovery) Schema(urn string) (scim.Document, bool) {
	for _, s := range d.used() {
		if scim.EqualName(s.URN, urn) {
			return d.schema(s), true
		}
	}
	return nil, false
}

// ResourceTypes lists the resource types.
func (d Discovery) ResourceTypes() []scim.Document {
	var docs []scim.Document
	for _, rt := range d.Set.Types() {
		docs = append(docs, d.resourceType(rt))
	}
	return docs
}

// ResourceType is the resource type with the name in any letter case, or false.
func (d Discovery) ResourceType(name string) (scim.Document, bool) {
	rt, ok := d.Set.Type(name)
	if !ok {
		return nil, false
	}
	return d.resourceType(rt), true
}

// used lists the schemas, those that the resource types share at the end.
func (d Discovery) used() []*Schema {
	var list, shared []*Schema
	add := func(s *Schema) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, rt := range d.Set.Types() {
		add(rt.Core)
		for _, e := range rt.Extensions {
			switch {
			case !d.shows(e):
			case e.Schema.URN == scim.SchemaRelay:
				shared = []*Schema{e.Schema}
			default:
				add(e.Schema)
			}
		}
	}
	return append(list, shared...)
}

func (d Discovery) resourceType(rt *ResourceType) scim.Document {
	doc := scim.Document{
		"schemas":     []any{schemaOfResourceType},
		"id":          rt.Name,
		"name":        rt.Name,
		"description": rt.Description,
		"endpoint":    rt.Endpoint,
		"schema":      rt.Core.URN,
		"meta":        d.meta("ResourceType", "/ResourceTypes/"+rt.Name),
	}
	var extensions []any
	for _, e := range rt.Extensions {
		if d.shows(e) {
			extensions = append(extensions, scim.Document{"schema": e.Schema.URN, "required": e.Required})
		}
	}
	if extensions != nil {
		doc["schemaExtensions"] = extensions
	}
	return doc
}

func (d Discovery) schema(s *Schema) scim.Document {
	return scim.Document{
		"schemas":     []any{schemaOfSchema},
		"id":          s.URN,
		"name":        s.Name,
		"description": s.Description,
		"attributes":  d.attributes(d.listed(s)),
		"meta":        d.meta("Schema", "/Schemas/"+s.URN),
	}
}

// listed is a schema's attributes; a core schema has externalId too, which is part of every
// base schema (RFC 7643 section 3.1) and which an administrator wants to map.
func (d Discovery) listed(s *Schema) []*Attribute {
	for _, rt := range d.Set.Types() {
		if rt.Core != s {
			continue
		}
		if a, ok := d.Set.common.Attribute("externalId"); ok {
			return append([]*Attribute{a}, s.Attributes...)
		}
	}
	return s.Attributes
}

func (d Discovery) meta(resourceType, path string) scim.Document {
	return scim.Document{"resourceType": resourceType, "location": d.Base + path}
}

func (d Discovery) attributes(list []*Attribute) []any {
	docs := make([]any, 0, len(list))
	for _, a := range list {
		if d.HideUnreturned && a.Returned == Never {
			continue
		}
		docs = append(docs, d.attribute(a))
	}
	return docs
}

func (d Discovery) attribute(a *Attribute) scim.Document {
	doc := scim.Document{
		"name":        a.Name,
		"type":        string(a.Type),
		"multiValued": a.MultiValued,
		"description": a.Description,
		"required":    a.Required,
		"caseExact":   a.CaseExact,
		"mutability":  string(a.Mutability),
		"returned":    string(a.Returned),
		"uniqueness":  a.Uniqueness,
	}
	if len(a.CanonicalValues) > 0 {
		doc["canonicalValues"] = texts(a.CanonicalValues)
	}
	if len(a.ReferenceTypes) > 0 {
		doc["referenceTypes"] = texts(a.ReferenceTypes)
	}
	if len(a.SubAttributes) > 0 {
		doc["subAttributes"] = d.attributes(a.SubAttributes)
	}
	return doc
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
