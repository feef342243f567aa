package steeple_test

import (
	"fmt"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/steeple"
)

func TestAFilterIsNotTrusted(t *testing.T) {
	o := newOffice(t)
	for i := range 120 {
		o.Create(o.record(fmt.Sprintf("p%d@acme.test", i), nil))
	}
	for _, knobs := range []string{`{"filter_ignored": true}`, `{"filter_ignored": true, "duplicate_rows": true}`} {
		o.Turn(knobs)
		if have := o.Find(o.record("P117@acme.test", nil)); have.Key != "p117@acme.test" {
			t.Error(have.Key)
		}
		if _, err := o.Connector.Find(t.Context(), o.record("p1170@acme.test", nil)); !connectors.Is(err, connectors.NotFound) {
			t.Error(err)
		}
	}
}

func TestTwoAccountsWithOneEmailAreAmbiguous(t *testing.T) {
	o := newOffice(t)
	row := func(id string) string { return `{"id": "` + id + `", "email": "` + ines + `", "status": "active"}` }
	o.Turn(`{"rules": [{"path": "/v1/users", "status": 200, "body": {"data": [` + row("a") + `,` + row("b") + `,` + row("a") + `],
		"meta": {"pagination": {"total": 3, "page": 1, "per_page": 100}}}}]}`)
	if _, err := o.Connector.Find(t.Context(), o.record(ines, nil)); !connectors.Is(err, connectors.Ambiguous) || !strings.Contains(err.Error(), "2 people") {
		t.Error(err)
	}
}

func TestAnswersOfAnotherShapeAreNonsense(t *testing.T) {
	byID, byKey := "/v1/users/x", "/v1/users"
	for name, c := range map[string]struct{ path, body string }{
		"no data":          {byID, `{"id": "x"}`},
		"another person":   {byID, `{"data": {"id": "y"}}`},
		"a bare list":      {byKey, `[]`},
		"a list of no ids": {byKey, `{"data": [{"email": "` + ines + `"}]}`},
		"no list":          {byKey, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.Turn(`{"rules": [{"path": "` + c.path + `", "status": 200, "body": ` + c.body + `}]}`)
			want := o.record(ines, nil)
			if c.path == byID {
				want.VendorID = "x"
			}
			if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Nonsense) {
				t.Error(err)
			}
		})
	}
}

func TestOnlySteeplesOwn404IsAbsence(t *testing.T) {
	o := newOffice(t)
	want := o.record(ines, nil)
	want.VendorID = "11111111-2222-4333-8444-555555555555"
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.NotFound) {
		t.Error(err)
	}
	o.Target.BaseURL += "/wrong"
	o.Open()
	if _, err := o.Connector.Find(t.Context(), want); !connectors.Is(err, connectors.Nonsense) {
		t.Error(err)
	}
}

func TestListPagesWhilePeopleAreRemoved(t *testing.T) {
	o := newOffice(t)
	var made []connectors.Remote
	for i := range 250 {
		made = append(made, o.Create(o.record(fmt.Sprintf("p%d@acme.test", i), nil)))
	}
	seen := connectortest.Times(connectortest.ReadAll(t, o.Connector, 10, func(pages int) {
		if pages > 1 {
			return
		}
		for _, gone := range made[:30] {
			if _, err := o.Connector.Deactivate(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
		}
	}))
	for i, a := range made {
		if seen[a.Key] == 0 {
			t.Errorf("person %d is not listed", i)
		}
	}
	for _, cursor := range []string{"x", "0:1:", "1:x:y", "1"} {
		if _, err := o.Connector.List(t.Context(), cursor); !connectors.Is(err, connectors.Internal) {
			t.Error(cursor, err)
		}
	}
}

func TestListEndsWithTheLastPageHoweverItIsTold(t *testing.T) {
	o := newOffice(t)
	for i := range 200 {
		o.Create(o.record(fmt.Sprintf("p%d@acme.test", i), nil))
	}
	for _, knobs := range []string{`{}`, `{"duplicate_rows": true}`} {
		o.Turn(knobs)
		before := o.Count()
		seen := connectortest.Times(connectortest.ReadAll(t, o.Connector, 3, nil))
		if knobs == `{}` && (o.Count()-before != 2 || len(seen) != 200) {
			t.Error(knobs, o.Calls(before), len(seen))
		}
	}
}

func TestNoMinuteHasMoreCallsThanAreAssumedToBeAllowed(t *testing.T) {
	rate := steeple.Product().Capabilities.Rate
	if most := float64(rate.Burst) + 60*rate.PerSecond; most > 300 {
		t.Errorf("%v calls in a minute", most)
	}
	if used := 60 * rate.PerSecond / 300; used < 0.87 {
		t.Errorf("%v of the limit is used", used)
	}
}
