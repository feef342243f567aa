// Package tenants holds who is served: Tenant and Target as their YAML files say, the
// registry that reads and re-reads those files, and Token, which decides who may speak at a
// tenant's SCIM URL.
//
// It knows no product: what a target's credentials and defaults must hold is checked by the
// product, through the Check function a registry is given. It stores nothing: tokens live in
// store, files on disk.
package tenants
