// Package sim simulates the user API of Sage Sales Management (REST v4) as far as it is known:
// login and sessions, users, roles, branches and user types, where=, paging without totals,
// and the 400 that stands for almost everything that is wrong.
//
// Where the vendor's documents say nothing the behaviour is ASSUMED: 401 for wrong keys and
// expired sessions, a session of 60 minutes, 200 calls a minute and then 429 with Retry-After
// 20, error codes in the body, the texts "email already in use" and "no licences available",
// e-mails that stay taken after a deletion, unique nicknames, maximum lengths, letter case
// without meaning in where=, the ids of roles, branches and user types, roles that are taken all
// or none and may be held in any branch, and that only active users take a licence. What may be
// wrong about it can be turned by a knob.
//
// The key pair pub-X / priv-X opens the database of customer X, for any X; the databases share
// nothing but the sequence of ids. The state shows roles as groups of those who hold them. HTTP
// faults are simhost's.
package sim
