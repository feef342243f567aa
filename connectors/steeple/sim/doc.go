// Package sim simulates the API of Steeple (REST v1) as far as it is known: the bearer token, the
// {"data","meta"} envelope with its pagination, and the communities. Those have a documented call;
// that it shows a community's type is ASSUMED.
//
// Everything about people is ASSUMED, line by line, in the style of what is documented: paths,
// methods, field names, status codes and error codes, the find-or-create by e-mail with 201 and
// 200, suspension, removal and the hand-over of posts, memberships and their lag, values that are
// ignored with a 200 (an e-mail the person has changed, a department that does not exist), 422 for
// unknown fields, a largest page of 100, and 300 calls a minute with Retry-After 20. So are the ids
// of the communities, but for the one in the vendor's sample, the list of departments, and that a
// re-attached account keeps its old profile. What may be wrong about it can be turned by a knob.
//
// The import of member files is not simulated: the connector does not use it.
//
// Token(X) is a token of the organisation X, for any X; organisations share nothing but the
// communities' ids. HTTP faults are simhost's.
package sim
