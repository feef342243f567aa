package dialect

import (
	"scimrelay/configs"
	"scimrelay/scim/filter"
	"scimrelay/scim/patch"
	"scimrelay/scim/profile"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

// Dialect is how one tenant's client is understood. It is read only.
type Dialect struct {
	Profile profile.Profile
	// Schemas is the tenant's set: the common one, or the common one with its extensions.
	Schemas *schema.Set
	// Body, Filter and Patch are the profile's rules.
	Body   schema.Rules
	Filter filter.Rules
	Patch  patch.Rules
}

// Compile makes the tenant's Dialect. The faults are everything wrong with its client and
// extensions beyond their form; with any, the Dialect is not to be used.
func Compile(base *schema.Set, t tenants.Tenant) (Dialect, configs.Faults) {
	p, faults := compileProfile(t)
	set, more := compileExtensions(base, t.Extensions)
	return Dialect{Profile: p, Schemas: set, Body: p.Schema(), Filter: p.Filter(), Patch: p.Patch()}, append(faults, more...)
}

// Check says what is wrong with a tenant's client and extensions.
func Check(base *schema.Set) tenants.Check {
	return func(t tenants.Tenant) configs.Faults {
		_, faults := Compile(base, t)
		return faults
	}
}

func compileProfile(t tenants.Tenant) (p profile.Profile, faults configs.Faults) {
	p, ok := profile.Named(t.Client.Profile)
	if !ok {
		faults.Add(t.Positions["client.profile"], "client.profile: unknown profile %q; there are %v", t.Client.Profile, profile.Names())
	}
	for _, s := range t.Client.Switches {
		if err := p.Set(s.Name, s.Value); err != nil {
			faults.Add(s.Position, "client.%v", err)
		}
	}
	return p, faults
}

// compileExtensions adds one extension after the other, so that each fault has its place.
func compileExtensions(base *schema.Set, extensions []tenants.Extension) (set *schema.Set, faults configs.Faults) {
	set = base
	for _, e := range extensions {
		next, err := set.With(schema.Addition{Type: e.Resource, Required: e.Required, Schema: definition(e)})
		if err != nil {
			faults.Add(e.Position, "extensions: %v", err)
			continue
		}
		set = next
	}
	return set, faults
}

func definition(e tenants.Extension) *schema.Schema {
	return &schema.Schema{URN: e.URN, Name: e.Name, Description: e.Name, Attributes: attributes(e.Attributes)}
}

func attributes(list []tenants.Attribute) (out []*schema.Attribute) {
	for _, a := range list {
		out = append(out, &schema.Attribute{
			Name: a.Name, Type: schema.Type(a.Type), MultiValued: a.MultiValued, Description: a.Description,
			Required: a.Required, CaseExact: a.CaseExact, CanonicalValues: a.CanonicalValues,
			Mutability: schema.Mutability(a.Mutability), Returned: schema.Returned(a.Returned), Uniqueness: a.Uniqueness,
			ReferenceTypes: referenceTypes(a), SubAttributes: attributes(a.SubAttributes),
		})
	}
	return out
}

// referenceTypes says of a reference that it is a URI, and nothing about what is there.
func referenceTypes(a tenants.Attribute) []string {
	if schema.Type(a.Type) != schema.Reference {
		return nil
	}
	return []string{"uri"}
}
