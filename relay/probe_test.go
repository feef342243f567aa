package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
)

// reader is a vendor with a read for probes.
type reader struct {
	*relaytest.Vendor
	read error
}

func (r *reader) Probe(context.Context) error { return r.read }

func TestAProbeIsAReadAndAChange(t *testing.T) {
	t.Parallel()
	no := func(class connectors.Class) error { return connectors.Faultf(class, "no") }
	for name, c := range map[string]struct {
		reason quarantine.Reason
		read   error
		people int
		fails  func(op relaytest.Operation, key string) error
		phase  quarantine.Phase
		why    quarantine.Reason
		calls  int
	}{
		"nothing to try":                    {quarantine.Unreachable, nil, 0, nil, quarantine.Recovering, quarantine.Unreachable, 0},
		"a read that fails is enough":       {quarantine.Unreachable, no(connectors.Transient), 3, nil, quarantine.Quarantined, quarantine.Unreachable, 0},
		"a read that is denied is about us": {quarantine.Unreachable, no(connectors.Denied), 3, nil, quarantine.Quarantined, quarantine.Auth, 0},
		"a read that finds nothing":         {quarantine.Auth, no(connectors.NotFound), 3, nil, quarantine.Quarantined, quarantine.Unreachable, 0},
		"a read that is throttled":          {quarantine.Auth, no(connectors.Throttled), 3, nil, quarantine.Quarantined, quarantine.Auth, 0},
		"one change":                        {quarantine.Unreachable, nil, 3, nil, quarantine.Recovering, quarantine.Unreachable, 2},
		"the plan forbids changes":          {quarantine.Plan, nil, 3, failsTo(relaytest.Create, "", connectors.Plan), quarantine.Quarantined, quarantine.Plan, 2},
		"one person is refused":             {quarantine.Auth, nil, 3, failsTo(relaytest.Create, "", connectors.Invalid), quarantine.Recovering, quarantine.Auth, 2},
		"no change works":                   {quarantine.Unreachable, nil, 3, failsTo(relaytest.Create, "", connectors.Transient), quarantine.Quarantined, quarantine.Unreachable, 4},
		"one odd person, and another":       {quarantine.Unreachable, nil, 3, failsTo(relaytest.Create, "user0", connectors.Transient), quarantine.Recovering, quarantine.Unreachable, 4},
		"one odd person alone":              {quarantine.Unreachable, nil, 1, failsTo(relaytest.Create, "user0", connectors.Transient), quarantine.Recovering, quarantine.Unreachable, 2},
		"four of five":                      {quarantine.Ratio, nil, 7, failsTo(relaytest.Create, "user2", connectors.Invalid), quarantine.Recovering, quarantine.Ratio, 10},
		"none of five":                      {quarantine.Ratio, nil, 7, failsTo(relaytest.Create, "", connectors.Invalid), quarantine.Quarantined, quarantine.Ratio, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Concurrency = 1
			v := &reader{w.Vendor, c.read}
			w.Session.Connector = v
			for i := range c.people { // all were refused once, one after the other
				w.Person(fmt.Sprint("user", i), nil)
				w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
					return failsTo(relaytest.Create, "", connectors.Invalid)(op, "")
				}
				w.Turn()
				w.Clock.Advance(time.Second)
			}
			w.Vendor.Calls()
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
				if c.fails == nil {
					return nil
				}
				return c.fails(op, key)
			}
			w.Begin()
			health := w.Probe(quarantine.State{Phase: quarantine.Probing, Reason: c.reason, Began: w.Clock.Now()})
			w.End()
			if calls := w.Vendor.Calls(); health.Phase != c.phase || health.Reason != c.why || len(calls) != c.calls {
				t.Errorf("%s %s after %v", health.Phase, health.Reason, calls)
			}
		})
	}
}

// failsTo fails the operation for the key, or for all when it is empty.
func failsTo(op relaytest.Operation, key string, class connectors.Class) func(relaytest.Operation, string) error {
	return func(is relaytest.Operation, of string) error {
		if is == op && (key == "" || key == of) {
			return connectors.Faultf(class, "no")
		}
		return nil
	}
}

// mistaken is a vendor whose connector has a mistake in the read for probes.
type mistaken struct{ *relaytest.Vendor }

func (mistaken) Probe(context.Context) error { panic("ours") }

// 2.4: our own mistake says nothing of the target, and it has passed nothing either.
func TestAMistakeOfOursInAProbeBlamesNobodyAndProvesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reason quarantine.Reason
		read   bool // it is in the read, not in the changes
		people int
		rest   time.Duration
	}{
		"in the read":               {quarantine.Auth, true, 3, 4 * time.Hour},
		"in the change":             {quarantine.Auth, false, 3, 4 * time.Hour},
		"in the only change":        {quarantine.Auth, false, 1, 4 * time.Hour},
		"in all changes of a ratio": {quarantine.Ratio, false, 7, 8 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			w.Session.Connector = &reader{w.Vendor, nil}
			if c.read {
				w.Session.Connector = mistaken{w.Vendor}
			}
			refusing(w, relaytest.Create, connectors.Invalid)
			people(w, c.people)
			w.Turn()
			w.Vendor.Before = func(context.Context, relaytest.Operation, string) error { panic("ours") }
			w.Begin()
			before := quarantine.State{Phase: quarantine.Probing, Reason: c.reason, Step: 4, Began: w.Clock.Now(), Count: 5}
			health := w.Probe(before)
			w.End()
			if health.Phase != quarantine.Quarantined || health.Reason != c.reason || health.Step != 4 || health.Until.Sub(w.Clock.Now()) != c.rest {
				t.Errorf("rests %v: %+v", health.Until.Sub(w.Clock.Now()), health)
			}
			if told := quarantine.Notices(before, health); len(told) > 0 {
				t.Errorf("told %v", told)
			}
		})
	}
}

// No call went out: the target's bucket had no place for the probe, which says nothing of the vendor.
func TestAProbeThatOurOwnBucketHoldsUpIsOnlyLater(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	later := &connectors.NotBeforeError{Wait: 20 * time.Second}
	w.Session.Connector = &reader{w.Vendor, &connectors.Fault{Class: connectors.Throttled, RetryAfter: later.Wait, Err: later}}
	w.Begin()
	health := w.Probe(quarantine.State{Phase: quarantine.Probing, Reason: quarantine.Auth, Step: 6, Began: w.Clock.Now()})
	w.End()
	if health.Phase != quarantine.Quarantined || health.Step != 6 || health.Until.Sub(w.Clock.Now()) != later.Wait {
		t.Errorf("target %+v", health)
	}
}

// 2.3: a process that is told to stop has not judged the target.
func TestAProbeThatIsCutShortTakesNothing(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	leave := make(chan struct{})
	close(leave)
	health := quarantine.State{Phase: quarantine.Probing, Reason: quarantine.Auth, Step: 3, Began: w.Clock.Now()}
	_, after, err := w.Session.Probe(t.Context(), leave, store.Lease{}, nil, health)
	if err != nil || after.Phase != quarantine.Quarantined || after.Step != 3 || !after.Until.Equal(w.Clock.Now()) {
		t.Errorf("%+v, %v", after, err)
	}
}
