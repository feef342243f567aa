// Package timeclock provisions users of TimeClock 365 through its JSON-RPC 2.0 API: it finds,
// creates, updates, deactivates and takes the licence back, brings back, and lists. It owns what
// the API's answers mean; the way to the wire is connectors/internal/rest's, and what follows
// from a fault is the relay's.
//
// No user method of this API is public. What the vendor documents is the transport and what the
// attendance methods look like; every user method, parameter, result and code of table.go is
// ASSUMED, chosen here so that a connector could be built, and will be replaced there by what
// the vendor says.
//
// What is known, and from where:
//
//   - JSON-RPC 2.0, POST to https://live.timeclock365.com/api/v1/json-rpc, with
//     Authorization: Bearer and a key made under the Integrations tab (timeclock365.com/?p=35469).
//     The Azure token of Settings > Company profile is that of the vendor's own SCIM URL and no
//     key of this API.
//   - An administrator's account must stand behind the credentials, and a failing test points
//     there first (customer document). Code 1403 for a key without one is ASSUMED.
//   - Seven attributes are carried and no other: userName, active, displayName, emails[work],
//     externalId, employeeNumber, manager (customer document). name.givenName and name.familyName
//     are not among them, while the vendor's CSV import wants a first and a last name (vendor's
//     FAQ): both are made from displayName, the last word being the last name, and a single word
//     both. A target's mapping may say otherwise.
//   - userName is the only attribute that can be filtered by (customer document), so people are
//     matched by it and never by externalId. Letter case without meaning is ASSUMED.
//   - employeeNumber is a number (documented for sessions). One that is not all digits stays in
//     the gateway, and the person goes through without it.
//   - A new user needs a free licence, whoever leaves is set not active first and gives the
//     licence back then, and whoever returns needs a free one (vendor's FAQ). A user who is not
//     active may hold a licence still: that is how a half-done removal looks, and Update mends it.
//   - The roles are Employee, Employee editor, Group manager and Administrator, one for each user
//     (vendor's FAQ); their ids are ASSUMED, and that a user made without one is an Employee.
//   - Groups: the mapping covers users only (customer document).
//   - Deleting is not called: whether it keeps time sheets is not known.
//   - Nothing is published about limits. 60 calls a minute for each key is ASSUMED; 54 after a
//     burst of 5 stay below it in every minute. That a made user shows in lists within 30 s is
//     ASSUMED. There are no idempotency keys and no ETags.
//   - Failures arrive inside HTTP 200, as JSON-RPC has it. An answer without the request's id, with
//     another, or with neither or both of result and error is nobody's; one that comes twice
//     counts once.
package timeclock
