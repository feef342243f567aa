// Package e2e holds the tests that only the real binary can pass: processes that are killed,
// clusters, servers that fall silent, tenants side by side under load. It has no code that ships.
package e2e
