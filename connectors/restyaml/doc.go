// Package restyaml makes products out of YAML files: one file describes a vendor's REST API,
// and a gateway that is pointed at its folder provisions that product, without a line of Go.
//
// It owns the language of those files, which docs/connectors/restyaml.md describes, everything
// that can be checked of a file before it is used, and the one connector that all of them share.
// A file says how to log in, which calls there are and what they send, how lists are paged, where
// an account's values stand in an answer and what a refusal means. What is the same for all REST
// APIs is not said there and holds for each: a match is compared again, two hits are Ambiguous,
// only a difference is sent, a list that does not end is left, a lost answer to a creation is
// Unknown.
//
// Expressions are connectors.Formula's, the way to the wire is connectors/internal/rest's, logins
// are connectors/internal/session's. Groups are out of its scope: a product with groups, or with
// more than one call to a step, is written in Go.
package restyaml
