// Package dastra provisions people and teams of Dastra, the privacy-management product: it finds,
// creates, updates, takes access away and gives it back, lists people, and keeps a team for each
// group. It owns what Dastra's answers mean and the choice between its two APIs; the way to the
// wire is connectors/internal/rest's, and what follows from a fault is the relay's.
//
// What is known, and from where. "Docs" is the vendor's documentation and its repository
// Dastrateam/dastra-doc, "OpenAPI" the file in it. ASSUMED has no public source and was chosen
// here so that a connector could be built: it may prove wrong at a real customer.
//
//   - https://api.dastra.eu, JSON; header X-API-Key, or an OAuth2 token for client credentials from
//     https://account.dastra.eu/connect/token with scope api1, good for an hour and without a
//     refresh token (docs). Keys are made by owners, for one workspace or the whole organisation
//     (docs); people of the organisation need the latter. 401 is documented; that a wrong pair is
//     answered by 400 invalid_client is ASSUMED.
//   - Lists: page from 1, size up to 500, sortBy, asc, filters as a JSON rule; items and total come
//     back (OpenAPI). That id can be sorted and filtered by, and that the filters work on teams and
//     on the people of a workspace, is ASSUMED; what is found is compared again here. E-mails are
//     taken to compare without letter case, ASSUMED.
//   - Reading people, workspaces, roles and teams, revoke, roles of a person, team membership:
//     documented by name and path. The answers of roles of a person (an array), of giving a role
//     and of membership are ASSUMED, and so is that doing one of these twice changes nothing.
//   - There is no public call that makes, changes or anonymises a person. POST and PUT of
//     /v1/TenantUsers and POST /v1/TenantUsers/{id}/anonymize are ASSUMED, with their bodies,
//     their answers and their errors: 409 User already exists, 402 userCredit for no free seat, 403
//     Feature not available for the plan, 400 with errors.roleIds. PUT takes the whole person, so
//     it is read right before and sent back with the changes.
//   - The vendor's own SCIM 2.0 (docs) makes, changes and anonymises people without any of that:
//     mode scim-relay. It reads userName, which is the e-mail, emails, active, name, displayName and
//     externalId. That it takes Entra's PATCH paths is ASSUMED from its being documented for Entra;
//     so is the form of its error over quota.
//   - The Enterprise plan has SCIM, and a failing connection test can mean that the plan lacks it
//     (customer document): class Plan, never Auth.
//   - One workspace of an organisation is synchronised (customer document): workspace_id is one
//     number.
//   - New people get the default role; from then on roles are the local administrator's (customer
//     document). An update touches no role, see below for the one exception.
//   - active=false over SCIM anonymises, and whoever returns is a new account with a new id (docs).
//     Anonymised people stay as "deleted user"; that they are recognised by having no e-mail, and
//     that the e-mail is free again, is ASSUMED.
//   - REST's DELETE of a person detaches it from the organisation (docs) and may anonymise as well:
//     it is not used.
//   - A PUT of a team replaces label, ref, areas and the whole list of users; a create answers
//     nothing; ref has at most 80 characters (OpenAPI). Deleting a group deletes the team and never
//     its people (docs). That a second team with one ref is a 409 is ASSUMED; where it is not, the
//     search before each create still keeps it from being made.
//   - 404 for what is missing, and an error's title and detail, are ASSUMED.
//   - 500 calls a minute or 10,000 in ten minutes (docs; the two do not line up). 7.3 a second after
//     a burst of 10 keep every minute below 450 and every ten minutes below 4,400. In scim-relay
//     each of the two APIs gets half of it. That 429 comes with Retry-After is ASSUMED.
//   - There are no idempotency keys and no ETags. That what was made shows in lists within two
//     minutes is ASSUMED from what the docs say of webhooks.
//
// # Leaving and returning
//
// on_deactivate decides. With revoke, which is also what a target without it gets, the person loses
// all roles in the workspace and stays; who returns gets the default role. A person without any role
// there therefore counts as inactive, and who has one counts as active: a local administrator who
// takes all roles away finds the default role given back with the directory's next change of that
// person. An owner of the account can work without a role, so revoking an owner is reported as
// Denied until somebody else takes the ownership away; that owners can is ASSUMED.
//
// With anonymise the person is erased, which the tenant has to consent to; a returner is a new
// account. Whoever is wanted and has no role in the workspace gets the default one there too: a
// creation was cut off, or the person was in the organisation before.
//
// An account that Dastra shows as not active, with an e-mail and without an open invitation, was
// switched off by hand there: it counts as inactive and is never switched on from here. ASSUMED.
//
// In both modes revoke goes over REST: over SCIM there is no taking access away that can be undone.
// In scim-relay anonymise is SCIM's active=false. Reading is always REST's, so that the ids are those
// that roles and teams go by; whether SCIM has the same ids is not known, so that a person is looked
// up there by userName before each change.
//
// # Teams
//
// A team is found by its ref, "gw:" and the SCIM id of the group, never by its label: teams made by
// hand are left alone. Members come and go one call each, which does not race with what people do in
// Dastra; PUT is used to rename only, with areas and users read right before and sent back. A new
// person is made without teams: membership has one way in.
package dastra
