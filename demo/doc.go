// Package demo plays the two ends of a demonstration: a company's identity provider, which
// pushes its directory through SCIM with the requests Microsoft Entra ID sends, and the auditor,
// who afterwards compares what a vendor holds with what the directory says.
//
// It calls the gateway's SCIM URL and the simulators' state page and nobody else, both started
// by the demonstration, and needs an HTTP client of its own for that: what the gateway itself
// sends goes through connectors/internal/rest. It imports nothing of the gateway. Its
// expectations of a vendor are written down here a second time and owe nothing to the products'
// mappings, so that a mistake there shows. Starting the gateway and the simulators is the
// command's.
package demo
