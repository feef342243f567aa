// Package session keeps a target's login: a token that calls share, renewed before it ends and
// once when the vendor refuses it, by one call for all that wait.
//
// How a token is fetched and where it is put into a call is the product's; OAuth2 client
// credentials (RFC 6749 section 4.4), which several vendors have, are here.
package session
