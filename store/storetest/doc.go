// Package storetest is the conformance suite of the store: the same questions to SQLite and to
// PostgreSQL. A driver's test only says how to open an empty database.
package storetest
