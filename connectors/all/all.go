// Package all is the visible list of the products compiled in, and of their simulators. To add
// a product is to add its folder and a line in each list here; it owns nothing else.
package all

import (
	"scimrelay/connectors"
	"scimrelay/connectors/dastra"
	dastrasim "scimrelay/connectors/dastra/sim"
	"scimrelay/connectors/ivanti"
	ivantisim "scimrelay/connectors/ivanti/sim"
	"scimrelay/connectors/sage"
	sagesim "scimrelay/connectors/sage/sim"
	"scimrelay/connectors/scimtarget"
	scimtargetsim "scimrelay/connectors/scimtarget/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple"
	steeplesim "scimrelay/connectors/steeple/sim"
	"scimrelay/connectors/timeclock"
	timeclocksim "scimrelay/connectors/timeclock/sim"
)

// Products lists every product.
func Products() []connectors.Product {
	return []connectors.Product{
		sage.Product(),
		dastra.Product(),
		steeple.Product(),
		scimtarget.Product(),
		timeclock.Product(),
		ivanti.Product(),
	}
}

// Simulators makes a fresh simulator of every product that has one.
func Simulators() []simhost.Simulator {
	return []simhost.Simulator{
		sagesim.New(nil),
		dastrasim.New(nil),
		steeplesim.New(nil),
		scimtargetsim.New(nil),
		timeclocksim.New(nil),
		ivantisim.New(nil),
	}
}
