package schema

import (
	"fmt"
	"slices"
	"strings"

	"scimrelay/scim"
)

// ResourceType is one kind of resource: its endpoint, its core schema and the extensions
// it may carry. It is read only.
type ResourceType struct {
	Name        string // "User"
	Endpoint    string // "/Users"
	Description string
	Core        *Schema
	Extensions  []Extension

	common  *Schema
	members *Attribute // nil for a type that has none
	groups  *Attribute // likewise
	urns    []spelling
	asked   bool // some attribute is returned on request only
}

// Extension is a schema that a resource type may carry beside its core.
type Extension struct {
	Schema   *Schema
	Required bool
}

type typeDefinition struct {
	Name             string `json:"name"`
	Endpoint         string `json:"endpoint"`
	Description      string `json:"description"`
	Schema           string `json:"schema"`
	SchemaExtensions []struct {
		Schema   string `json:"schema"`
		Required bool   `json:"required"`
	} `json:"schemaExtensions"`
}

// spelling is a URN under which clients name a schema.
type spelling struct {
	urn    string
	schema *Schema
	odd    bool // not the schema's own URN
}

// rule is the leniency it takes to accept the spelling, if any.
func (s spelling) rule() string {
	if s.odd {
		return RuleOddURN
	}
	return ""
}

func (s *Set) newType(def typeDefinition) (*ResourceType, error) {
	core, ok := s.schema(def.Schema)
	if !ok || def.Name == "" || !strings.HasPrefix(def.Endpoint, "/") {
		return nil, fmt.Errorf("needs a name, an endpoint and a known schema, has schema %q", def.Schema)
	}
	rt := &ResourceType{Name: def.Name, Endpoint: def.Endpoint, Description: def.Description, Core: core, common: s.common}
	for _, e := range def.SchemaExtensions {
		schema, ok := s.schema(e.Schema)
		if !ok {
			return nil, fmt.Errorf("unknown extension %q", e.Schema)
		}
		rt.Extensions = append(rt.Extensions, Extension{Schema: schema, Required: e.Required})
	}
	rt.index()
	rt.members, rt.groups = listOf(core, "members", ReadWrite), listOf(core, "groups", ReadOnly)
	return rt, nil
}

// index prepares what follows from the type's schemas.
func (rt *ResourceType) index() {
	rt.urns = rt.spellings()
	rt.asked = onRequest(rt.Core.Attributes)
	for _, e := range rt.Extensions {
		// What no resource holds has to be left out of none.
		rt.asked = rt.asked || e.Schema.URN != scim.SchemaRelay && onRequest(e.Schema.Attributes)
	}
}

func onRequest(list []*Attribute) bool {
	return slices.ContainsFunc(list, func(a *Attribute) bool { return a.Returned == Request || onRequest(a.SubAttributes) })
}

// HasOnRequest reports whether some attribute of the type is returned on request only.
func (rt *ResourceType) HasOnRequest() bool { return rt.asked }

// spellings lists the URNs that name the type's schemas, the longest first so that none
// hides behind another's beginning.
func (rt *ResourceType) spellings() []spelling {
	list := []spelling{
		{urn: rt.Core.URN, schema: rt.Core},
		// OneLogin's editable template still carries the URNs of SCIM 1.1 and of a draft (C-12).
		{urn: "urn:scim:schemas:core:2.0", schema: rt.Core, odd: true},
		{urn: "urn:scim:schemas:core:1.0", schema: rt.Core, odd: true},
	}
	for _, e := range rt.Extensions {
		list = append(list, spelling{urn: e.Schema.URN, schema: e.Schema})
		if e.Schema.URN != scim.SchemaEnterprise {
			continue
		}
		list = append(list,
			// Microsoft prints the enterprise URN without its last colon in an example (E-22).
			spelling{urn: "urn:ietf:params:scim:schemas:extension:enterprise:2.0User", schema: e.Schema, odd: true},
			spelling{urn: "urn:scim:schemas:extension:enterprise:2.0", schema: e.Schema, odd: true},
			spelling{urn: "urn:scim:schemas:extension:enterprise:1.0", schema: e.Schema, odd: true})
	}
	slices.SortStableFunc(list, func(a, b spelling) int { return len(b.urn) - len(a.urn) })
	return list
}

// named finds the schema of which text is exactly a URN, in any letter case.
func (rt *ResourceType) named(text string) (spelling, bool) {
	for _, sp := range rt.urns {
		if scim.EqualName(sp.urn, text) {
			return sp, true
		}
	}
	return spelling{}, false
}

// Attribute finds a core or common attribute by its name in any letter case.
func (rt *ResourceType) Attribute(name string) (*Attribute, bool) {
	if a, ok := rt.Core.Attribute(name); ok {
		return a, true
	}
	return rt.common.Attribute(name)
}

// bare finds an extension's attribute named without its URN, as Entra writes manager (E-15).
func (rt *ResourceType) bare(name string) (*Schema, *Attribute, bool) {
	for _, e := range rt.Extensions {
		if e.Schema.URN == scim.SchemaRelay {
			continue // a tenant's own extension may have the name
		}
		if a, ok := e.Schema.Attribute(name); ok {
			return e.Schema, a, true
		}
	}
	return nil, nil, false
}

// Knows reports whether the URN, in canonical spelling, is an extension of the type.
func (rt *ResourceType) Knows(urn string) bool {
	for _, e := range rt.Extensions {
		if e.Schema.URN == urn {
			return true
		}
	}
	return false
}
