// Package profile owns the decisions where SCIM's authorities disagree: RFC 7644, the identity
// providers and the interoperability draft. Each is a switch with a name, and a client profile
// is one position of all of them, chosen per tenant and changed per tenant switch by switch.
//
// It decides nothing by itself: scim/schema, scim/filter and scim/patch get their Rules from
// it, scim/server reads the rest, and nobody asks for a profile's name. docs/client-profiles.md
// is written from the tables here.
package profile
