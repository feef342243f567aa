package relay_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// P13: every call of a chunk is refused at once, as it is when a key is revoked. Two refusals
// five seconds apart are a quarantine of a quarter of an hour, however many calls ran beside.
func TestRevokedCredentialsAreNotTriedEveryFiveSeconds(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	for i := range 50 {
		w.Person(fmt.Sprint("user", i), nil)
	}
	var together sync.WaitGroup
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		together.Done() // all of a chunk's first calls are under way when the refusal comes
		together.Wait()
		return connectors.Faultf(connectors.Auth, "no")
	}
	var health quarantine.State
	calls, turns := 0, 0
	for range 60 { // a minute
		if health.Until.After(w.Clock.Now()) {
			w.Clock.Advance(time.Second)
			continue
		}
		together.Add(4 - 3*min(1, turns)) // with a refusal in mind one asks for all
		health = w.Turn()
		turns++
		calls += len(w.Vendor.Calls())
		w.Clock.Advance(time.Second)
	}
	if health.Phase != quarantine.Quarantined || turns > 2 {
		t.Errorf("%d turns with %d refused calls in a minute, target %+v", turns, calls, health)
	}
}

// P21: a process that is told to stop makes no target sick.
func TestAStopIsNoFailureOfTheVendor(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Concurrency = 8
	for i := range 8 {
		w.Person(fmt.Sprint("user", i), nil)
	}
	ctx, stop := context.WithCancel(t.Context())
	var together sync.WaitGroup
	together.Add(8)
	w.Vendor.Before = func(ctx context.Context, _ relaytest.Operation, _ string) error {
		together.Done()
		together.Wait()
		stop()
		<-ctx.Done()
		return connectors.FaultOf(ctx.Err())
	}
	if _, health := w.ChunkIn(ctx, w.Begin()); health.Resting() || health.Failures > 0 {
		t.Errorf("a stop was held against the vendor: %+v", health)
	}
}

// P8: an expression that fails for a person must not keep a leaver's access.
func TestALeaverGoesWhateverTheScopeSays(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	scope, faults := connectors.CompileScope(configs.Text{Value: `user.emails[0].value endsWith "@acme.example"`})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w.Session.Scope = scope
	id := w.Person("ana", scim.Document{"emails": []any{scim.Document{"type": "work", "value": "ana@acme.example"}}})
	w.Turn()
	account(t, w, "ana", true)
	w.Change(id, "ana", scim.Document{"active": false}) // and the mailbox is gone as well
	w.Turn()
	if k, _ := w.Link(id); k.State != "" {
		t.Errorf("link %+v", k)
	}
	account(t, w, "ana", false)
}

// P4: whoever was refused an account because another link held it is tried again once it is free.
func TestASuccessorIsWokenWhenThePredecessorHasLeft(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	first := w.Person("ana", nil)
	w.Turn()
	w.Delete(first)
	second := w.Person("ana", nil) // as an identity provider does when somebody is removed and added
	once := true
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Deactivate && once {
			once = false
			return connectors.Faultf(connectors.Transient, "a hiccup")
		}
		return nil
	}
	for range 60 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	if _, ok := w.Link(first); ok {
		t.Fatal("the first one is still there")
	}
	account(t, w, "ana", true)
	synced(t, w, second)
}

// P15: a change whose answer never comes is tried ever more rarely.
func TestAnUpdateWhoseAnswerNeverComesSlowsDown(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	w.Turn()
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
		if op == relaytest.Update && key == "ana" {
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "no answer"}
		}
		return nil
	}
	w.Change(id, "ana", scim.Document{"title": "T"})
	w.Vendor.Calls()
	for i := range 120 { // ten minutes in which the vendor works well for everybody else
		w.Person(fmt.Sprint("user", i), nil)
		if health := w.Turn(); health.Resting() {
			t.Fatalf("target %+v", health)
		}
		w.Clock.Advance(5 * time.Second)
	}
	n := 0
	for _, call := range w.Vendor.Calls(relaytest.Update) {
		if call.Key == "ana" {
			n++
		}
	}
	if k, _ := w.Link(id); n > 30 {
		t.Errorf("%d updates in ten minutes; link %+v", n, k)
	}
}

// P3: what the gateway accepted it must be able to read; patches put together more than one body holds.
func TestAPersonWhoGrewIsStillProvisioned(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	grown := scim.Document{}
	for i := range 300 {
		grown[fmt.Sprint("attribute", i)] = "x"
	}
	id := w.Person("ana", scim.Document{"displayName": "Ana", "urn:acme:2.0:User": grown})
	w.Turn()
	if k, _ := w.Link(id); k.Applied != k.Wanted {
		t.Errorf("link %+v", k)
	}
}

// One person the vendor answers oddly for must not keep a target in quarantine.
func TestOneOddPersonDoesNotFailEveryProbe(t *testing.T) {
	t.Parallel()
	for _, class := range []connectors.Class{connectors.Auth, connectors.Nonsense} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Concurrency = 1
			odd := w.Person("odd", nil)
			w.Turn()
			w.Change(odd, "odd", scim.Document{"active": false})
			for i := range 20 {
				w.Person(fmt.Sprint("user", i), nil)
			}
			down := true
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
				if down || op == relaytest.Deactivate && key == "odd" {
					return connectors.Faultf(class, "no")
				}
				return nil
			}
			health := w.Turn()
			for w.Clock.Now().Before(time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)) { // six hours
				if health.Phase == quarantine.Quarantined {
					down = false // the vendor is fine again but for this one
				}
				if !health.Until.After(w.Clock.Now()) {
					health = w.Turn()
				}
				w.Clock.Advance(time.Minute)
			}
			if w.Vendor.Accounts() != 21 {
				k, _ := w.Link(odd)
				t.Errorf("%d of 21 accounts after six hours; target %+v, link %+v", w.Vendor.Accounts(), health, k)
			}
		})
	}
}

// A link whose id the store refuses must not take its chunk along, nor be tried for ever.
func TestAnAccountThatAnotherLinkHoldsSpoilsNoChunk(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	first := w.Person("ana", nil)
	w.Turn()
	k, _ := w.Link(first)
	w.Session.Connector = upsert{w.Vendor, k.VendorID}
	odd := w.Person("odd", nil) // the vendor takes this one for the first (it compares something else)
	var others []string
	for i := range 5 {
		others = append(others, w.Person(fmt.Sprint("user", i), nil))
	}
	refused := 0
	health := w.Begin()
	for range 120 {
		outcomes, next := w.Chunk(health)
		health = next
		if err := w.TryRecord(outcomes, health); errors.Is(err, store.ErrConflict) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Second)
	}
	for _, id := range others {
		synced(t, w, id)
	}
	creates := 0
	for _, call := range w.Vendor.Calls() {
		if call.Operation == relaytest.Create && call.Key == "odd" {
			creates++
		}
	}
	if k, _ := w.Link(odd); refused > 0 || k.State != "escrow" {
		t.Errorf("%d chunks were refused in two minutes; link %+v", refused, k)
	}
}

// upsert is a vendor whose create answers with an account that is there already.
type upsert struct {
	*relaytest.Vendor
	id string
}

func (u upsert) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	if want.Key == "odd" {
		return connectors.Remote{ID: u.id, Key: "ana", Active: true}, nil
	}
	return u.Vendor.Create(ctx, want)
}
