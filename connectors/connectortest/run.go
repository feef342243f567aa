package connectortest

import (
	"maps"
	"sync"
	"testing"

	"scimrelay/connectors"
)

// Run holds a product to the contract of connectors, against its simulator. Every product's
// tests call it.
func Run(t *testing.T, h Harness) {
	tests := map[string]func(*testing.T, Harness){
		"what was created is found":                        createdIsFound,
		"creating twice makes one account":                 createTwice,
		"an unknown person is not found":                   unknown,
		"updating twice changes nothing and sends nothing": updateTwice,
		"a change arrives":                                 changeArrives,
		"whoever leaves can return":                        leaveAndReturn,
		"deleting what is gone is success":                 deleteAbsent,
		"every failure has its class":                      failures,
		"nothing was sent to a vendor that is away":        away,
		"another's answer is nobody's absence":             anothersAnswer,
		"a lost answer to a create is unknown":             lostCreate,
		"a vendor that never answers is given up":          blackHole,
		"a cancelled call returns at once":                 cancelled,
		"refused credentials are told apart":               refused,
		"no secret and nothing personal is told":           nothingTold,
		"no header that a vendor quotes is told":           headersQuoted,
		"two customers never mix":                          isolation,
	}
	if h.Product.Capabilities.Groups {
		maps.Copy(tests, groupTests())
	}
	if h.Product.Capabilities.Entitlements {
		maps.Copy(tests, entitlementTests())
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

func isolation(t *testing.T, h Harness) {
	w := h.world(t)
	customers := []subject{w.open(h.Customer("alpha"), 0), w.open(h.Customer("beta"), 0)}
	var group sync.WaitGroup
	for i, s := range customers {
		for n := range 5 {
			record := w.record(s, 10*i+n)
			group.Go(func() {
				if _, err := s.Create(t.Context(), record); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	for i, s := range customers {
		for n := range 5 {
			if _, err := s.Find(t.Context(), w.record(s, 10*i+n)); err != nil {
				t.Errorf("customer %d lacks person %d: %v", i, n, err)
			}
			if _, err := s.Find(t.Context(), w.record(s, 10*(1-i)+n)); !connectors.Is(err, connectors.NotFound) {
				t.Errorf("customer %d sees the other's person %d: %v", i, n, err)
			}
		}
	}
}

func (w *world) create(s subject, want connectors.Record) connectors.Remote {
	w.t.Helper()
	made, err := s.Create(w.t.Context(), want)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) find(s subject, want connectors.Record) connectors.Remote {
	w.t.Helper()
	have, err := s.Find(w.t.Context(), want)
	if err != nil {
		w.t.Fatal(err)
	}
	return have
}
