package relay_test

import (
	"fmt"
	"testing"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// A rehearsal says exactly what the run after it does, and does nothing itself.
func TestARehearsalSaysWhatTheRunWillDo(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Put("found", true, map[string]any{"name": "Old"})
	leaver, gone := w.Person("leaver", nil), w.Person("gone", nil)
	returner := w.Person("returner", scim.Document{"active": false})
	w.Turn()
	w.Vendor.Calls()
	w.Change(leaver, "leaver", scim.Document{"active": false, "title": "T"})
	w.Change(returner, "returner", nil)
	w.Delete(gone)
	w.Person("new", scim.Document{"displayName": "New"})
	w.Person("found", scim.Document{"displayName": "New"})
	w.Person("", nil)
	var planned []string
	for _, urgency := range []string{"leaver", "gone", "returner", "new"} { // one class after the other
		due, err := w.Store.Links.Due(t.Context(), relaytest.Tenant, relaytest.Target, 100)
		if err != nil {
			t.Fatal(err)
		}
		plans, err := w.Session.Rehearse(t.Context(), due)
		if err != nil || len(plans) != len(due) {
			t.Fatalf("%s: %+v, %v", urgency, plans, err)
		}
		silent(t, w)
		for _, p := range plans {
			planned = append(planned, actions(p.Steps)...)
		}
		health := w.Begin()
		outcomes, health := w.Chunk(health)
		w.Record(outcomes, health)
		w.End()
		var done []string
		for _, c := range w.Vendor.Calls(relaytest.Mutations()...) {
			done = append(done, string(c.Operation))
		}
		if len(done) != len(planned) {
			t.Errorf("%s: planned %v, done %v", urgency, planned, done)
		}
		planned = nil
	}
}

func actions(steps []relay.Step) (names []string) {
	for _, s := range steps {
		names = append(names, s.Action)
	}
	return names
}

func TestAPlanNamesFieldsAndReasons(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Vendor.Put("found", true, map[string]any{"name": "Old"})
	w.Person("found", scim.Document{"displayName": "New"})
	w.Person("", nil)
	due, err := w.Store.Links.Due(t.Context(), relaytest.Tenant, relaytest.Target, 100)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := w.Session.Rehearse(t.Context(), due)
	if err != nil || len(plans) != 2 {
		t.Fatalf("%+v, %v", plans, err)
	}
	if got := fmt.Sprint(plans[0].Steps); got != "[{update [name] 0 0 }]" {
		t.Errorf("steps %s", got)
	}
	if plans[1].Fault != "invalid" || plans[1].Detail == "" || len(plans[1].Steps) != 0 {
		t.Errorf("plan %+v", plans[1])
	}
}

func TestAPlannedCreationNamesWhatIsSentOnce(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	var seen []relay.Step
	dry := w.Session.Witnessed(func(s relay.Step) { seen = append(seen, s) }, false)
	want := connectors.Record{Key: "new", Fields: map[string]any{"name": "New", "title": nil}, OnCreate: map[string]any{"shop": int64(3)}}
	if _, err := dry.Connector.Create(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(seen); got != "[{create [name shop] 0 0 }]" {
		t.Error(got)
	}
}
