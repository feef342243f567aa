package connectortest

import (
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// Target is one target of a product, opened at a simulator of its own.
type Target struct {
	connectors.Connector
	world   *world
	subject subject
}

// OpenSample starts a simulator of the product and opens a target of the customer acme at it, as a
// gateway does, for tests of what is special about the product.
func OpenSample(t *testing.T, h Harness) *Target {
	t.Helper()
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	return &Target{Connector: s.Connector, world: w, subject: s}
}

// Turn sets knobs of the simulator, the host's and its own, in the place of those set before.
func (t *Target) Turn(knobs map[string]any) {
	t.world.t.Helper()
	t.world.turn(knobs)
}

// Record is what the mapping makes of somebody to provision, once the changes are made to them.
// The same number is the same person.
func (t *Target) Record(n int, changes ...func(scim.Document)) connectors.Record {
	t.world.t.Helper()
	return t.world.record(t.subject, n, changes...)
}

// State is what the simulator holds.
func (t *Target) State() simhost.State {
	state, _ := t.world.host.State(t.world.h.Product.Name)
	return state
}
