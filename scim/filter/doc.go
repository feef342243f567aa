// Package filter owns the SCIM filter language: it parses filters and PATCH paths
// (RFC 7644 sections 3.4.2.2 and 3.5.2), compiles them against a resource type, and
// answers whether a resource matches. Input is hostile: size, depth and number of terms
// are bounded, and every refusal says where in the text it arose.
//
// Which attributes exist and when two values are equal is scim/schema's; what happens at a
// PATCH path is scim/patch's; turning Equalities into a query is the store's.
package filter
