package ivanti_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
)

func TestAnInitialLoadOfFiveThousandTakesTenListCalls(t *testing.T) {
	f := newFleet(t)
	f.crowd(4999) // with the administrator 5,000
	before := f.Count()
	for i := range 200 {
		f.Find(f.record(fmt.Sprint(i), fmt.Sprintf("p%d@acme.test", i*20), nil))
		f.lacks(f.record(fmt.Sprint("new", i), fmt.Sprintf("new%d@acme.test", i), nil))
		f.create(fmt.Sprint("new", i), fmt.Sprintf("new%d@acme.test", i))
	}
	if n := f.lists(before); n != 10 {
		t.Errorf("%d list calls", n)
	}
}

func TestOurOwnAccountsAreFoundHoweverLongListsLag(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"visibility_lag": "60m"}`)
	want := f.record("1", "tom@acme.test", nil)
	f.lacks(want)
	made := f.create("1", "tom@acme.test")
	for range 7 {
		if have := f.Find(want); have.ID != made.ID {
			t.Fatalf("found %q", have.ID)
		}
		f.Clock.Advance(20 * time.Minute) // past the index's life, too
	}
}

func TestWhatIsStaleIsReadAgainByID(t *testing.T) {
	f := newFleet(t)
	want := f.record("1", "tom@acme.test", nil)
	f.create("1", "tom@acme.test")
	f.Find(want)
	id := f.Find(want).ID
	f.by("PUT", "/account/"+id, "displayName=Other")
	if have := f.Find(want); have.Fields["displayName"] != "Other" {
		t.Errorf("the index's own word is given: %v", have.Fields)
	}
	f.by("DELETE", "/account?ids="+id, "")
	f.lacks(want)
	again := f.create("1", "tom@acme.test")
	if have := f.Find(want); have.ID != again.ID || again.ID == id {
		t.Errorf("found %q, want %q", have.ID, again.ID)
	}
}

func TestWhatOthersMadeMeanwhileIsAdoptedOnceTheCreateIsRefused(t *testing.T) {
	f := newFleet(t)
	want := f.record("1", "p0@acme.test", nil)
	f.lacks(want)
	f.crowd(1)
	if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	before := f.Count()
	f.Find(want)
	if f.lists(before) != 1 {
		t.Errorf("calls %v", f.Calls(before))
	}
}

func TestTheSecondNoOfAKeyIsAFreshOne(t *testing.T) {
	f := newFleet(t)
	want := f.record("1", "p0@acme.test", nil)
	f.lacks(want)
	f.crowd(1)
	before := f.Count()
	f.Find(want) // as the relay does that verifies
	if f.lists(before) != 1 {
		t.Errorf("calls %v", f.Calls(before))
	}
}

func TestManyFreshLooksBecomeOneLoad(t *testing.T) {
	f := newFleet(t)
	f.crowd(1400) // three pages
	ask := func() {
		for i := range 100 {
			f.lacks(f.record(fmt.Sprint(i), fmt.Sprintf("new%d@acme.test", i), nil))
		}
	}
	ask()
	before := f.Count()
	ask()
	if n := f.lists(before); n != 6 { // three keys alone, then three pages
		t.Errorf("%d list calls", n)
	}
}

func TestALostCreateIsLookedForByItself(t *testing.T) {
	f := newFleet(t)
	f.lacks(f.record("9", "other@acme.test", nil))
	want := f.record("1", "tom@acme.test", nil)
	f.Turn(`{"rules": [{"path": "/api/v1/accounts", "do": "lost"}]}`)
	if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Unknown) {
		t.Fatal(err)
	}
	f.Turn(`{}`)
	f.Find(want)
}

func TestADoubleIsImpossibleWhateverTheIndexSays(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"visibility_lag": "60m"}`)
	want := f.record("1", "tom@acme.test", nil)
	f.lacks(want)
	f.create("1", "tom@acme.test")
	f.Open() // killed, and started again
	f.lacks(want)
	f.lacks(want)
	if _, err := f.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
		t.Error(err)
	}
	f.lacks(want)
	f.Clock.Advance(time.Hour) // the product's Settle
	f.Find(want)
	if n := len(f.State().Accounts); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestAFilterThatIsNotHonouredIsNotBelieved(t *testing.T) {
	f := newFleet(t)
	f.Turn(`{"ignore_filter": true}`)
	want := f.record("1", "p0@acme.test", nil)
	f.lacks(want)
	f.crowd(1)
	f.Find(want)
}

func TestAListIsReadToItsEndWhateverItsShape(t *testing.T) {
	for _, knobs := range []string{`{}`, `{"no_total": true}`, `{"short_pages": true}`, `{"no_total": true, "short_pages": true}`,
		`{"duplicate_rows": true, "no_total": true}`} {
		f := newFleet(t)
		f.crowd(600)
		f.Turn(knobs)
		for _, n := range []int{0, 49, 50, 498, 499, 500, 599} {
			f.Find(f.record(fmt.Sprint(n), fmt.Sprintf("p%d@acme.test", n), nil))
		}
		if seen := connectortest.Times(connectortest.ReadAll(t, f.Connector, 30, nil)); len(seen) != 601 {
			t.Errorf("%s: %d listed", knobs, len(seen))
		}
	}
	f := newFleet(t)
	if _, err := f.Connector.List(t.Context(), "x"); !connectors.Is(err, connectors.Internal) {
		t.Error(err)
	}
}

func TestALoadThatIsCutShortGoesOnWhereItWas(t *testing.T) {
	f := newFleet(t)
	f.crowd(1400)
	f.Turn(`{"rules": [{"method": "GET", "path": "/api/v1/account", "skip": 2, "count": 1, "do": "throttle", "retry_after": "20s"}]}`)
	want := f.record("1", "p1399@acme.test", nil)
	before := f.Count()
	if _, err := f.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Throttled) {
		t.Fatal(err)
	}
	f.Find(want)
	if n := f.lists(before); n != 4 {
		t.Errorf("%d list calls for three pages and one that failed", n)
	}
}

func TestManyMaySearchAtOnce(t *testing.T) {
	f := newFleet(t)
	f.crowd(600)
	before := f.Count()
	var group sync.WaitGroup
	for i := range 20 {
		record := f.record(fmt.Sprint(i), fmt.Sprintf("p%d@acme.test", i), nil)
		group.Go(func() {
			if _, err := f.Connector.Find(t.Context(), record); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := f.lists(before); n != 2 {
		t.Errorf("%d list calls", n)
	}
}

func TestASearchThatWaitsEndsWithItsContext(t *testing.T) {
	f := newFleet(t)
	f.create("1", "tom@acme.test") // the credentials are accepted
	f.Turn(`{"rules": [{"method": "GET", "path": "/api/v1/account", "do": "hang"}]}`)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			_, err := f.Connector.Find(ctx, f.record("2", "ada@acme.test", nil))
			if !connectors.Is(err, connectors.Transient) || !strings.Contains(detail(err), "cut short") {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
