package server_test

import (
	"slices"
	"testing"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/scim/server"
)

// Every class of fault has its answer, and none is one that identity providers act on.
func TestEveryFaultHasItsAnswer(t *testing.T) {
	t.Parallel()
	want := map[connectors.Class]int{connectors.Invalid: 400, connectors.Exists: 409, connectors.Ambiguous: 409, connectors.Denied: 403, connectors.Internal: 500}
	for _, class := range connectors.Classes() {
		status, known := server.FailureStatus(string(class))
		expected := want[class]
		if expected == 0 {
			expected = 503
		}
		if !known || status != expected {
			t.Errorf("%s: %d, %v", class, status, known)
		}
	}
	if n := server.Failures(); n != len(connectors.Classes()) {
		t.Errorf("%d answers for %d classes", n, len(connectors.Classes()))
	}
}

// The server may not import relay, but it reads its states.
func TestTheStatesAreRelays(t *testing.T) {
	t.Parallel()
	if got := server.Aside(); !slices.Equal(got, []string{relay.StateEscrow, relay.StateHeld}) {
		t.Errorf("%v", got)
	}
}
