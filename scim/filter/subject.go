package filter

import (
	"time"

	"scimrelay/scim"
)

// Subject is the resource a filter is asked about. A Document holds neither id nor meta, so
// they come beside it.
type Subject struct {
	ID       string
	Type     string // meta.resourceType
	Created  time.Time
	Modified time.Time
	Location string // meta.location, if the caller knows it
	Version  string // meta.version, as in the ETag, if the caller knows it
	Document scim.Document
	// Related gives the elements of members or groups, which a Document does not hold either:
	// all of them, or with an id only the one whose value it is, if there is one. Each is an
	// object as clients see it. Only a filter that Needs the attribute calls it; nil is none.
	Related func(attribute, id string) []any
}

// SubjectOf is the Subject for a stored resource and its decoded Body.
func SubjectOf(r scim.Resource, doc scim.Document) Subject {
	return Subject{ID: r.ID, Type: r.Type, Created: r.Created, Modified: r.Modified, Document: doc}
}

func (s *Subject) related(attribute, id string) []any {
	if s.Related == nil {
		return nil
	}
	return s.Related(attribute, id)
}

// meta is the resource's meta as the object a client sees.
func (s *Subject) meta() scim.Document {
	return scim.Document{
		"resourceType": s.Type,
		"created":      stamp(s.Created),
		"lastModified": stamp(s.Modified),
		"location":     s.Location,
		"version":      s.Version,
	}
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}
