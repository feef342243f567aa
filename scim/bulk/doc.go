// Package bulk owns the bulk request (RFC 7644 section 3.7): it reads the message, decides
// in which order its operations are executed so that whatever is referred to exists, puts
// real ids in the place of bulkId references, and writes the response.
//
// # References
//
// A reference is a string that is "bulkId:" and the bulkId of a POST of the request, to the
// last letter, where a resource's id may stand: after bulkId in the path of an operation,
// under a key or a PATCH path whose last name is value, manager or members, and between
// quotes in a PATCH path. Anywhere else, as in a displayName, such a text is a text.
//
// # Order
//
// An operation waits for the POSTs it refers to, and for the earlier operations on the same
// resource; apart from that the order is the request's. When the resources of several POSTs
// refer to each other in a circle, each is created without what does not exist yet and gets
// it afterwards in a PATCH that the client does not see. A circle succeeds as a whole: if one
// of it fails, those already created are deleted again. Whoever refers to what failed or does
// not exist is a 409 (section 3.7.1).
//
// What an operation does is the Executor's: one ordinary request each. HTTP and the size of
// the body are scim/server's.
package bulk
