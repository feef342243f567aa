// Package scimtarget provisions people and groups of any product that has a SCIM 2.0 server of
// its own (RFC 7643 and 7644). It owns what is sent to such a server, how its answers are read,
// and what is done where servers differ; the way to the wire is connectors/internal/rest's, and
// what follows from a fault is the relay's.
//
// What the RFCs say, and what is known of servers that do otherwise. FIELD has been met at real
// servers without their documents promising it; ASSUMED has no public source and was chosen here:
// it may prove wrong at a real server.
//
//   - Discovery (RFC 7644 section 4) says whether PATCH and filters are there, how long a page may
//     be, where users and groups live, and which attributes there are. Each of the three documents
//     may be absent or wrong: then the RFC's usual case is taken, and looked for again after ten
//     minutes. A server that refuses PATCH with 405 or 501 although it announces it gets PUT from
//     then on, and the other way round. The target's defaults overrule all of it.
//   - An account is found by its id, else by a filter with eq (section 3.4.2.2). What comes back
//     is compared again: there are servers that ignore a filter and list everybody (FIELD). A
//     server that refuses the filter, or says that it has none, is read whole, up to 1000 resources.
//     An empty list and a 404 in the shape of a SCIM error both say that there is nobody.
//   - userName is the same in any letter case (RFC 7643 section 4.1.1) unless the server's schema
//     or the target says otherwise; externalId is exact; displayName of groups and mail addresses
//     are compared without case (FIELD).
//   - PATCH names what changes, with a value filter for an element of a list, as in
//     emails[type eq "work"].value, so that other elements survive. An element that is not there
//     is added whole: a replace with a filter that matches nothing is an error (section 3.5.2.3).
//   - PUT replaces everything, so the resource is read first and only our parts of it change. It
//     carries If-Match where the server announces ETags (section 3.14): somebody else's change in
//     between gives 412, and the work begins anew.
//   - Members are added and removed with PATCH, never replaced: add to members, and remove
//     members[value eq "id"] for each. A remove with a list of values empties the group on servers
//     that follow the RFC to the letter, so it is only for patch_style entra. At most
//     members_per_request go into one call (AWS IAM Identity Center takes 100); 413 and tooMany
//     halve it. A server with PUT only gets the whole group, and nothing when what it showed of
//     the members may be a part.
//   - Errors come as SCIM errors with a scimType (section 3.12): uniqueness is "taken" whatever the
//     status; a 404 in any other shape is a wrong address speaking, not a missing account.
//   - That a server without a free seat answers 402 or 403 and says so in words (seat, licence,
//     quota, user limit) is ASSUMED.
//   - Deactivation is active=false; the account keeps its id and its memberships. A server without
//     active, or one whose DELETE is its way of switching off, has on_deactivate: remove.
//   - Ten calls a second after a burst of twenty are ASSUMED to be welcome; that a new account shows
//     in searches within 30 seconds is ASSUMED.
//   - Bulk (section 3.7) is not used: it saves calls and loses the answer to each.
package scimtarget
