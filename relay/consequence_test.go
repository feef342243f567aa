package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// One row for each class: how the link waits, for how long (without jitter's spread), whether
// an attempt was used, and how the target is after one such answer.
func TestEveryFaultHasItsConsequence(t *testing.T) {
	t.Parallel()
	rows := map[connectors.Class]struct {
		state    string
		wait     time.Duration
		attempts int
		phase    quarantine.Phase
		failures int
	}{
		connectors.NotFound:     {"escrow", 6 * time.Hour, 1, quarantine.Active, 0},
		connectors.Exists:       {"retry", time.Second, 1, quarantine.Active, 0},
		connectors.Ambiguous:    {"escrow", 6 * time.Hour, 1, quarantine.Active, 0},
		connectors.Invalid:      {"escrow", 6 * time.Hour, 1, quarantine.Active, 0},
		connectors.Denied:       {"escrow", 6 * time.Hour, 1, quarantine.Active, 0},
		connectors.Auth:         {"retry", 0, 0, quarantine.Throttled, 0},
		connectors.Plan:         {"retry", 0, 0, quarantine.Quarantined, 0},
		connectors.Seats:        {"held", 12 * time.Hour, 0, quarantine.Active, 0},
		connectors.Throttled:    {"retry", 0, 0, quarantine.Throttled, 0},
		connectors.Transient:    {"retry", time.Second, 1, quarantine.Active, 1},
		connectors.Unknown:      {"verify", time.Second, 0, quarantine.Active, 1},
		connectors.EditConflict: {"retry", time.Second, 1, quarantine.Active, 0},
		connectors.Nonsense:     {"retry", time.Second, 1, quarantine.Active, 1},
		connectors.Unrecognised: {"retry", time.Second, 1, quarantine.Active, 1},
		connectors.Confirm:      {"held", 0, 0, quarantine.Active, 0},
		connectors.Internal:     {"verify", time.Second, 0, quarantine.Active, 0}, // behind a create; else set aside
	}
	for _, class := range connectors.Classes() {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			want, ok := rows[class]
			if !ok {
				t.Fatal("the class has no row here")
			}
			w := relaytest.New(t)
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
				if op == relaytest.Create || class == connectors.Auth { // credentials are refused for everything
					return &connectors.Fault{Class: class, Detail: "the vendor's reason", RetryAfter: 20 * time.Second}
				}
				return nil
			}
			id := w.Person("ana", nil)
			health := w.Turn()
			k, _ := w.Link(id)
			if k.State != want.state || k.Attempts != want.attempts || k.Fault != string(class) || k.Detail != "the vendor's reason" {
				t.Errorf("link %+v", k)
			}
			if class == connectors.Confirm && !k.NextAt.Equal(store.Never()) {
				t.Errorf("comes again at %v", k.NextAt)
			} else if wait := k.NextAt.Sub(w.Clock.Now()); wait != want.wait && class != connectors.Confirm {
				t.Errorf("waits %v, want %v", wait, want.wait)
			}
			if health.Phase != want.phase || health.Failures != want.failures {
				t.Errorf("target %+v", health)
			}
			if lost := class == connectors.Unknown || class == connectors.Internal; lost == k.Intent.IsZero() {
				t.Errorf("intent %v", k.Intent)
			}
			if class == connectors.Confirm {
				return // time does not help
			}
			w.Vendor.Before = nil
			w.Clock.Advance(24 * time.Hour)
			w.Turn()
			w.Clock.Advance(time.Minute) // a lost create is searched for twice
			w.Turn()
			synced(t, w, id)
		})
	}
}

func TestRetriesSlowDownAndEndOnTheLadder(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return connectors.Faultf(connectors.EditConflict, "busy") // says nothing about the target
		}
		return nil
	}
	id := w.Person("ana", nil)
	var waits []time.Duration
	for range 14 {
		w.Turn()
		k, _ := w.Link(id)
		waits = append(waits, k.NextAt.Sub(w.Clock.Now()))
		w.Clock.Advance(waits[len(waits)-1])
	}
	want := "[1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 7m30s 6h0m0s 12h0m0s 24h0m0s 24h0m0s]"
	if fmt.Sprint(waits) != want {
		t.Errorf("waits %v\nwant  %s", waits, want)
	}
	if k, _ := w.Link(id); k.State != "escrow" {
		t.Errorf("link %+v", k)
	}
	w.Change(id, "ana", scim.Document{"title": "T"}) // a new want wakes it at once
	w.Vendor.Before = nil
	w.Turn()
	synced(t, w, id)
}

func TestAThrottledChunkLeavesTheRestUntouched(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1
	var ids []string
	for i := range 10 {
		ids = append(ids, w.Person(fmt.Sprint("user", i), nil))
	}
	calls := 0
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		if calls++; calls == 5 {
			return &connectors.Fault{Class: connectors.Throttled, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	if health := w.Turn(); health.Phase != quarantine.Throttled || health.Until.Sub(w.Clock.Now()) != 20*time.Second {
		t.Fatalf("target %+v", health)
	}
	if calls != 5 {
		t.Errorf("%d calls, want none after the answer", calls)
	}
	for _, id := range ids[2:] {
		if k, _ := w.Link(id); k.Attempts != 0 || !k.Intent.IsZero() {
			t.Errorf("link %+v", k)
		}
	}
	w.Clock.Advance(20 * time.Second)
	w.Turn()
	for _, id := range ids {
		synced(t, w, id)
	}
}

func TestASickVendorIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 1
	for i := range 50 {
		w.Person(fmt.Sprint("user", i), nil)
	}
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		return connectors.Faultf(connectors.Transient, "down")
	}
	health := w.Turn()
	if n := len(w.Vendor.Calls()); n != 5 || health.Reason != quarantine.Unreachable {
		t.Errorf("%d calls, target %+v", n, health)
	}
	w.Vendor.Before = nil
	w.Clock.Advance(time.Hour)
	w.Turn()
	if w.Vendor.Accounts() != 50 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}

func TestAPersonWithoutAKeyIsSetAsideAndOthersGoOn(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("", nil)
	fine := w.Person("bob", nil)
	w.Turn()
	if k, _ := w.Link(id); k.State != "escrow" || k.Fault != "invalid" {
		t.Errorf("link %+v", k)
	}
	synced(t, w, fine)
}

func TestABrokenConnectorIsOurFaultAndOnlyThisLinks(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Before = func(_ context.Context, _ relaytest.Operation, key string) error {
		if key == "ana" {
			panic("boom")
		}
		return nil
	}
	ana, bob := w.Person("ana", nil), w.Person("bob", nil)
	w.Turn()
	if k, _ := w.Link(ana); k.State != "escrow" || k.Fault != "internal" || k.Detail != "internal error" {
		t.Errorf("link %+v", k)
	}
	synced(t, w, bob)
}

func TestAPersonThatGrewByChangesIsStillRelayed(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	attributes := scim.Document{}
	for i := range 300 { // more keys than one body may have
		attributes[fmt.Sprint("urn:example:", i)] = "x"
	}
	id := w.Person("ana", attributes)
	w.Turn()
	synced(t, w, id)
}

func TestRefusedCredentialsAreAskedAboutTwiceAndThenLeftAlone(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	for i := range 3 {
		w.Person(fmt.Sprint("user", i), nil)
	}
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		return connectors.Faultf(connectors.Auth, "refused")
	}
	if health := w.Turn(); health.Phase != quarantine.Throttled {
		t.Fatalf("after one refusal %+v", health)
	}
	w.Clock.Advance(6 * time.Second)
	if health := w.Turn(); health.Reason != quarantine.Auth {
		t.Fatalf("after two refusals %+v", health)
	}
	if n := len(w.Vendor.Calls()); n > 10 {
		t.Errorf("%d calls", n)
	}
}
