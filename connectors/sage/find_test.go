package sage_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
)

func TestABare400IsGoneOnlyWhenTheListIsEmptyToo(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	want.VendorID = made.ID
	o.Turn(`{"rules": [{"method": "GET", "path": "/api/v4/users/*", "status": 400}]}`)
	if have := o.Find(want); have.ID != made.ID {
		t.Errorf("found %q", have.ID)
	}
	want.VendorID = "999"
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Ambiguous) {
		t.Errorf("another user has the e-mail: %v", err)
	}
	o.Turn(`{"rules": [{"method": "GET", "status": 400}]}`)
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Invalid) {
		t.Errorf("the list fails as well: %v", err)
	}
	o.Turn(`{}`)
	gone := o.record("2", "eva@acme.test", nil)
	gone.VendorID = "999"
	if _, err := o.Connector.Find(t.Context(), gone); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("gone for good: %v", err)
	}
	if _, err := o.Connector.Deactivate(t.Context(), connectors.Remote{ID: "999", Key: "eva@acme.test"}); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("deactivating who is gone: %v", err)
	}
}

func TestEmailsAreQuotedAndComparedByUs(t *testing.T) {
	o := newOffice(t)
	o.create("1", "o'brien@acme.test")
	if have := o.Find(o.record("1", "O'Brien@ACME.test", nil)); have.Key != "o'brien@acme.test" {
		t.Errorf("found %q", have.Key)
	}
	for _, email := range []string{"x' OR id>0 OR email='y", "%@acme.test", "o'brien"} {
		record := o.record("2", "z@acme.test", nil)
		record.Key = email
		if _, err := o.Connector.Find(t.Context(), record); !connectors.Is(err, connectors.NotFound) {
			t.Errorf("%q finds somebody: %v", email, err)
		}
	}
}

func TestDeletedUsersAreNobody(t *testing.T) {
	o := newOffice(t)
	made := o.create("1", "ana@acme.test")
	o.ask("DELETE", "/users/"+made.ID, "")
	want := o.record("1", "ana@acme.test", nil)
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("by e-mail: %v", err)
	}
	want.VendorID = made.ID
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Errorf("by id: %v", err)
	}
	if page, err := o.Connector.List(t.Context(), ""); err != nil || len(page.Accounts) != 0 {
		t.Errorf("listed: %v, %v", page, err)
	}
}

func TestAListEndsWhereItBeginsAgain(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	if page, err := o.Connector.List(t.Context(), "0:101"); err != nil || len(page.Accounts) != 0 || page.Next != "" {
		t.Errorf("a page that begins like the last one goes on: %v", err)
	}
	if _, err := o.Connector.List(t.Context(), "x"); !connectors.Is(err, connectors.Internal) {
		t.Error(err)
	}
}

func TestSagesOwnErrors(t *testing.T) {
	o := newOffice(t)
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	for _, status := range []int{400, 500} {
		o.Turn(fmt.Sprintf(`{"error_900": %d}`, status))
		if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Transient) {
			t.Errorf("900 as %d: %v", status, err)
		}
	}
	o.Turn(`{"rate_limit": 1}`)
	_, _ = o.Connector.Find(t.Context(), want)
	_, err := o.Connector.Find(t.Context(), want)
	if fault := connectors.FaultOf(err); !connectors.Is(err, connectors.Throttled) || fault.RetryAfter != 20*time.Second {
		t.Errorf("over the limit: %v", err)
	}
}

func TestALaggingSearchDoesNotMakeASecondUser(t *testing.T) {
	o := newOffice(t)
	o.Turn(`{"search_lag": "20s"}`)
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Fatal(err)
	}
	if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
		t.Fatal(err)
	}
	o.Clock.Advance(21 * time.Second)
	o.Find(want)
}
