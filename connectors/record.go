package connectors

import (
	"maps"
	"strings"
)

// Record is one person or group as the vendor should hold it: the mapping's result, with
// references already resolved to vendor ids.
type Record struct {
	// Type is scim.TypeUser or scim.TypeGroup. A product without groups gets no group.
	Type string
	// Resource is the SCIM id, for the vendor's foreign-id field. It is not the match key.
	Resource string
	// VendorID is the vendor's id for the account, empty until the link holds one.
	VendorID string
	// Key is the product's natural key (Sage: the e-mail), as the mapping gave it.
	Key string
	// Active is what the identity provider wants; an unset active counts as true, and so does
	// every group's.
	Active bool
	// Fields are the vendor's fields the mapping produced. A key with a nil value asks for
	// the field to be cleared; an absent key leaves the vendor's value alone.
	Fields map[string]any
	// OnCreate are fields sent when the account is made and never afterwards.
	OnCreate map[string]any
	// Groups are the groups the person is directly in, where the product declares entitlements.
	Groups []Group
	// References are fields whose value is another SCIM resource's id. The relay moves each
	// into Fields as that resource's vendor id, or leaves it out while it is not linked.
	References map[string]string
}

// Creation is the fields of a new account: those for it alone, and over them every field that has a
// value. The map is the caller's.
func (r Record) Creation() map[string]any {
	fields := make(map[string]any, len(r.OnCreate)+len(r.Fields))
	maps.Copy(fields, r.OnCreate)
	for name, value := range r.Fields {
		if value != nil {
			fields[name] = value
		}
	}
	return fields
}

// Group is a group of the directory that a person is in.
type Group struct {
	ID         string // of the SCIM resource
	Name       string
	ExternalID string
}

// Is reports whether a target's settings mean the group by the word: its displayName, letter
// case aside, its externalId or its id.
func (g Group) Is(word string) bool {
	return word != "" && (strings.EqualFold(g.Name, word) || g.ExternalID == word || g.ID == word)
}

// Remote is one account or group as the vendor holds it.
type Remote struct {
	// Type is the Record's it was found or made for; the relay sets it.
	Type   string
	ID     string
	Key    string
	Active bool
	// Lingers says of an account that is not active that a Deactivate has still something to take
	// away, such as a licence: one before it failed half-way.
	Lingers bool
	// Fields are the vendor's own values under the names a Record uses, normalised to
	// string, bool, int64, float64, nil or []any of these, so that they compare with a Record's.
	Fields map[string]any
	// Confirmed says that a person has agreed to what Delete or Deactivate asked Confirm for.
	Confirmed bool
	// Notes are what the vendor did not take although nothing failed, for the administrator and
	// without personal data. Create, Update and Reactivate may return some.
	Notes []string
}

// With is the account with these fields over its own. The maps of both stay as they are.
func (r Remote) With(fields map[string]any) Remote {
	merged := make(map[string]any, len(r.Fields)+len(fields))
	maps.Copy(merged, r.Fields)
	maps.Copy(merged, fields)
	r.Fields = merged
	return r
}
