// Package connectors holds what every product's connector is made of: the Connector
// contract and its optional powers, Product and Registry, Record and Remote with the small
// functions on their values, Fault, and the Mapping that turns a SCIM document into a vendor
// record, in the language of docs/mapping.md.
//
// It calls no vendor: each product folder does, through connectors/internal/rest. It keeps
// nothing and decides nothing about retries: the relay does, from the Fault it is given.
package connectors
