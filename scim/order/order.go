package order

import (
	"strings"

	"scimrelay/scim"
	"scimrelay/scim/filter"
	"scimrelay/scim/schema"
)

// maxSortBy bounds the name of an attribute. Nothing a client needs comes near it.
const maxSortBy = 512

// Order is a sort order compiled for one resource type. It is read only. The zero value is
// the order of ids. Orders of several types that came from the same parameters compare each
// other's keys: a type that lacks the attribute has no data for it.
type Order struct {
	path       schema.Path
	leaf       *schema.Attribute // nil for an attribute without a schema
	sorted     bool
	descending bool
	unknown    string
}

// Parse compiles the two parameters, either of which may be empty. A sortOrder other than
// ascending or descending is 400 invalidValue, and so is an attribute that has no order:
// one that is never returned, one that is complex without a value, or a whole schema. An
// attribute the type does not have is no error: it is Unknown, and nobody has data for it.
func Parse(rt *schema.ResourceType, sortBy, sortOrder string) (Order, error) {
	o := Order{descending: scim.EqualName(sortOrder, "descending")}
	if sortOrder != "" && !o.descending && !scim.EqualName(sortOrder, "ascending") {
		return Order{}, scim.BadRequest(scim.TypeInvalidValue, "sortOrder must be ascending or descending, not %q", scim.ClipName(sortOrder))
	}
	switch sortBy = strings.TrimSpace(sortBy); {
	case sortBy == "":
		return Order{}, nil
	case len(sortBy) > maxSortBy:
		return Order{}, scim.BadRequest(scim.TypeInvalidValue, "sortBy is longer than %d bytes", maxSortBy)
	}
	path, ok := rt.Resolve(sortBy)
	if !ok {
		o.unknown = scim.ClipName(sortBy)
		return o, nil
	}
	if path.Whole() {
		return Order{}, scim.BadRequest(scim.TypeInvalidValue, "sortBy: %q is a schema, not an attribute", scim.ClipName(sortBy))
	}
	if path.URN == scim.SchemaRelay { // no resource holds it
		return Order{}, scim.BadRequest(scim.TypeInvalidValue, "sortBy: %s has no order", path)
	}
	o.path, o.leaf, o.sorted = path, path.Leaf(), true
	return o, o.check()
}

// check finds what a complex attribute is sorted by. Section 3.4.2.3 asks for the path to a
// sub-attribute; for references, mails and the like everybody means the value.
func (o *Order) check() error {
	for _, a := range []*schema.Attribute{o.path.Attr, o.leaf} {
		if a != nil && a.Returned == schema.Never {
			return scim.BadRequest(scim.TypeInvalidValue, "sortBy: %s has no order", a)
		}
	}
	if o.leaf == nil || o.leaf.Type != schema.Complex {
		return nil
	}
	value, ok := o.leaf.Sub("value")
	if !ok {
		return scim.BadRequest(scim.TypeInvalidValue, "sortBy: %s is complex, name one of its sub-attributes", o.leaf)
	}
	o.leaf, o.path.SubName, o.path.Sub = value, value.Name, value
	return nil
}

// Unknown is the attribute the resource type does not have, as written, or empty.
func (o Order) Unknown() string { return o.unknown }

// Place is where a resource stands in an order.
type Place struct {
	Key Key
	ID  string
}

// Place is where the resource stands.
func (o Order) Place(s filter.Subject) Place { return Place{o.Key(s), s.ID} }

// Compare is negative when a stands before b. Resources without data come last when
// ascending and first when descending; equal keys follow each other by id.
func (o Order) Compare(a, b Place) int {
	c := strings.Compare(string(a.Key), string(b.Key))
	if o.descending {
		c = -c
	}
	if c == 0 {
		c = strings.Compare(a.ID, b.ID)
	}
	return c
}
