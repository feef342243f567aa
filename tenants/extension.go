package tenants

import (
	"slices"
	"strings"

	"scimrelay/configs"
)

// Extension is a SCIM schema extension of the tenant's own (RFC 7643 section 3.3).
type Extension struct {
	URN        string
	Resource   string // the resource type that may carry it, User or Group
	Name       string // for people; the URN's if the file gives none
	Required   bool
	Attributes []Attribute
	Position   configs.Position // of its URN
}

// Attribute is one attribute of an Extension, with the characteristics of RFC 7643 section 7.
type Attribute struct {
	Name            string
	Type            string
	MultiValued     bool
	Required        bool
	CaseExact       bool
	Mutability      string
	Returned        string
	Uniqueness      string
	CanonicalValues []string
	Description     string
	SubAttributes   []Attribute
	Position        configs.Position // of its name
}

type extensionFile struct {
	URN        string         `yaml:"urn,required"`
	Resource   string         `yaml:"resource,required"`
	Name       string         `yaml:"name"`
	Required   bool           `yaml:"required"`
	Attributes []configs.Node `yaml:"attributes,required"`
}

type attributeFile struct {
	Name            string         `yaml:"name,required"`
	Type            string         `yaml:"type"`
	MultiValued     bool           `yaml:"multi_valued"`
	Required        bool           `yaml:"required"`
	CaseExact       *bool          `yaml:"case_exact"`
	Mutability      string         `yaml:"mutability"`
	Returned        string         `yaml:"returned"`
	Uniqueness      string         `yaml:"uniqueness"`
	CanonicalValues []string       `yaml:"canonical_values"`
	Description     string         `yaml:"description"`
	SubAttributes   []configs.Node `yaml:"sub_attributes"`
}

func readExtensions(nodes []configs.Node) (list []Extension, faults configs.Faults) {
	for _, node := range nodes {
		e, found := readExtension(node)
		faults = append(faults, found...)
		if slices.ContainsFunc(list, func(o Extension) bool { return strings.EqualFold(o.URN, e.URN) && e.URN != "" }) {
			faults.Add(e.Position, "%s.urn: the tenant has an extension of this URN already", node.Path())
		}
		list = append(list, e)
	}
	return list, faults
}

func readExtension(node configs.Node) (Extension, configs.Faults) {
	var f extensionFile
	faults := node.Decode(&f)
	e := Extension{URN: f.URN, Resource: f.Resource, Name: f.Name, Required: f.Required, Position: node.Lookup("urn").Position()}
	if e.Name == "" {
		e.Name = e.URN
	}
	if f.URN != "" && !isURN(f.URN) {
		faults.Add(e.Position, "%s.urn: want a URN, as in urn:ietf:params:scim:schemas:extension:acme:2.0:User", node.Path())
	}
	if f.Resource != "" && f.Resource != "User" && f.Resource != "Group" {
		faults.Add(node.Lookup("resource").Position(), "%s.resource: want User or Group", node.Path())
	}
	attributes, more := readAttributes(f.Attributes, true)
	e.Attributes = attributes
	return e, append(faults, more...)
}

// readAttributes reads attributes, or with top false the parts of one.
func readAttributes(nodes []configs.Node, top bool) (list []Attribute, faults configs.Faults) {
	for _, node := range nodes {
		a, found := readAttribute(node, top)
		faults = append(faults, found...)
		if slices.ContainsFunc(list, func(o Attribute) bool { return strings.EqualFold(o.Name, a.Name) && a.Name != "" }) {
			faults.Add(a.Position, "%s.name: %q is there already", node.Path(), a.Name)
		}
		list = append(list, a)
	}
	return list, faults
}

func readAttribute(node configs.Node, top bool) (Attribute, configs.Faults) {
	f := attributeFile{Type: "string", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
	faults := node.Decode(&f)
	faults = append(faults, f.check(node, top)...)
	parts, more := readAttributes(f.SubAttributes, false)
	return Attribute{
		Name: f.Name, Type: f.Type, MultiValued: f.MultiValued, Required: f.Required, CaseExact: f.caseExact(),
		Mutability: f.Mutability, Returned: f.Returned, Uniqueness: f.Uniqueness,
		CanonicalValues: f.CanonicalValues, Description: f.Description,
		SubAttributes: parts, Position: node.Lookup("name").Position(),
	}, append(faults, more...)
}

// caseExact is what the file says; binary values and references always are (RFC 7643 sections
// 2.3.6 and 2.3.7).
func (f attributeFile) caseExact() bool {
	if f.CaseExact == nil {
		return f.Type == "binary" || f.Type == "reference"
	}
	return *f.CaseExact
}

// check finds what cannot be, or would be promised and not kept: nothing of an extension is a
// secret to hash or unique, for nothing would see to it.
func (f attributeFile) check(node configs.Node, top bool) (fs configs.Faults) {
	want := func(fine bool, path, what string) {
		if !fine {
			fs.Add(node.Lookup(path).Position(), "%s.%s: %s", node.Path(), path, what)
		}
	}
	oneOf := func(path, value string, choices ...string) {
		want(slices.Contains(choices, value), path, "want one of "+strings.Join(choices, ", "))
	}
	types := []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"}
	if top {
		types = append(types, "complex")
	}
	want(f.Name == "" || isAttribute(f.Name), "name", "want letters, digits, - and _, a letter first")
	oneOf("type", f.Type, types...)
	oneOf("mutability", f.Mutability, "readWrite", "readOnly", "immutable")
	oneOf("returned", f.Returned, "default", "always", "request")
	oneOf("uniqueness", f.Uniqueness, "none")
	want(f.Type != "complex" || !top || len(f.SubAttributes) > 0, "sub_attributes", "a complex attribute needs some")
	want(f.Type == "complex" || len(f.SubAttributes) == 0, "sub_attributes", "only a complex attribute has some")
	return fs
}

// isURN is loose: what clients send is compared with it without case, and nothing more.
func isURN(s string) bool {
	rest, ok := strings.CutPrefix(s, "urn:")
	parts := strings.Split(rest, ":")
	return ok && len(s) <= 200 && len(parts) >= 2 && !slices.Contains(parts, "") &&
		strings.Trim(rest, letters+strings.ToUpper(letters)+digits+":.-_") == ""
}

func isAttribute(s string) bool {
	all := letters + strings.ToUpper(letters)
	return len(s) <= 63 && strings.Trim(s, all+digits+"-_") == "" && strings.Trim(s[:1], all) == ""
}
