// Package server is the SCIM 2.0 front: Gin routes that authenticate, decode, validate, save,
// ring and answer. It answers in SCIM's own form from every layer, refusals, unknown routes
// and panics included.
//
// What a resource may hold is scim/schema's, how filters and patches read is scim/filter's and
// scim/patch's, who may speak is tenants', and what is saved is store's. It calls no vendor. An
// answer depends on nothing behind the commit, but where a target's file says wait: then the
// handler watches the links for what the relay has heard, and answers as ever when it hears nothing.
package server
