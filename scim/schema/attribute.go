package schema

import (
	"fmt"
	"slices"
	"strings"

	"scimrelay/scim"
)

// Type is an attribute's data type (RFC 7643 section 2.3).
type Type string

// The data types.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"
)

// Mutability says who may write an attribute, and when (RFC 7643 section 2.2).
type Mutability string

// The mutabilities.
const (
	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned says when an attribute appears in an answer (RFC 7643 section 2.2).
type Returned string

// The choices of Returned.
const (
	Always  Returned = "always"
	Never   Returned = "never"
	Default Returned = "default"
	Request Returned = "request"
)

// Attribute is one attribute of a schema with the characteristics of RFC 7643 section 7.
// It is read only.
type Attribute struct {
	Name            string       `json:"name"`
	Type            Type         `json:"type"`
	MultiValued     bool         `json:"multiValued"`
	Description     string       `json:"description"`
	Required        bool         `json:"required"`
	CaseExact       bool         `json:"caseExact"`
	CanonicalValues []string     `json:"canonicalValues"`
	Mutability      Mutability   `json:"mutability"`
	Returned        Returned     `json:"returned"`
	Uniqueness      string       `json:"uniqueness"`
	ReferenceTypes  []string     `json:"referenceTypes"`
	SubAttributes   []*Attribute `json:"subAttributes"`

	path   string // "emails.value": how details and leniencies name it
	subs   index
	needed []*Attribute // the sub-attributes that a value must have
}

// Sub finds a sub-attribute by its name in any letter case.
func (a *Attribute) Sub(name string) (*Attribute, bool) { return a.subs.find(name) }

// String is the attribute's path within its schema, such as emails.value.
func (a *Attribute) String() string { return a.path }

// Canonical reports whether value is one of the attribute's canonical values.
func (a *Attribute) Canonical(value string) bool {
	return slices.ContainsFunc(a.CanonicalValues, func(c string) bool { return Fold(c) == Fold(value) })
}

// Key is the form in which two of the attribute's values are the same value: folded by
// Fold, or the text itself where case matters.
func (a *Attribute) Key(value string) string {
	if a.CaseExact {
		return value
	}
	return Fold(value)
}

// holdsValue reports whether a bare string stands for {"value": …}: so with a single
// reference like manager, which most clients write without the object (E-38).
func (a *Attribute) holdsValue() bool {
	_, ok := a.Sub("value")
	return ok && a.Type == Complex && !a.MultiValued
}

// prepare checks the definition, names its path and indexes its sub-attributes.
func (a *Attribute) prepare(parent string) error {
	a.path = strings.TrimPrefix(parent+"."+a.Name, ".")
	if err := a.check(); err != nil {
		return fmt.Errorf("attribute %q: %w", a.path, err)
	}
	for _, sub := range a.SubAttributes {
		if err := sub.prepare(a.path); err != nil {
			return err
		}
		if sub.Required {
			a.needed = append(a.needed, sub)
		}
	}
	var err error
	a.subs, err = newIndex(a.SubAttributes)
	return err
}

func (a *Attribute) check() error {
	switch {
	case !isName(a.Name):
		return fmt.Errorf("no name that RFC 7643 section 2.1 allows")
	case !slices.Contains([]Type{String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex}, a.Type):
		return fmt.Errorf("unknown type %q", a.Type)
	case !slices.Contains([]Mutability{ReadOnly, ReadWrite, Immutable, WriteOnly}, a.Mutability):
		return fmt.Errorf("unknown mutability %q", a.Mutability)
	case !slices.Contains([]Returned{Always, Never, Default, Request}, a.Returned):
		return fmt.Errorf("unknown returned %q", a.Returned)
	case !slices.Contains([]string{"none", "server", "global"}, a.Uniqueness):
		return fmt.Errorf("unknown uniqueness %q", a.Uniqueness)
	case (a.Type == Complex) != (len(a.SubAttributes) > 0):
		return fmt.Errorf("sub-attributes and type %q do not agree", a.Type)
	}
	return nil
}

// index finds attributes by name: the canonical spelling at once, others in lower case.
type index map[string]*Attribute

func newIndex(attributes []*Attribute) (index, error) {
	x := make(index, 2*len(attributes))
	for _, a := range attributes {
		name := scim.LowerName(a.Name)
		if _, dup := x[name]; dup {
			return nil, fmt.Errorf("attribute %q is defined twice", a.Name)
		}
		x[name] = a
		x[a.Name] = a
	}
	return x, nil
}

func (x index) find(name string) (*Attribute, bool) {
	if a, ok := x[name]; ok {
		return a, true
	}
	a, ok := x[scim.LowerName(name)]
	return a, ok
}
