// Package sim simulates Dastra as far as it is known: the REST API with its keys and OAuth2
// tokens, people, workspaces, roles and teams, lists with filters and pages, and its own SCIM 2.0
// endpoint for people, over the same state.
//
// As documented: X-API-Key; POST connect/token (below /account here) with client credentials and
// tokens of an hour; page from 1, size 20 up to 500, skip, sortBy, asc and filters; the fields of a
// person and a team; revoke, role and team membership calls; a PUT of a team that replaces label,
// ref, areas and users; the built-in roles 1, 2 and 3; active=false over SCIM that anonymises; a
// team's deletion that leaves its users.
//
// ASSUMED, because Dastra publishes nothing about it: POST and PUT of /v1/TenantUsers and its
// anonymize, with their bodies and their errors 400, 402 userCredit, 403 Feature not available and
// 409; the form of all errors; 404 for what is missing; 403 for the last owner; the bare array of a
// person's roles; that giving a role or a membership twice changes nothing; 409 for a second team
// with one ref; that e-mails compare without letter case; that DELETE of a person anonymises (a
// knob); that an anonymised person stays in the lists without an e-mail; that owners and people
// without roles take a seat; 400 invalid_client for a wrong pair; the state of the rate limit and
// its 429 with Retry-After; the workspaces 573, 574 and 575; that ids of SCIM are not those of REST.
//
// The key key-X, the client id-X with secret-X and the SCIM token scim-X open the organisation of
// customer X, for any X; organisations share nothing but the sequence of ids. Each begins with one
// person, its owner. SCIM's Groups and webhooks are not simulated: nothing here uses them. HTTP
// faults are simhost's.
package sim
