package queue

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// Stances counts targets by how they stand, and those where something waits for a person.
type Stances interface {
	Stances(ctx context.Context) (counts map[store.Stance]int, held int, err error)
}

// stances is what was counted at one time.
type stances struct {
	counts map[store.Stance]int
	held   int
}

// ObserveTargets shows how many targets work, rest and are given up, and why.
func ObserveTargets(meter metric.Meter, targets Stances) error {
	standing, err := meter.Int64ObservableGauge("scimrelay.targets", metric.WithUnit("{target}"),
		metric.WithDescription("Targets by state and by the reason of their rest, from the store."))
	if err != nil {
		return err
	}
	holding, err := meter.Int64ObservableGauge("scimrelay.targets.holding", metric.WithUnit("{target}"),
		metric.WithDescription("Targets where deactivations, deletions or removals wait for a person."))
	if err != nil {
		return err
	}
	counted := &remembered[stances]{ask: func(ctx context.Context) (s stances, err error) {
		s.counts, s.held, err = targets.Stances(ctx)
		return s, err
	}}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		found, err := counted.get(ctx)
		if err != nil {
			return nil //nolint:nilerr // readiness says what is wrong with the store
		}
		for s, n := range found.counts {
			o.ObserveInt64(standing, int64(n), metric.WithAttributes(attribute.String("state", stateName(s.Phase)), attribute.String("reason", string(s.Reason))))
		}
		o.ObserveInt64(holding, int64(found.held))
		return nil
	}, standing, holding)
	return err
}

func stateName(p quarantine.Phase) string {
	if p == quarantine.Active {
		return "active"
	}
	return string(p)
}

// tell writes to the log that a turn has changed how its target stands.
func (t *Turns) tell(ctx context.Context, key Key, before, after quarantine.State) {
	if before.Phase == after.Phase && before.Reason == after.Reason {
		return
	}
	level := slog.LevelInfo
	if after.Phase == quarantine.Quarantined || after.Phase == quarantine.Disabled {
		level = slog.LevelWarn
	}
	args := []any{"tenant", key.Tenant, "target", key.Target, "state", stateName(after.Phase), "before", stateName(before.Phase)}
	if after.Reason != "" {
		args = append(args, "reason", string(after.Reason))
	}
	if after.Resting() {
		args = append(args, "until", after.Until)
	}
	t.Log.Log(ctx, level, "target state changed", args...)
}

var _ Stances = (*store.Targets)(nil)
