// Package ivanti provisions people and user groups of Ivanti Neurons for MDM (formerly MobileIron
// Cloud) through its REST API: it finds, creates, updates, disables and enables again, and lists.
// It owns the login and what Ivanti's answers mean; the way to the wire is
// connectors/internal/rest's, and what follows from a fault is the relay's.
//
// What is known, and from where. "Guide" is the Customer Integration API Guide of April 2025, of
// which only the beginnings of the chapters are known here; "SCIM notes" are what the vendor says
// of its own SCIM interface; "customer document" is what a customer was given. ASSUMED has no
// public source and was chosen here so that a connector could be built: it may prove wrong at a
// real tenant. Before going live, compare the calls with the guide.
//
//   - Hosts https://na1.mobileiron.com and na2 (guide). That the clusters NA3, EU1, AP1 and AP2 are
//     named likewise is ASSUMED.
//   - HTTP Basic on every call, with a Tenant Admin who has the role User Management; accounts
//     lock after repeated failures and passwords may expire (vendor's help). That it takes five,
//     and that a locked account is a 401 that says so, is ASSUMED.
//   - POST /api/v1/accounts?sendInvite= with a form of indexed keys, emailAddress, accountSource
//     and uid (guide); uid is the e-mail in its example, that it may be another is ASSUMED. Also
//     ASSUMED: the keys firstName, lastName, displayName, locale and managedAppleId, and that the
//     result is a list.
//   - GET /api/v1/account with start and rows, 500 at most, result.searchResults (guide, public
//     client code); totalCount is ASSUMED and not relied on. fq=UID EQ is ASSUMED by analogy with
//     devices, and not believed when other rows come back.
//   - GET and PUT /api/v1/account/{id} with a form, PUT …/customattributes, GET
//     /api/v1/metadata/account: the guide names the calls; methods, paths and shapes are ASSUMED.
//     That accounts show customAttributes and managedAppleId is ASSUMED: without it they would be
//     sent with every update.
//   - POST /api/v1/group with name, source=LOCAL, membershipStatic=true, and pages of 50 whatever
//     is asked (guide). Every other call about groups, members included, is ASSUMED, and so is
//     groupIds in the accounts that a group's members are listed as. Without it everybody counts as
//     being in no other group.
//   - Errors are {"errors": {"globalErrors", "fieldErrors": [{"code","message","field"}]}} with 400
//     (guide). The code Range is documented, the others are ASSUMED; so are 403 for a missing role,
//     404 with globalErrors, 429 with Retry-After and 503 in the maintenance window. A 404 in any
//     other shape is a wrong address and never "not found".
//   - 30 calls a minute for each user on some calls (guide, revision history); that listing accounts
//     is one of them is ASSUMED, and that others may be 200 a minute is ASSUMED from a sister API.
//   - An API account with a GDPR profile sees user ids, names and e-mails masked (guide). Nobody can
//     be matched then: Check says so, and Find refuses with class Plan.
//   - A user name is e-mail shaped, unique over all tenants of the cluster (vendor's help), and
//     never changes (customer document).
//   - E-mail is mandatory, first and last name must not be blank on update, blank values are not
//     propagated, who is inactive cannot be provisioned, deletion in the directory disables (SCIM
//     notes; that the REST API does the same is ASSUMED).
//   - A local user with the same id is taken over (SCIM notes): found by its key and adopted. Group
//     names that another source uses are refused (SCIM notes).
//   - Deleting a group disables those of its members who are in no other one (SCIM notes, ASSUMED of
//     this API). The connector counts them first and asks above defaults.group_delete_limit.
//   - A Managed Apple ID is the e-mail, or lies under appleid. of its domain (customer document), and
//     cannot change while a user-enrolled device is active (vendor's help); what the API says then
//     is ASSUMED. Everything else is sent without it.
//   - Custom attributes have to be declared first (customer document): only those in
//     defaults.custom_attributes are sent, and only when they differ. An identity provider can send
//     them as urn:ietf:params:scim:schemas:extension:ivanti:2.0:User:<name> (SCIM notes).
//   - Provisioning may take up to an hour to show (customer document); that this is about lists and
//     not about reading by id is ASSUMED.
//
// The login. Every call is one, so that a wrong password must not be tried often. Until one call
// has succeeded calls go one at a time; afterwards two at most are under way. After a 401, in
// whatever shape, the connector answers Auth itself for half an hour, or until it is opened anew
// because the target's settings changed. Nothing is ever repeated with the same credentials.
//
// The index. Finding by user name takes a list call, and five thousand people would take three
// hours of them. So the first search reads the whole list, 500 a page, and keeps for an hour
// which id each user name has; a load that is cut short goes on where it was. Its word is used so:
//
//   - A name that is there is read again by id before anything is said of it; one that has gone or
//     belongs to another account is forgotten and looked for once more.
//   - A name that is not there is NotFound, once. That is safe although the list may be an hour old
//     and lag by another: the worst that follows is a create, and Ivanti refuses a second user name
//     at once, whatever its lists show (documented as uniqueness; that it is checked against the
//     data and not against an index is ASSUMED). No double can come of it.
//   - Whoever asks for a name again does so because there may be an account: the relay that verifies
//     a lost create, or that ran into Exists. Then the name is looked up by itself; and when as many
//     single looks have been made as a load has pages, the next is a load, which answers all.
//   - What this process made is known without asking, for as long as lists may lag.
//
// Groups have the same index by name; there is no filter for them, so that a second look is a load.
//
// Settle is an hour. Since Ivanti refuses doubles a shorter one would be safe. But it would buy
// little and could cost much: an account that a lost create made is adopted by the first search
// that sees it, at once where lists do not lag; where they do, a create before the hour is over
// runs into Exists, and again, until the relay tries only every few hours. With an hour the
// second search sees whatever there is. The price is that a create which was surely lost, and
// never happened, is repeated after an hour; a target that has seen its tenant's lists to be
// prompt can set settle to less.
//
// The account in credentials is listed like any other. It is never disabled, whoever asks.
package ivanti
