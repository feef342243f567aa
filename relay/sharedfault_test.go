package relay_test

import (
	"context"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
)

// One login is for all calls that wait for it, and so is its failure. What is known of one person
// only says nothing of the others.
func TestAFaultThatCallsShareIsJudgedForEachAlone(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	login := connectors.Faultf(connectors.Auth, "the login was refused")
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
		if op == relaytest.Create || key == "bob" {
			return login
		}
		return nil
	}
	ana := w.Person("ana", nil) // is searched for before
	w.Turn()
	bob := w.Person("bob", nil)
	w.Turn()
	for id, want := range map[string]connectors.Class{ana: connectors.Denied, bob: connectors.Auth} {
		if k, _ := w.Link(id); k.Fault != string(want) {
			t.Errorf("%s, want %s: %+v", k.Fault, want, k)
		}
	}
}

// Whose credentials are revoked between the read of a person and the change looks like a vendor who
// refuses this one change. The next tries tell, and nobody is set aside for hours for the moment
// they were met in.
func TestCredentialsThatAreRevokedInTheMiddleOfARunSetNobodyAside(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	revoked, always := true, false
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && (revoked || always) {
			return connectors.Faultf(connectors.Auth, "refused")
		}
		return nil
	}
	ana := w.Person("ana", nil)
	w.Turn()
	if k, _ := w.Link(ana); k.Fault != "denied" || k.State != "retry" || k.NextAt.Sub(w.Clock.Now()) > 10*time.Second {
		t.Errorf("the first time: %+v", k)
	}
	revoked = false
	w.Clock.Advance(10 * time.Second)
	w.Turn()
	if k, _ := w.Link(ana); k.Applied != k.Wanted {
		t.Errorf("once they are good again: %+v", k)
	}
	always = true
	bob := w.Person("bob", nil)
	waits := waits(w, bob, 4)
	if k, _ := w.Link(bob); k.State != "escrow" || waits[3] != 6*time.Hour || waits[2] > time.Minute {
		t.Errorf("one who is always refused waits %v: %+v", waits, k)
	}
}
