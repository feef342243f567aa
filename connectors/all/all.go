// Package all is the visible list of the products compiled in, and of their simulators. To add
// a product is to add its folder and a line in each list here; it owns nothing else. Products
// described in YAML are not compiled in: those that come with the gateway as examples, with
// simulators of their own, are listed apart.
package all

import (
	"io/fs"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/dastra"
	dastrasim "scimrelay/connectors/dastra/sim"
	"scimrelay/connectors/ivanti"
	ivantisim "scimrelay/connectors/ivanti/sim"
	"scimrelay/connectors/restyaml"
	restsim "scimrelay/connectors/restyaml/sim"
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

// Examples are the products described in YAML that come with the gateway. The error is
// configs.Faults.
func Examples() ([]connectors.Product, error) {
	files := configs.ExampleProducts()
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var products []connectors.Product
	var faults configs.Faults
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		product, found := restyaml.Parse(name, data)
		products, faults = append(products, product), append(faults, found...)
	}
	return products, faults.Err()
}

// Simulators makes a fresh simulator of every product that has one, the examples' included.
func Simulators() []simhost.Simulator {
	return []simhost.Simulator{
		sagesim.New(nil),
		dastrasim.New(nil),
		steeplesim.New(nil),
		scimtargetsim.New(nil),
		timeclocksim.New(nil),
		ivantisim.New(nil),
		restsim.GitLab(nil),
		restsim.Zendesk(nil),
	}
}
