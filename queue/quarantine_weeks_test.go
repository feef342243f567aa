package queue_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
)

// creating fails creations alone.
func creating(class connectors.Class) func(relaytest.Operation, string) error {
	return func(op relaytest.Operation, _ string) error {
		if op != relaytest.Create {
			return nil
		}
		return connectors.Faultf(class, "no")
	}
}

// V33: whatever keeps a target at rest, it is warned of, given up after four weeks, and loses
// nothing; who is enabled again is asked first.
func TestATargetThatNobodyMendsIsGivenUpAfterFourWeeks(t *testing.T) {
	inFull(t)
	t.Parallel()
	check := board.Begin(t, "V33")
	for reason, answer := range map[quarantine.Reason]func(relaytest.Operation, string) error{
		quarantine.Auth:        always(connectors.Auth),
		quarantine.Plan:        always(connectors.Plan),
		quarantine.Unreachable: always(connectors.Transient),
		quarantine.Quota: func(relaytest.Operation, string) error {
			return &connectors.Fault{Class: connectors.Throttled, RetryAfter: 2 * time.Hour}
		},
		quarantine.Ratio:   creating(connectors.Invalid),
		quarantine.Escrows: creating(connectors.Invalid),
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { fourWeeks(t, check, reason, answer) })
		})
	}
}

func fourWeeks(t *testing.T, check board.Check, reason quarantine.Reason, answer func(relaytest.Operation, string) error) {
	const people = 60
	c := newClinic(t, people, 20*time.Minute)
	if reason == quarantine.Escrows {
		c.policy.MaxEscrows, c.policy.Distinct = 20, 10_000
	}
	c.says(answer)
	c.open(4)
	c.until("the target rests", time.Second, 3*time.Hour, c.phase(quarantine.Quarantined))
	if h := c.health(); h.Reason != reason {
		t.Fatalf("%+v", h)
	}
	began := c.health().Began
	<-time.After(time.Until(began.Add(28*quarantine.Day - 20*time.Minute)))
	if h := c.health(); h.Phase == quarantine.Disabled || h.Reason != reason {
		t.Errorf("before four weeks are over: %+v", h)
	}
	<-time.After(quarantine.Day)
	weeks, _ := c.seen()
	check.Work("calls in four weeks of "+string(reason), len(weeks), 28)
	<-time.After(quarantine.Day)
	calls, _ := c.seen()
	if h := c.health(); h.Phase != quarantine.Disabled || !h.ByClock || len(calls) > 0 {
		t.Errorf("after four weeks %d calls, %+v", len(calls), h)
	}
	want := []string{"quarantined", "day-1", "day-7", "day-14", "day-21", "day-27", "disabled"}
	if got := c.notices(); !slices.Equal(got, want) {
		t.Errorf("told %v", got)
	}
	if why, err := c.store.Targets.Disabled(t.Context(), relaytest.Tenant); err != nil || why[relaytest.Target] == "" {
		t.Errorf("disabled %v, %v", why, err)
	}
	c.says(nil)
	if done, err := c.store.Targets.TryNow(t.Context(), asked()); done || err != nil {
		t.Errorf("a disabled target was released: %v, %v", done, err)
	}
	if done, err := c.store.Targets.Enable(t.Context(), asked()); !done || err != nil {
		t.Fatalf("enabled %v, %v", done, err)
	}
	c.until("everybody has an account", time.Hour, 3*quarantine.Day, func() bool { return c.Accounts() == people })
	if calls, _ := c.seen(); calls[0].operation != probeRead {
		t.Errorf("the first call after enabling is %s", calls[0].operation)
	}
	c.until("the target is active", time.Minute, time.Hour, c.phase(quarantine.Active))
}

// An administrator's word comes before every other trigger, and counts for a turn that runs.
func TestADisabledTargetIsNotCalledUntilItIsEnabled(t *testing.T) {
	inFull(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t, 300, time.Second)
		c.takes = 200 * time.Millisecond
		c.open(1)
		c.until("it is worked on", time.Second, time.Minute, func() bool { return c.Accounts() > 0 })
		if done, err := c.store.Targets.Disable(t.Context(), asked()); !done || err != nil {
			t.Fatalf("disabled %v, %v", done, err)
		}
		<-time.After(3 * time.Second) // the calls under way, and their record
		c.seen()
		<-time.After(40 * quarantine.Day / 1000)
		if calls, _ := c.seen(); len(calls) > 0 || c.health().Reason != quarantine.Admin {
			t.Errorf("%d calls, %+v", len(calls), c.health())
		}
		if done, err := c.store.Targets.Enable(t.Context(), asked()); !done || err != nil {
			t.Fatalf("enabled %v, %v", done, err)
		}
		c.until("everybody has an account", time.Second, 30*time.Minute, func() bool { return c.Accounts() == 300 })
		if calls, _ := c.seen(); calls[0].operation != probeRead {
			t.Errorf("the first call is %s", calls[0].operation)
		}
	})
}
