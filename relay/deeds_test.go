package relay_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// done are the events of the resource's links as the audit has them, oldest first.
func done(t *testing.T, w *relaytest.World, resource string) (lines []string) {
	t.Helper()
	err := w.Store.Events.Each(t.Context(), store.EventQuery{Tenant: relaytest.Tenant, Resource: resource, Kind: "link"}, func(e store.Event) error {
		lines = append(lines, strings.Join(slices.DeleteFunc([]string{e.Kind, e.VendorID, e.Did, e.Fault}, func(s string) bool { return s == "" }), " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func wantDone(t *testing.T, w *relaytest.World, resource string, want ...string) {
	t.Helper()
	if got := done(t, w, resource); !slices.Equal(got, want) {
		t.Errorf("the audit has %q, want %q", got, want)
	}
}

// P17: whatever is done at the vendor is in the audit, with the vendor's id.
func TestTheAuditNamesWhatWasDoneAtTheVendor(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "Buyer", "displayName": "Ana"})
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "Buyer", "displayName": "Ana", "nickName": "not forwarded"})
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "Buyer", "displayName": "Ana", "active": false})
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "Buyer", "displayName": "Ana"})
	w.Turn()
	w.Delete(id)
	w.Turn()
	wantDone(t, w, id, "link.intent", "link.applied 1 created", "link.applied 1 updated(name,title)", "link.applied 1",
		"link.applied 1 deactivated", "link.applied 1 reactivated", "link.applied 1 deactivated")
}

func TestTheAuditNamesAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	lost(w, true)
	id := w.Person("ana", nil)
	w.Turn()
	w.Vendor.After = nil
	w.Clock.Advance(2 * time.Second)
	w.Turn()
	wantDone(t, w, id, "link.intent", "link.failed created? unknown", "link.applied 1")
}

func TestARefusedCallIsNoDeed(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return connectors.Faultf(connectors.Invalid, "no")
		}
		return nil
	}
	id := w.Person("ana", nil)
	w.Turn()
	wantDone(t, w, id, "link.intent", "link.failed invalid")
}

func TestTheAuditCountsMembersAndTellsOfWhatSucceededBeforeAFault(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ana, bob := w.Person("ana", nil), w.Person("bob", nil)
	w.Turn()
	group := w.Group("shop", ana, bob)
	w.Turn()
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Members {
			return connectors.Faultf(connectors.Transient, "not now")
		}
		return nil
	}
	w.ChangeGroup(group, "store", nil, scim.MemberEdit{Remove: []string{bob}})
	w.Turn()
	got := done(t, w, group)
	if len(got) != 3 || !strings.Contains(got[1], "created members(+2,-0)") || !strings.HasPrefix(got[2], "link.failed") || !strings.Contains(got[2], "updated(") {
		t.Errorf("%q", got)
	}
}

// A turn whose lease was lost before it could record has done what it did all the same.
func TestWhatALateTurnDidIsInTheAudit(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	health := w.Begin()
	outcomes, health := w.Chunk(health)
	w.Clock.Advance(time.Minute)
	if _, _, err := w.Store.Targets.Acquire(t.Context(), relaytest.Tenant, relaytest.Target, "another", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := w.TryRecord(outcomes, health); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("recorded: %v", err)
	}
	wantDone(t, w, id, "link.intent", "link.late 1 created")
}
