// Package scim holds the nouns of the SCIM 2.0 protocol: Resource, Document and Error,
// and the one decoder every SCIM body passes through.
//
// It knows no attribute by meaning: what a User may hold is scim/schema's, how a filter
// reads is scim/filter's, what a PATCH changes is scim/patch's, and HTTP is scim/server's.
package scim

// Resource type names, in the exact case of RFC 7643 section 6.
const (
	TypeUser  = "User"
	TypeGroup = "Group"
)

// Schema and message URNs of RFC 7643 section 10.3 and RFC 7644 section 8.2.
const (
	SchemaUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	SchemaGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	SchemaEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	// SchemaRelay is the gateway's own: how far the targets are with a resource. No stored
	// resource has anything of it.
	SchemaRelay = "urn:scimrelay:params:scim:schemas:extension:relay:2.0:Resource"

	MessagePatch  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	MessageList   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	MessageSearch = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	MessageError  = "urn:ietf:params:scim:api:messages:2.0:Error"

	MessageBulkRequest  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	MessageBulkResponse = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// MediaType is the media type of every SCIM body (RFC 7644 section 8.1).
const MediaType = "application/scim+json"
