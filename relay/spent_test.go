package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// spending is a world whose vendor spends the account of whoever leaves.
func spending(t *testing.T, kind connectors.DeactivateKind) *relaytest.World {
	t.Helper()
	w := relaytest.New(t)
	w.Vendor.Kind = kind
	w.Session.Capabilities.Deactivate, w.Session.Capabilities.Reactivate = kind, connectors.ReactivateNewID
	w.Session.Capabilities.CreateInactive = false
	return w
}

func inactive() scim.Document { return scim.Document{"active": false} }

func TestWhoReturnsToASpentAccountGetsAnother(t *testing.T) {
	t.Parallel()
	w := spending(t, connectors.DeactivateAnonymise)
	id := w.Person("ana", nil)
	club := w.Group("Club", id)
	w.Turn()
	first, _ := w.Link(id)
	w.Change(id, "ana", inactive())
	w.Turn()
	off, _ := w.Link(id)
	if off.VendorID != "" || off.Generation != first.Generation+1 || off.Applied != off.Wanted {
		t.Fatalf("link %+v", off)
	}
	w.Change(id, "ana", nil)
	w.Turn()
	back, _ := w.Link(id)
	account, ok := w.Vendor.Account("ana")
	if !ok || account.ID != back.VendorID || back.VendorID == first.VendorID || back.Applied != back.Wanted {
		t.Fatalf("link %+v", back)
	}
	if w.Vendor.Accounts() != 1 || len(w.Vendor.Calls(relaytest.Reactivate)) != 0 {
		t.Error("a spent account was reactivated")
	}
	if members, _ := w.Vendor.Group("Club"); len(members) != 1 {
		t.Errorf("the club has %v", members)
	}
	synced(t, w, club)
}

func TestASpentAccountWhoseOutcomeWasLostIsNotMissed(t *testing.T) {
	t.Parallel()
	w := spending(t, connectors.DeactivateRemove)
	id := w.Person("ana", nil)
	w.Turn()
	w.Change(id, "ana", inactive())
	health := w.Begin()
	w.Chunk(health) // dies before it records
	w.End()
	w.Turn()
	w.Clock.Advance(time.Minute)
	w.Turn()
	synced(t, w, id)
	w.Change(id, "ana", nil)
	w.Turn()
	synced(t, w, id)
	if w.Vendor.Accounts() != 1 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}

func TestNobodyInactiveGetsAnAccountThatCannotBeInactive(t *testing.T) {
	t.Parallel()
	w := spending(t, connectors.DeactivateRemove)
	id := w.Person("ana", inactive())
	w.Turn()
	if k, _ := w.Link(id); w.Vendor.Accounts() != 0 || k.Applied != k.Wanted {
		t.Fatalf("%d accounts, link %+v", w.Vendor.Accounts(), k)
	}
}

// company is a world with n people, all of them linked.
func company(t *testing.T, n int) (*relaytest.World, []string) {
	t.Helper()
	w := spending(t, connectors.DeactivateAnonymise)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.Person(fmt.Sprint("user", i), nil)
	}
	w.Turn()
	return w, ids
}

func TestABurstOfWhatCannotBeUndoneWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w, ids := company(t, 40)
	for i, id := range ids[:20] {
		w.Change(id, fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	w.Clock.Advance(48 * time.Hour)
	w.Turn()
	if got := w.Vendor.Accounts(); got != 40 {
		t.Fatalf("%d accounts are left before anybody agreed", got)
	}
	k, _ := w.Link(ids[0])
	if k.State != "held" || k.Fault != string(connectors.Confirm) || k.Detail == "" {
		t.Fatalf("link %+v", k)
	}
	if n, err := approve(w, ids[0], "she left"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	w.Turn()
	if got := w.Vendor.Accounts(); got != 39 {
		t.Fatalf("%d accounts are left after one was agreed to", got)
	}
	w.Change(ids[1], "user1", nil) // comes back before anybody agreed
	n, err := approve(w, "", "a closed branch")
	if n != 18 || err != nil {
		t.Fatal(n, err)
	}
	w.Turn()
	if got := w.Vendor.Accounts(); got != 21 {
		t.Fatalf("%d accounts are left in the end", got)
	}
}

func TestAFewWhoLeaveAreNotHeld(t *testing.T) {
	t.Parallel()
	w, ids := company(t, 40)
	for i, id := range ids[:5] {
		w.Change(id, fmt.Sprint("user", i), inactive())
	}
	w.Delete(ids[5])
	w.Turn()
	if got := w.Vendor.Accounts(); got != 34 {
		t.Fatalf("%d accounts", got)
	}
}

// A scope that is mistyped must not anonymise a company, however slowly it goes about it.
func TestWhoOnlyLeavesTheScopeIsNeverLostWithoutAPersonsConsent(t *testing.T) {
	t.Parallel()
	w := spending(t, connectors.DeactivateAnonymise)
	id := w.Person("ana", scim.Document{"title": "Clerk"})
	for i := range 20 {
		w.Person(fmt.Sprint("user", i), scim.Document{"title": "Head"})
	}
	w.Turn()
	scope, faults := connectors.CompileScope(configs.Text{Value: `user.title == "Head"`})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w.Session.Scope = scope
	w.Change(id, "ana", scim.Document{"title": "Clerk of two"})
	w.Turn()
	if k, _ := w.Link(id); w.Vendor.Accounts() != 21 || k.Fault != string(connectors.Confirm) {
		t.Fatalf("%d accounts, link %+v", w.Vendor.Accounts(), k)
	}
	if _, err := approve(w, id, "so be it"); err != nil {
		t.Fatal(err)
	}
	w.Turn()
	if w.Vendor.Accounts() != 20 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}

// What was held because of the old settings is done in the new way, if nothing in that is held.
func TestNewSettingsEndAHold(t *testing.T) {
	t.Parallel()
	w, ids := company(t, 20)
	mend := func(settings string) {
		t.Helper()
		w.Mend(settings)
	}
	mend("anonymise")
	for i, id := range ids[:15] {
		w.Change(id, fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	mend("anonymise, and another comment")
	w.Turn()
	if k, _ := w.Link(ids[0]); k.Fault != string(connectors.Confirm) || w.Vendor.Accounts() != 20 {
		t.Fatalf("%d accounts, link %+v", w.Vendor.Accounts(), k)
	}
	w.Vendor.Kind, w.Session.Capabilities.Deactivate = connectors.DeactivateFlag, connectors.DeactivateFlag
	mend("flag")
	w.Turn()
	if k, _ := w.Link(ids[0]); k.Fault != string(connectors.Confirm) {
		t.Fatalf("it is a burst still: %+v", k)
	}
	w.Session.Target.Guard.Off = true
	mend("flag, and no guard")
	w.Turn()
	synced(t, w, ids[0])
	if account, ok := w.Vendor.Account("user0"); !ok || account.Active {
		t.Errorf("there %v, active %v", ok, account.Active)
	}
}

// approve agrees to what is held, and returns of how many links.
func approve(w *relaytest.World, resource, reason string) (int, error) {
	done, err := w.Store.Links.Approve(context.Background(), store.Decision{Order: store.Order{Tenant: relaytest.Tenant, Target: relaytest.Target, Actor: "ops", Reason: reason}, Resource: resource})
	return done.Links, err
}
