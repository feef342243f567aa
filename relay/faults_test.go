package relay_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// refusing answers the operation by the class, always, and counts.
func refusing(w *relaytest.World, op relaytest.Operation, class connectors.Class) (calls *atomic.Int64) {
	calls = new(atomic.Int64)
	w.Vendor.Before = func(_ context.Context, got relaytest.Operation, _ string) error {
		if got == op {
			calls.Add(1)
			return connectors.Faultf(class, "the vendor's reason")
		}
		return nil
	}
	return calls
}

// waits runs the link so many times, each when it is due, and says how long it waited between.
func waits(w *relaytest.World, id string, runs int) (waits []time.Duration) {
	for range runs {
		w.Turn()
		k, _ := w.Link(id)
		waits = append(waits, k.NextAt.Sub(w.Clock.Now()))
		w.Clock.Advance(waits[len(waits)-1])
	}
	return waits
}

func TestWhatNobodyRecognisesIsTriedThreeTimesAndThenSetAside(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	refusing(w, relaytest.Create, connectors.Unrecognised)
	id := w.Person("ana", nil)
	if got := fmt.Sprint(waits(w, id, 5)); got != "[1s 2s 4s 6h0m0s 12h0m0s]" {
		t.Errorf("waits %s", got)
	}
	if k, _ := w.Link(id); k.State != "escrow" || k.Fault != "unrecognised" {
		t.Errorf("link %+v", k)
	}
}

func TestTakingAccessAwayStopsAtOnceAtWhatNobodyRecognises(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	id := w.Person("ana", nil)
	w.Turn()
	calls := refusing(w, relaytest.Deactivate, connectors.Unrecognised)
	w.Change(id, "ana", scim.Document{"active": false})
	w.Turn()
	w.Clock.Advance(time.Hour)
	w.Turn()
	if k, _ := w.Link(id); calls.Load() != 1 || k.State != "escrow" || k.NextAt.Sub(w.Clock.Now()) != 5*time.Hour {
		t.Errorf("%d calls, link %+v", calls.Load(), k)
	}
}

func TestAnHourOfFailingIsTheLadderWhateverTheTries(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{59 * time.Minute: "retry", time.Hour: "escrow"} {
		w := relaytest.New(t)
		refusing(w, relaytest.Create, connectors.Transient)
		id := w.Person("ana", nil)
		w.Turn()
		w.Clock.Advance(after)
		w.Turn()
		if k, _ := w.Link(id); k.State != want || k.Attempts != 2 {
			t.Errorf("after %v: %+v", after, k)
		}
	}
}

func TestAfterFourWeeksALinkIsShownAndNotTriedAnyMore(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	calls := refusing(w, relaytest.Create, connectors.Invalid)
	id := w.Person("ana", nil)
	began := w.Clock.Now()
	for range 100 {
		w.Turn()
		k, _ := w.Link(id)
		if k.NextAt.Equal(store.Never()) {
			break
		}
		w.Clock.Advance(k.NextAt.Sub(w.Clock.Now()))
	}
	k, _ := w.Link(id)
	if days := w.Clock.Now().Sub(began).Hours() / 24; days < 28 || days > 29 || calls.Load() != 31 {
		t.Errorf("given up after %.1f days and %d calls", days, calls.Load())
	}
	if k.State != "escrow" || k.Fault != "invalid" || !strings.Contains(k.Detail, "four weeks: the vendor's reason") {
		t.Errorf("link %+v", k)
	}
	w.Clock.Advance(1000 * time.Hour)
	w.Turn()
	w.Change(id, "ana", scim.Document{"title": "T"}) // a new want is a new beginning
	w.Turn()
	if k, _ := w.Link(id); calls.Load() != 32 || k.NextAt.Sub(w.Clock.Now()) != 6*time.Hour {
		t.Errorf("%d calls, link %+v", calls.Load(), k)
	}
}

// A client that asks again has the vendor asked again, and the ladder goes on where it was.
func TestWhoIsTriedAgainStaysOnTheLadder(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	calls := refusing(w, relaytest.Create, connectors.Invalid)
	id := w.Person("ana", nil)
	w.Turn()
	w.Clock.Advance(20 * time.Hour)
	w.Turn()
	before, _ := w.Link(id)
	w.Clock.Advance(time.Hour)
	n, err := w.Store.Links.Again(t.Context(), store.Write{Tenant: relaytest.Tenant, Actor: "test"}, id,
		store.Aside{Targets: []string{relaytest.Target}, Faults: []string{"invalid"}, State: "escrow"})
	if err != nil || n != 1 {
		t.Fatalf("%d are tried again: %v", n, err)
	}
	w.Turn()
	k, _ := w.Link(id)
	if calls.Load() != 3 || k.State != "escrow" || !k.Failing.Equal(before.Failing) || k.NextAt.Sub(w.Clock.Now()) != 24*time.Hour {
		t.Errorf("%d calls, link %+v, was %+v", calls.Load(), k, before)
	}
}

// P3: a vendor was away for hours, and was asked by probes. When it is back, nobody waits on the
// ladder for having been one.
func TestAProbeThatFailsSetsNobodyAside(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := []string{w.Person("ana", nil), w.Person("bob", nil), w.Person("eva", nil)} // so that each is a probe often
	w.Vendor.Before = func(context.Context, relaytest.Operation, string) error {
		return connectors.Faultf(connectors.Transient, "away")
	}
	rested := func(health quarantine.State) { w.Clock.Advance(max(health.Until.Sub(w.Clock.Now()), time.Minute)) }
	probes := 0
	health := w.Turn()
	for back := w.Clock.Now().Add(12 * time.Hour); w.Clock.Now().Before(back); probes++ {
		rested(health)
		health = w.Turn()
	}
	if health.Phase != quarantine.Quarantined || probes < 5 {
		t.Fatalf("%d probes, target %+v", probes, health)
	}
	w.Vendor.Before = nil
	rested(health)
	for range 16 {
		w.Turn()
		w.Clock.Advance(time.Minute)
	}
	for _, id := range ids {
		synced(t, w, id)
	}
}

func TestAnAccountThatMovesIsReadAgainAtOnce(t *testing.T) {
	t.Parallel()
	for conflicts, want := range map[int]string{0: "", 3: "", 4: "retry"} {
		w := relaytest.New(t)
		id := w.Person("ana", nil)
		w.Turn()
		w.Vendor.Calls()
		left := conflicts
		w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
			if op == relaytest.Update && left > 0 {
				left--
				return connectors.Faultf(connectors.EditConflict, "moved")
			}
			return nil
		}
		w.Change(id, "ana", scim.Document{"title": "T"})
		health := w.Turn()
		k, _ := w.Link(id)
		attempts := 0
		if want != "" {
			attempts = 1
		}
		if k.State != want || k.Attempts != attempts || health.Failures != 0 {
			t.Errorf("%d conflicts: link %+v, target %+v", conflicts, k, health)
		}
		finds, updates := 0, 0
		for _, call := range w.Vendor.Calls() {
			if call.Operation == relaytest.Find {
				finds++
			} else {
				updates++
			}
		}
		if want := min(conflicts, 3) + 1; finds != want || updates != want { // none without a read before it
			t.Errorf("%d conflicts: %d reads and %d updates", conflicts, finds, updates)
		}
	}
}

func TestAnUpdateOfWhatIsNotThereIsLookedAtOnceMore(t *testing.T) {
	t.Parallel()
	t.Run("it is there", func(t *testing.T) {
		t.Parallel()
		w := relaytest.New(t)
		id := w.Person("ana", nil)
		w.Turn()
		calls := refusing(w, relaytest.Update, connectors.NotFound) // something it refers to
		w.Change(id, "ana", scim.Document{"title": "T"})
		w.Turn()
		if k, _ := w.Link(id); calls.Load() != 2 || k.State != "escrow" || k.Fault != "not_found" || k.VendorID == "" {
			t.Errorf("%d calls, link %+v", calls.Load(), k)
		}
	})
	t.Run("it went between read and write", func(t *testing.T) {
		t.Parallel()
		w := relaytest.New(t)
		id := w.Person("ana", nil)
		w.Turn()
		w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
			if op == relaytest.Update {
				w.Vendor.Remove("ana")
			}
			return nil
		}
		w.Change(id, "ana", scim.Document{"title": "T"})
		w.Turn()
		if k, _ := w.Link(id); k.State != "verify" {
			t.Errorf("link %+v", k)
		}
		w.Vendor.Before = nil
		w.Clock.Advance(30 * time.Second)
		w.Turn()
		synced(t, w, id)
		account(t, w, "ana", true)
	})
}

func TestAKeyThatIsTakenIsSearchedForAsLongAsTheVendorMayLagBehind(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	calls := refusing(w, relaytest.Create, connectors.Exists) // and the search finds nobody
	id := w.Person("ana", nil)
	var last time.Duration
	for _, last = range waits(w, id, 6) {
	}
	k, _ := w.Link(id)
	if k.State != "escrow" || k.Fault != "exists" || last != 6*time.Hour {
		t.Errorf("waits %v, link %+v", last, k)
	}
	if calls.Load() != 6 {
		t.Errorf("%d creates", calls.Load())
	}
}

// Reliability rules 2.4: the attempt of a lost create is used once it is known that nothing was made.
func TestACreateThatIsAlwaysLostIsTriedEverMoreRarely(t *testing.T) {
	inFull(t)
	t.Parallel()
	w := relaytest.New(t)
	calls := refusing(w, relaytest.Create, connectors.Unknown)
	id := w.Person("ana", nil)
	w.Person("bob", nil)
	for range 24 * 60 { // a day
		if health := w.Turn(); health.Resting() {
			w.Clock.Advance(health.Until.Sub(w.Clock.Now()))
		}
		w.Clock.Advance(time.Minute)
	}
	if k, _ := w.Link(id); calls.Load() > 40 || k.Attempts < 10 {
		t.Errorf("%d creates in a day, link %+v", calls.Load(), k)
	}
}

func TestAMistakeInAMappingIsOneLinksAndNotTheEnd(t *testing.T) {
	t.Parallel()
	panics := board.Begin(t, "C08").Sum("panics survived", 30)
	w := relaytest.New(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, w.Person(fmt.Sprint("user", i), nil))
	}
	w.Session.Mapping = nil // whatever dereferences it panics
	health := w.Turn()
	for _, id := range ids {
		k, _ := w.Link(id)
		if k.State != "escrow" || k.Fault != "internal" || k.Attempts != 0 || !reflect.DeepEqual(health, quarantine.State{}) {
			t.Errorf("link %+v, target %+v", k, health)
		}
		panics.Add(1)
	}
}

// A panic's value may hold somebody's data: the log gets its kind and its place.
func TestAPanicTellsItsPlaceAndNotItsValue(t *testing.T) {
	t.Parallel()
	f := connectors.Panicked("canary@acme.test")
	if told := f.Error(); strings.Contains(told, "canary") || !strings.Contains(told, "faults_test.go") {
		t.Error(told)
	}
	defer func() {
		if told := connectors.Panicked(recover()).Error(); !strings.Contains(told, "index out of range") {
			t.Error(told)
		}
	}()
	var none []int
	_ = none[len(none)]
}
