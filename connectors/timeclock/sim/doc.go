// Package sim simulates the JSON-RPC 2.0 API of TimeClock 365 on its one documented URL: users,
// licences and roles, failures inside HTTP 200, and the ways in which an answer can be none.
//
// The transport is documented: POST /api/v1/json-rpc, a bearer key, JSON. So are the names of
// the roles, that employeeNumber is a number, that a new user needs a free licence, a first and a
// last name and an e-mail address, and that whoever leaves is set not active before the licence
// is taken back (vendor's FAQ). Everything else is ASSUMED: every user method, parameter, result and
// code 1401 to 1429; integer ids; pages of at most 200 by offset with a total; a filter by exact
// username, letter case aside; usernames and e-mail addresses that are taken whatever their case
// and by users who are not active; a licence that an active user cannot give back (1422); the ids
// of the roles; displayName made from the names where it is not sent; batches refused with
// -32600; 60 calls a minute for each key. What may be wrong about it can be turned by a knob.
//
// The key key-X opens the company of customer X, for any X; the companies share nothing but the
// sequence of ids. HTTP faults are simhost's.
package sim
