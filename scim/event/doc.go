// Package event owns what RFC 9967 adds to SCIM for answers that come later: how a client asks
// for one, the Security Event Token that brings it (RFC 8417) with its signature, and the
// messages that fetch it (RFC 8936).
//
// When a write is over and whose event it is, scim/server decides; what is owed to whom, store
// keeps.
package event
