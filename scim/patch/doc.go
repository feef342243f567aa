// Package patch owns what a PATCH changes (RFC 7644 section 3.5.2): it reads the PatchOp
// message in every client's dialect and applies its operations to a copy of the resource,
// all of them or none.
//
// Paths are parsed by scim/filter; names, types and the canonical form, to which the result
// is held, are scim/schema's; versions and storing are the server's.
package patch
