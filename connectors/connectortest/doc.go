// Package connectortest holds what connectors are tested with: Run, the conformance suite every
// product passes against its simulator; Open, a target at a simulator, for what a product tests
// beside it; and Instant, a connector that needs no vendor, for the tests and benchmarks of those
// who use connectors.
//
// What is particular to a product is tested in its own folder.
package connectortest
