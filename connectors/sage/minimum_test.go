package sage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
)

// The ten things that a simulator of any vendor must show, as Sage shows them.
func TestTheMinimum(t *testing.T) {
	for name, row := range map[string]func(*testing.T, *office){
		"1 a second create makes no second account": createdTwice,
		"2 off-boarding sets a flag":                offBoarded,
		"3 who returns has the same id":             returned,
		"4 no licence is left":                      outOfLicences,
		"5 an expired and a revoked credential":     expired,
		"6 throttled with and without Retry-After":  throttled,
		"7 pages from 0, no total, rows that shift": paged,
		"8 not found is a 400":                      disguised,
		"9 an address cannot be kept":               homeless,
		"10 groups add and remove roles":            entitled,
	} {
		t.Run(name, func(t *testing.T) { row(t, newOffice(t)) })
	}
}

func createdTwice(t *testing.T, o *office) {
	made := o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	if have := o.Find(want); have.ID != made.ID {
		t.Errorf("found %q", have.ID)
	}
	if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Exists) {
		t.Error(err)
	}
	if n := len(o.State().Accounts); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
}

func offBoarded(t *testing.T, o *office) {
	if _, err := o.Connector.Deactivate(t.Context(), o.create("1", "ana@acme.test")); err != nil {
		t.Fatal(err)
	}
	if row := o.Native("ana@acme.test"); row["isActive"] != false || row["deleted"] != false || row["phone"] != "600100200" {
		t.Error(row)
	}
}

func returned(t *testing.T, o *office) {
	made := o.create("1", "ana@acme.test")
	off, err := o.Connector.Deactivate(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := o.Connector.Reactivate(t.Context(), off, o.record("1", "ana@acme.test", nil)); err != nil || back.ID != made.ID || !back.Active {
		t.Error(back, err)
	}
}

func outOfLicences(t *testing.T, o *office) {
	o.Turn(`{"licences": 1}`)
	first := o.create("1", "ana@acme.test")
	want := o.record("2", "eva@acme.test", nil)
	if _, err := o.Connector.Create(t.Context(), want); !connectors.Is(err, connectors.Seats) {
		t.Fatal(err)
	}
	if _, err := o.Connector.Deactivate(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Connector.Reactivate(t.Context(), first, o.record("1", "ana@acme.test", nil)); !connectors.Is(err, connectors.Seats) {
		t.Fatal(err)
	}
}

func expired(t *testing.T, o *office) {
	o.Turn(`{"session_lifetime": "5s"}`)
	o.create("1", "ana@acme.test")
	o.Clock.Advance(6 * time.Second)
	before := o.Count()
	o.Find(o.record("1", "ana@acme.test", nil))
	if calls := o.Calls(before); strings.Join(calls[:3], ", ") != "GET /users 401, POST /login 200, GET /users 200" {
		t.Error(calls)
	}
	o.Turn(`{"keys_revoked": true}`)
	if _, err := o.Connector.Find(t.Context(), o.record("1", "ana@acme.test", nil)); !connectors.Is(err, connectors.Auth) {
		t.Error(err)
	}
	o.Turn(`{}`)
	o.Find(o.record("1", "ana@acme.test", nil))
}

func throttled(t *testing.T, o *office) {
	want := o.record("1", "ana@acme.test", nil)
	o.Turn(`{"rate_limit": 1}`)
	for knobs, pause := range map[string]time.Duration{
		`{"rate_limit": 1}`: 20 * time.Second,
		`{"rules": [{"path": "/api/v4/users", "do": "throttle"}]}`: 2 * time.Second, // the gateway's own guess, the second in a row
	} {
		o.Turn(knobs)
		_, _ = o.Connector.Find(t.Context(), want)
		_, err := o.Connector.Find(t.Context(), want)
		if fault := connectors.FaultOf(err); !connectors.Is(err, connectors.Throttled) || fault.RetryAfter != pause {
			t.Errorf("%s: %v", knobs, err)
		}
	}
}

func paged(t *testing.T, o *office) {
	for i := range 120 {
		o.create(fmt.Sprint(i), fmt.Sprintf("user%03d@acme.test", i))
	}
	for _, knobs := range []string{`{}`, `{"duplicate_rows": true}`, `{"ignore_count": true}`} {
		o.Turn(knobs)
		if seen := connectortest.Times(connectortest.ReadAll(t, o.Connector, 10, nil)); len(seen) != 120 {
			t.Errorf("%s: saw %d users", knobs, len(seen))
		}
	}
}

func disguised(t *testing.T, o *office) {
	want := o.record("1", "ana@acme.test", nil)
	want.VendorID = "999"
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	if calls := o.Calls(0); calls[1] != "GET /users/999 400" || calls[2] != "GET /users 200" {
		t.Error(calls)
	}
}

func homeless(t *testing.T, o *office) {
	doc := person("ana@acme.test", map[string]any{"addresses": []any{map[string]any{"type": "work", "locality": "Bilbao"}}})
	if missing := o.Mapping.NotForwarded(doc); len(missing) != 1 || missing[0] != "addresses" {
		t.Error(missing)
	}
}

func entitled(t *testing.T, o *office) {
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	o.update(in(want, "Sales Managers"))
	o.holds("ana@acme.test", 3, 30)
	o.update(in(want))
	o.holds("ana@acme.test", 3)
}
