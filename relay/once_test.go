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

// lost makes the answers to creates disappear, executed or not.
func lost(w *relaytest.World, executed bool) {
	hook := func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return connectors.Faultf(connectors.Unknown, "the answer did not come")
		}
		return nil
	}
	if executed {
		w.Vendor.After = hook
	} else {
		w.Vendor.Before = hook
	}
}

func TestACreateWhoseAnswerWasLostIsFoundAndAdopted(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	lost(w, true)
	id := w.Person("ana", nil)
	w.Turn()
	if k, _ := w.Link(id); k.State != "verify" || k.Intent.IsZero() || k.Attempts != 0 {
		t.Fatalf("link %+v", k)
	}
	w.Vendor.After = nil
	w.Clock.Advance(2 * time.Second)
	w.Turn()
	synced(t, w, id)
	if creates := w.Vendor.Calls(relaytest.Create); len(creates) != 1 || w.Vendor.Accounts() != 1 {
		t.Errorf("%d creates, %d accounts", len(creates), w.Vendor.Accounts())
	}
}

func TestACreateThatNeverArrivedIsRepeatedOnlyOnceThatIsCertain(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	lost(w, false)
	id := w.Person("ana", nil)
	w.Turn()
	w.Vendor.Before = nil
	w.Vendor.Calls()
	for range 29 { // until the settle time of 30 s is over
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	if calls := w.Vendor.Calls(relaytest.Create); len(calls) > 0 {
		t.Fatalf("created before it was certain: %v", calls)
	}
	if k, _ := w.Link(id); k.State != "verify" || k.Negatives != 1 {
		t.Fatalf("link %+v", k)
	}
	w.Clock.Advance(2 * time.Second)
	w.Turn()
	synced(t, w, id)
	if calls := w.Vendor.Calls(); fmt.Sprint(calls) != "[find ana find ana create ana]" {
		t.Errorf("calls %v", calls)
	}
}

func TestASearchThatLagsBehindMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	lost(w, true)
	id := w.Person("ana", nil)
	start := w.Clock.Now()
	w.Vendor.Hidden = func(string) bool { return w.Clock.Now().Before(start.Add(20 * time.Second)) }
	w.Turn()
	w.Vendor.After = nil
	for range 40 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	synced(t, w, id)
	if w.Vendor.Accounts() != 1 || len(w.Vendor.Calls(relaytest.Create)) != 1 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}

// The process dies between the vendor's answer and its own commit.
func TestACrashBeforeTheOutcomeIsRecordedMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	var ids []string
	for i := range 20 {
		ids = append(ids, w.Person(fmt.Sprint("user", i), nil))
	}
	w.Chunk(w.Begin()) // and nothing is recorded
	if k, _ := w.Link(ids[0]); k.Intent.IsZero() || k.VendorID != "" {
		t.Fatalf("the intent was not committed before the calls: %+v", k)
	}
	w.Clock.Advance(time.Minute)
	w.Turn()
	for _, id := range ids {
		if k := synced(t, w, id); k.Attempts != 0 {
			t.Errorf("a crash counted as an attempt: %+v", k)
		}
	}
	if n := len(w.Vendor.Calls(relaytest.Create)); n != 20 || w.Vendor.Accounts() != 20 {
		t.Errorf("%d creates, %d accounts", n, w.Vendor.Accounts())
	}
}

func TestADeletionAfterALostCreateFindsWhatWasMade(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	lost(w, true)
	id := w.Person("ana", nil)
	w.Turn()
	w.Delete(id)
	w.Clock.Advance(time.Second)
	w.Turn()
	account(t, w, "ana", false)
	if _, ok := w.Link(id); ok {
		t.Error("the link stayed")
	}
}

func TestSomebodyElsesAccountIsNotTaken(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	first := w.Person("ana", nil)
	second := w.Person("ANA", nil) // the same key to the vendor, in one chunk
	w.Turn()
	a, _ := w.Link(first)
	b, _ := w.Link(second)
	if a.VendorID == b.VendorID || (a.State == "escrow") == (b.State == "escrow") {
		t.Fatalf("links %+v and %+v", a, b)
	}
	third := w.Person("aNa", nil) // and in a later one
	w.Turn()
	if k, _ := w.Link(third); k.State != "escrow" || k.Fault != "ambiguous" || k.Detail == "" {
		t.Errorf("link %+v", k)
	}
	if w.Vendor.Accounts() != 1 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}

func TestAnAccountMadeByHandIsAdoptedAndBroughtUpToDate(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	made := w.Vendor.Put("Ana", false, map[string]any{"name": "Old", "private": "kept"})
	id := w.Person("ana", scim.Document{"displayName": "New"})
	w.Turn()
	if a := account(t, w, "ana", true); a.ID != made || a.Fields["name"] != "New" || a.Fields["private"] != "kept" {
		t.Errorf("account %+v", a)
	}
	synced(t, w, id)
	if calls := w.Vendor.Calls(relaytest.Create); len(calls) > 0 {
		t.Errorf("created beside it: %v", calls)
	}
}

func TestAnAccountThatVanishedIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id, inactive := w.Person("ana", nil), w.Person("bob", nil)
	w.Turn()
	w.Vendor.Remove("ana")
	w.Vendor.Remove("bob")
	w.Change(id, "ana", scim.Document{"title": "T"})
	w.Change(inactive, "bob", scim.Document{"active": false})
	w.Turn()
	if k, _ := w.Link(id); k.State != "verify" || k.VendorID == "" { // it may only not be shown yet
		t.Fatalf("link %+v", k)
	}
	w.Clock.Advance(30 * time.Second)
	w.Turn()
	account(t, w, "ana", true)
	if k := synced(t, w, id); k.Generation != 2 || k.VendorID != "3" {
		t.Errorf("link %+v", k)
	}
	if _, ok := w.Vendor.Account("bob"); ok {
		t.Error("an account was made for somebody who has left")
	}
	synced(t, w, inactive)
}

func TestAnEndingProcessCountsNothingAgainstAnybody(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	var ids []string
	for i := range 10 {
		ids = append(ids, w.Person(fmt.Sprint("user", i), nil))
	}
	ctx, stop := context.WithCancel(t.Context())
	w.Session.Concurrency = 1
	w.Vendor.Before = func(ctx context.Context, op relaytest.Operation, key string) error {
		if op == relaytest.Create && key == "user3" {
			stop()
			return connectors.FaultOf(ctx.Err())
		}
		return nil
	}
	health := w.Begin()
	outcomes, health := w.ChunkIn(ctx, health)
	w.Record(outcomes, health)
	w.End()
	w.Vendor.Before = nil
	for _, id := range ids[3:] {
		if k, _ := w.Link(id); k.Attempts != 0 || k.Fault != "" || k.State != "" || !k.Intent.IsZero() {
			t.Errorf("link %+v", k)
		}
	}
	w.Turn() // without any wait
	for _, id := range ids {
		synced(t, w, id)
	}
	if w.Vendor.Accounts() != 10 {
		t.Errorf("%d accounts", w.Vendor.Accounts())
	}
}
