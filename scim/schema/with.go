package schema

import (
	"fmt"
	"slices"
	"strings"

	"scimrelay/scim"
)

// Addition is an extension that one tenant's resources of a type may carry beside those that
// everybody's may.
type Addition struct {
	// Type is the name of the resource type, User or Group.
	Type     string
	Required bool
	// Schema is the extension's. With prepares it, so it belongs to the new Set afterwards.
	Schema *Schema
}

// With is a Set with the extensions added. It shares with s whatever they leave as it is, so a
// tenant's own costs as much as its extensions.
func (s *Set) With(additions ...Addition) (*Set, error) {
	if len(additions) == 0 {
		return s, nil
	}
	out := &Set{common: s.common, schemas: slices.Clone(s.schemas), types: slices.Clone(s.types)}
	for _, a := range additions {
		if err := out.add(a); err != nil {
			return nil, fmt.Errorf("schema: extension %q: %w", scim.ClipName(a.Schema.URN), err)
		}
	}
	return out, nil
}

// Taken reports whether a URN, in any letter case, already names a schema of the Set, be it in
// one of the spellings that clients get wrong.
func (s *Set) Taken(urn string) bool {
	if _, ok := s.schema(urn); ok || scim.EqualName(s.common.URN, urn) {
		return true
	}
	return slices.ContainsFunc(s.types, func(rt *ResourceType) bool {
		_, ok := rt.named(urn)
		return ok
	})
}

func (s *Set) add(a Addition) error {
	i := slices.IndexFunc(s.types, func(rt *ResourceType) bool { return rt.Name == a.Type })
	switch {
	case i < 0:
		return fmt.Errorf("no resource type %q", scim.ClipName(a.Type))
	case !strings.HasPrefix(a.Schema.URN, "urn:") || len(a.Schema.URN) == len("urn:"):
		return fmt.Errorf("no URN")
	case s.Taken(a.Schema.URN):
		return fmt.Errorf("the URN is another schema's")
	}
	if err := a.Schema.prepare(); err != nil {
		return err
	}
	s.schemas = append(s.schemas, a.Schema)
	rt := *s.types[i]
	rt.Extensions = append(slices.Clone(rt.Extensions), Extension{Schema: a.Schema, Required: a.Required})
	rt.index()
	s.types[i] = &rt
	return nil
}
