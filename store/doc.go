// Package store keeps what must survive: the Directory of SCIM resources, their Links to
// targets, the Targets' leases and rest periods, the Tokens, the Events, the Transactions
// whose clients hear later how they ended, and the Notices people have to be told. It holds all SQL of the gateway, one schema and one
// set of queries for SQLite and PostgreSQL.
//
// A write that returns nil is committed and fsynced; concurrent writes share commits. Every
// call names its tenant: nothing here remembers one. What a resource means is scim's, what
// a link's state leads to is relay's, and when a target rests is quarantine's.
package store
