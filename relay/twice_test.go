package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// P5, reliability rules 3.1 (the provider that read "not found right after create" as "deleted"):
// an account the vendor does not show yet is not one that vanished.
func TestAnAccountThatIsNotShownYetHasNotVanished(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	id := w.Person("ana", nil)
	w.Turn()
	synced(t, w, id)
	w.Clock.Advance(time.Second)
	w.Change(id, "ana", scim.Document{"title": "T"}) // as Entra does: POST, and a PATCH right behind it
	for range 60 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	v.one(t)
}

// P5: the second create after a lost one needs an intent of its own. The process dies right
// after it.
func TestASecondCreateThatIsCutOffIsSearchedForToo(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	arrives := false
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && !arrives {
			v.accounts = nil // the request never arrived
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	w.Clock.Advance(time.Second)
	w.Turn() // the first search finds nothing
	arrives = true
	w.Clock.Advance(35 * time.Second)
	health := w.Begin()
	outcomes, health := w.Chunk(health) // the second search
	w.Record(outcomes, health)
	w.Chunk(health) // the second create; and nothing is recorded
	w.End()
	v.one(t)
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	v.one(t)
	synced(t, w, id)
}

// P5: the time to wait runs from the call, not from the beginning of its chunk.
func TestASlowChunkThatIsCutOffMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	w.Session.Concurrency = 1
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			w.Clock.Advance(2 * time.Second) // 3 calls a second are Sage's rate; 16 links are the first chunk
		}
		return nil
	}
	for i := range 16 {
		w.Person(fmt.Sprint("user", i), nil)
	}
	w.Chunk(w.Begin()) // and nothing is recorded
	w.End()
	v.after = nil
	for range 90 { // the process is back within a second
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	if len(v.accounts) != 16 {
		t.Errorf("%d accounts for 16 persons", len(v.accounts))
	}
}

// P5: the intent has to know under which key the create went out.
func TestARenameAfterALostCreateMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	w, v := at(t, 0)
	lostOnce := true
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && lostOnce {
			lostOnce = false
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "anna", nil)
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	v.one(t)
}

// P8: and a deletion must reach what was made under the old key.
func TestARenameAndADeletionAfterALostCreateLeaveNobodyActive(t *testing.T) {
	t.Parallel()
	w, v := at(t, 0)
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "anna", nil)
	w.Delete(id)
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	if a := v.one(t); a.Active {
		t.Error("somebody who was deleted can still log in")
	}
}

// P5: the process is told to stop between a create and what follows it in the same link.
func TestAStopBehindACreateForgetsNoAccount(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	v.bare = true
	ctx, stop := context.WithCancel(t.Context())
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			stop()
		}
		return nil
	}
	id := w.Person("ana", scim.Document{"displayName": "Ana"})
	outcomes, health := w.ChunkIn(ctx, w.Begin())
	w.Record(outcomes, health)
	w.End()
	if k, _ := w.Link(id); k.VendorID == "" && k.Intent.IsZero() {
		t.Errorf("a create was sent, and neither the account nor the intent is kept: %+v", k)
	}
	v.after = nil
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	v.one(t)
}

// P8: where an inactive person needs no account, a create that was lost must be looked for all
// the same.
func TestADeactivationAfterALostCreateIsNotForgotten(t *testing.T) {
	t.Parallel()
	w, v := at(t, 20*time.Second)
	w.Session.Capabilities.Deactivate = "anonymise" // any product that cannot hold a switched-off account
	v.after = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", scim.Document{"active": false})
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	if a := v.one(t); a.Active {
		k, _ := w.Link(id)
		t.Errorf("somebody who was deactivated can still log in; link %+v", k)
	}
}
