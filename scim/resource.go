package scim

import "time"

// Document is a resource's attributes as decoded JSON: objects are Document, arrays are
// []any, numbers are json.Number, and the rest string, bool or nil. Keys are in canonical
// case once scim/schema has normalised it. It never holds id or meta: those are the gateway's.
// Decoded with Limits.Members, members may be Members, or have a Member for an object.
type Document = map[string]any

// Resource is a SCIM User or Group as the identity provider wants it.
type Resource struct {
	ID       string
	Type     string // TypeUser or TypeGroup
	Version  int64  // rises by one with every accepted change
	Created  time.Time
	Modified time.Time
	// Body is the normalised Document as JSON, "schemas" included, "id" and "meta" not.
	Body []byte
}
