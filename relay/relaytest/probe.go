package relaytest

import (
	"context"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// Probe probes the target as a turn does and records what came of it.
func (w *World) Probe(health quarantine.State) quarantine.State {
	w.tb.Helper()
	return w.ProbeIn(w.tb.Context(), health)
}

// ProbeIn is Probe with a context that may end.
func (w *World) ProbeIn(ctx context.Context, health quarantine.State) quarantine.State {
	w.tb.Helper()
	health = w.Relay.Policy.Begin(health, w.Clock.Now())
	w.Record(nil, health)
	most, _ := w.Relay.Policy.Tries(health)
	trials, err := w.Store.Links.Trials(w.tb.Context(), Tenant, Target, max(2, most), !w.Session.Reads())
	if err != nil {
		w.tb.Fatal(err)
	}
	outcomes, health, err := w.Session.Probe(ctx, nil, w.lease, trials, health)
	if err != nil {
		w.tb.Fatal(err)
	}
	w.Record(outcomes, health)
	return health
}

// TryProbe probes the target with these changes, where the gateway itself may fail, and records
// nothing.
func (w *World) TryProbe(trials []store.Work) ([]store.Outcome, error) {
	w.tb.Helper()
	w.Begin()
	defer w.End()
	outcomes, _, err := w.Session.Probe(w.tb.Context(), nil, w.lease, trials, quarantine.State{Phase: quarantine.Probing, Began: w.Clock.Now()})
	return outcomes, err
}
