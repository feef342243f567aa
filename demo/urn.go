package demo

// The URNs of RFC 7643 and 7644. An identity provider has its own copy of them: what the
// gateway believes they are is part of what is tried out.
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
)
