// Package sage provisions users of Sage Sales Management (formerly ForceManager) through its
// REST API v4: it finds, creates, updates, switches off and on again, lists, and gives roles by
// the groups a person is in. It owns what is sent and what Sage's answers mean; the way to the
// wire is connectors/internal/rest's, keeping a login connectors/internal/session's, and what
// follows from a fault the relay's.
//
// What is known, and from where. "Mirror" is a third party that restates the vendor's
// reference; ASSUMED has no public source and was chosen here so that a connector could be
// built: it may prove wrong at a real tenant.
//
//   - Base URL https://api.forcemanager.com/api/v4, JSON, HTTPS only (developer.forcemanager.com).
//   - An administrator makes a key pair; POST /login with username and password gives a token
//     (mirror), sent as X-Session-Key (developer.forcemanager.com). Its life is not published:
//     the connector logs in again at the first 401 or 403, and after 50 minutes. That a wrong
//     pair is answered by 401 is ASSUMED; a 400 to a login counts the same.
//   - The main e-mail links a directory account to a Sage account (customer document). Rows with
//     deleted:true are passed over. That a deleted user's e-mail stays taken is ASSUMED.
//   - PUT is partial (developer.forcemanager.com). Create answers 200 for value lists (mirror)
//     and 201 in old client code: both are accepted.
//   - A missing user is a 400, not a 404 (mirror), so a 400 means "gone" only once a list by
//     e-mail is empty too, and a 404 is nobody's answer.
//   - Lists: where=, page= from 0, a bare array, no total (developer.forcemanager.com). The
//     header for the page size is disputed, so X-FM-Entity-Count and Count are both sent. The
//     end is an empty page, one that starts like the one before, or a short one without
//     X-FM-Next-Page.
//   - branches is an array on write and one object on read; managerId, userTypeId and rateId are
//     integers on write and objects on read, -1 for none (mirror). That writing -1 clears
//     managerId, and writing "" clears a text, is ASSUMED.
//   - Required on create: name, lastName, email, nic, phone, idPrefix, branches, dbLanguage,
//     uiLanguage (mirror). The languages are ES EN US IT DE PT BR RU; French is not among them.
//   - idPrefix is Sage's id of the country of the phone's prefix. Its value list is not public,
//     so defaults.id_prefix and the table defaults.id_prefixes (calling code: id) give it.
//   - Removal and un-assignment switch the user off and keep the data; whoever returns gets the
//     same account back (customer document): isActive, never the vendor's irreversible DELETE.
//   - A new user gets a basic role and a default environment (customer document): role_id through
//     PUT /users/{id}/roles (mirror) and branch_id.
//   - Roles: GET /users/{id}/roles lists them, PUT adds to the set, DELETE with a body takes away
//     and is a 400 when the user lacks one (mirror); that it then takes none is ASSUMED. A role
//     names the branches it is for (mirror); that one without any is for all, and that Sage takes a
//     role in a branch it is not for, is ASSUMED: the check warns.
//   - Group push: groups give roles by the table defaults.roles, and are ignored where it is silent.
//   - Errors come as {"Message"}, {"message"}, with or without a status (mirror). Codes 900 (its
//     database), 901 (bad SQL) and 910 (no such resource) are documented; that they stand in
//     "code" of the body, and the words "email already in use" and "no licences available", are
//     ASSUMED.
//   - Address has no field in the user object: it stays in the gateway and shows as not forwarded.
//   - No rate limit is published; one public client keeps to 200 calls per 65 s. Three calls a
//     second after a burst of ten is ASSUMED to be welcome.
//   - There are no idempotency keys and no ETags. That a created user shows in lists within 30 s
//     is ASSUMED.
//
// Some things are ours. A nickname (nic) longer than 50 characters is cut (ASSUMED limit); when
// Sage refuses one that another user has, it gets a dash and four hexadecimal digits made from
// the SCIM id, always the same for the same person. That Sage wants nicknames to be unique is
// ASSUMED; without that refusal the rule never acts.
//
// The roles in the table are the gateway's to give and to take, all others are left as people in
// Sage have them. The basic role is of the others, unless the table names it: then only groups
// give it. Where there is a table roles are read with the account, so that a plan knows what would
// change; else once for each account that carries the extId a create of ours gives. Such an
// account with no role at all was cut off between the two calls that make it, for a role cannot be
// given in the create itself: Create has failed as Unknown, which makes the relay search and
// adopt, and the next Update or Reactivate gives it the basic role.
//
// Within one Update roles are taken first and given last: a phone number that Sage refuses must
// keep nobody in a role, and a role that it does not have nobody from a new name.
package sage
