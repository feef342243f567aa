// Package sim is a small SCIM 2.0 server (RFC 7643 and 7644) to provision into, with the quirks
// of real ones as knobs. It keeps users and groups apart by the credentials they come with, and
// everything in memory. What an attribute may hold, how a filter reads and what a PATCH changes
// are scim's; it owns the server around them.
//
// Without a knob it follows the RFCs to the letter and is no more forgiving than they are: it
// knows no capital letters in an operation, no booleans as text, no bare manager, no listed
// removal of members, and no element that a filter does not find. The words of the quota, its
// 403, and the numbers of the rate limit are ASSUMED.
//
// The bearer token token-NAME, the name user-NAME with the password pass-NAME, and the OAuth2
// client client-NAME with the secret secret-NAME belong to the customer NAME.
package sim
