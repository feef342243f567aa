// Package order owns the order of a list (RFC 7644 section 3.4.2.3): it reads sortBy and
// sortOrder, turns the attribute of a resource into a key that compares as bytes, and keeps
// of any number of resources those of one page. The order is total: equal keys follow each
// other by id, so that pages neither overlap nor have gaps.
//
// Which attributes exist and when two values are the same is scim/schema's; sealing a key
// into a cursor is scim/cursor's; reading resources is the store's.
package order
