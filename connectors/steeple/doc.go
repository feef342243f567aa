// Package steeple provisions the members of an organisation on Steeple, an internal social
// network, through its REST API v1: it finds or creates people, keeps their profile up to date,
// removes or suspends and takes back, and puts them into communities by a table of the target's.
// It owns what Steeple's answers mean; the way to the wire is connectors/internal/rest's, and
// what follows from a fault is the relay's.
//
// What is known, and from where. ASSUMED has no public source and was chosen here, in the style
// of what is documented, so that a connector could be built: it may prove wrong at a real tenant.
//
//   - Base URL https://api.steeple.com, version prefix /v1, and a bearer token that is a JWT made
//     by an administrator of a community directly tied to the organisation, under Administration
//     > Integrations (help.steeple.com, "The API with Steeple"). The published sample has no exp;
//     that a token lives until it is revoked is ASSUMED.
//   - Lists are {"data":[…],"meta":{"pagination":{"total","page","per_page"}}}, page from 1,
//     per_page 20 by default; ids are UUIDs (help.steeple.com, api-core-organizations). The largest
//     per_page, 100, is ASSUMED.
//   - GET /v1/communities is documented with id and name. Its field type is ASSUMED.
//   - No endpoint for users is published. Every other path, method, field and status code is
//     ASSUMED; the paths stand in one table in api.go, the error codes beside it, to be confirmed
//     with the vendor before the first real tenant goes live.
//   - Somebody assigned in the directory is found or created, somebody deactivated there no longer
//     exists in Steeple (customer document). So a create is an upsert by e-mail, 201 for a new and
//     200 for a re-attached account (ASSUMED), and leaving is removal from the organisation; the
//     Steeple account itself lives on (vendor help), and whoever returns gets it back.
//   - Suspension blocks the login, keeps everything and can be undone (vendor help). A target asks
//     for it with on_deactivate: suspend.
//   - Nobody can remove himself (vendor help): for the token's own user that is a 403 (ASSUMED).
//   - Posts of who is removed can be handed to somebody (vendor help): transfer_posts_to (ASSUMED).
//   - A directory group is no community: each is tied to a pair of community and role (customer
//     document, vendor help). The table is the target's defaults.communities. At least two groups
//     for a community are advised, one of members and one of administrators (customer document):
//     for who is in both, administrator wins.
//   - Roles are administrator and member, perhaps different in each community (vendor help).
//   - Communities are main (everybody, automatic), dynamic (by a rule, automatic) or manual;
//     membership of the first two cannot be edited (vendor help). The 409 community_not_manual is
//     ASSUMED; it becomes a note, not a failure.
//   - A person is in at least one community (vendor help): who is in no mapped group lands in the
//     main one.
//   - No invitation is sent by itself (vendor help): defaults.invite says now or later.
//   - With the personnel number ("Matricule") as access method a person needs a number and a birth
//     date (vendor help). That it is read from registration_number and birthday is ASSUMED.
//   - An e-mail that a person has changed himself is not overwritten (documented of the file
//     import); that PATCH ignores it with a 200 is ASSUMED, as is that a department which does not
//     exist is ignored likewise, and that null clears a field.
//   - Reads of memberships lag behind writes by up to 5 s: ASSUMED. The connector goes by its own
//     writes for 10 s.
//   - Errors are {"errors":[{"code","field","detail"}]}: ASSUMED. A 404 counts only in this shape.
//   - No rate limit is published. 300 calls a minute, then 429 with Retry-After, is ASSUMED; 270 a
//     minute after a burst of 25 stays below it.
//
// The import of a member file, the one documented way in, is not used: it works for organisations
// with the personnel number only, its mode MIRROR takes the access of everybody who is missing in
// one file, it invites nobody, and it tells nothing about single people.
package steeple
