// Package connectortest holds what connectors are tested with: Run, the conformance suite every
// product passes against its simulator; Bench, one target of a product opened at its simulator,
// with a Clock that tests move, for the tests of what is the product's own, and OpenSample where
// less will do; ReadAll for its lists, Faults and WantFaults for its settings; and Instant, a
// connector that needs no vendor, for the tests and benchmarks of those who use connectors.
//
// What is particular to a product is tested in its own folder: the people there, the calls that
// are made by hand, and what the vendor must hold afterwards.
package connectortest
