// Package sim simulates the user and group calls of Ivanti Neurons for MDM that the connector
// makes, and their neighbours: HTTP Basic on every call, form bodies with indexed keys, answers of
// errors and result, start and rows, pages of 50 for groups, user names that are unique over the
// cluster and never change, blanks that change nothing, and groups whose deletion disables.
//
// Little of the guide is known beyond names, so most of the behaviour is ASSUMED: every path but
// POST /accounts, GET /account, /metadata/tenant and POST /group; totalCount; the filter
// fq=UID EQ; firstName, lastName, displayName, locale and managedAppleId as keys of a create; the
// codes Unique, Immutable, Required, Email, Unknown, Enrolled and Undeclared (Range is documented) and
// every text but those of members; customAttributes and groupIds in an account's row; 401 for bad
// credentials, and a lock after five of them; 403 for a missing role; 404 with globalErrors; 429
// with Retry-After; 503 for maintenance; that adding who is in a group and removing who is not
// succeeds; that a hard-deleted user name is free again.
//
// The user name api@X.test with the password key-X opens the tenant of customer X, for any X.
// Tenants share the cluster: no two have a user name in common. Each has one administrator from
// the start, whose credentials these are: the API lists that account, State leaves it out. HTTP
// faults are simhost's.
package sim
