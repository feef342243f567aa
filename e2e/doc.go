// Package e2e holds the tests of the whole: those that only the real binary can pass (processes
// that are killed, clusters, servers that fall silent, tenants side by side under load, every
// product at the front door), and those of the whole relay at every product's simulator, in time
// that costs nothing. It has no code that ships.
package e2e
