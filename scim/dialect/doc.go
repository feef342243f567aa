// Package dialect compiles what a tenant's file says of its SCIM client: the profile with its
// single switches, and the tenant's own schema extensions, checked with their places in the
// file and ready for scim/server to use.
//
// The switches are scim/profile's, the schemas scim/schema's, and reading the file tenants'.
package dialect
