package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"scimrelay/scim"
)

//go:embed definitions/*.json
var definitions embed.FS

const (
	commonFile = "common.json"
	typesFile  = "resource_types.json"
)

// Schema is a named list of attributes with its own URN.
type Schema struct {
	URN         string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Attributes  []*Attribute `json:"attributes"`

	names index
}

// Set is every schema and resource type of the service. It is read only once loaded, so
// one Set serves all tenants at once.
type Set struct {
	common  *Schema
	schemas []*Schema
	types   []*ResourceType
}

// Load reads the definitions compiled into the program.
func Load() (*Set, error) {
	fsys, err := fs.Sub(definitions, "definitions")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return LoadFS(fsys)
}

// LoadFS reads definitions in the representation of RFC 7643 section 8.7 from fsys:
// common.json with the attributes of every resource, resource_types.json with the types
// (section 8.6), and one file per schema. It fails on whatever it does not understand.
func LoadFS(fsys fs.FS) (*Set, error) {
	s := &Set{}
	if err := s.loadSchemas(fsys); err != nil {
		return nil, err
	}
	var types []typeDefinition
	if err := decodeFile(fsys, typesFile, &types); err != nil {
		return nil, err
	}
	for _, def := range types {
		rt, err := s.newType(def)
		if err != nil {
			return nil, fmt.Errorf("schema: resource type %q: %w", def.Name, err)
		}
		s.types = append(s.types, rt)
	}
	return s, nil
}

func (s *Set) loadSchemas(fsys fs.FS) error {
	files, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	for _, file := range files {
		if file == typesFile {
			continue
		}
		schema := &Schema{}
		if err := decodeFile(fsys, file, schema); err != nil {
			return err
		}
		if err := schema.prepare(); err != nil {
			return fmt.Errorf("schema: %s: %w", file, err)
		}
		if file == commonFile {
			s.common = schema
		} else {
			s.schemas = append(s.schemas, schema)
		}
	}
	if s.common == nil {
		return fmt.Errorf("schema: no %s", commonFile)
	}
	return nil
}

func decodeFile(fsys fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("schema: %s: %w", name, err)
	}
	return nil
}

func (s *Schema) prepare() error {
	if s.URN == "" || s.Name == "" {
		return fmt.Errorf("no id or no name")
	}
	for _, a := range s.Attributes {
		if err := a.prepare(""); err != nil {
			return err
		}
	}
	var err error
	s.names, err = newIndex(s.Attributes)
	return err
}

// Attribute finds one of the schema's own attributes by its name in any letter case.
func (s *Schema) Attribute(name string) (*Attribute, bool) { return s.names.find(name) }

// Types lists the resource types in the order they are defined.
func (s *Set) Types() []*ResourceType { return s.types }

// Type finds a resource type by its name in any letter case.
func (s *Set) Type(name string) (*ResourceType, bool) {
	for _, rt := range s.types {
		if scim.EqualName(rt.Name, name) {
			return rt, true
		}
	}
	return nil, false
}

func (s *Set) schema(urn string) (*Schema, bool) {
	for _, schema := range s.schemas {
		if scim.EqualName(schema.URN, urn) {
			return schema, true
		}
	}
	return nil, false
}
