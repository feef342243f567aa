package relay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// sent are the member edits of the vendor's calls, as +added -removed.
func sent(w *relaytest.World) (edits []string) {
	for _, call := range w.Vendor.Calls(relaytest.Members) {
		edits = append(edits, fmt.Sprintf("+%d -%d", len(call.Sent["add"].([]string)), len(call.Sent["remove"].([]string))))
	}
	return edits
}

func TestMembersWithoutAnAccountAreAwaited(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	down := true
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
		if down && op == relaytest.Create && (key == "u01" || key == "u02") {
			return connectors.Faultf(connectors.Invalid, "no")
		}
		return nil
	}
	ids := people(w, 3)
	staff := w.Group("Staff", ids...)
	w.Turn()
	holds(t, w, "Staff", "u00")
	if k, _ := w.Link(staff); k.State != "parked" || k.Detail != "waits for 2 members" || k.Fault != "" || k.Attempts != 0 || !k.NextAt.Equal(store.Never()) {
		t.Errorf("link %+v", k)
	}
	w.Vendor.Calls()
	w.Join(staff, "Staff") // nothing new
	w.Turn()
	silent(t, w)
	w.Leave(staff, "Staff", ids[2])
	w.Turn()
	if k, _ := w.Link(staff); k.Detail != "waits for 1 members" || len(sent(w)) > 0 {
		t.Errorf("link %+v", k)
	}
	down = false
	w.Clock.Advance(7 * time.Hour)
	w.Turn()
	holds(t, w, "Staff", "u00", "u01")
	synced(t, w, staff)
	if edits := fmt.Sprint(sent(w)); edits != "[+1 -0]" {
		t.Errorf("sent %s", edits)
	}
}

func TestNobodyWaitsForThoseOutsideTheScope(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	scope, faults := connectors.CompileScope(configs.Text{Value: `user.title == "in"`})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w.Session.Scope = scope
	in, out := w.Person("in", scim.Document{"title": "in"}), w.Person("out", nil)
	staff := w.Group("Staff", in, out)
	w.Turn()
	holds(t, w, "Staff", "in")
	before := synced(t, w, staff)
	w.Change(out, "out", scim.Document{"title": "in"})
	w.Turn()
	holds(t, w, "Staff", "in", "out")
	if k := synced(t, w, staff); k.Wanted != before.Wanted {
		t.Errorf("link %+v", k)
	}
}

// Decision 0005: a group whose member has another account lacks a member, and is behind.
func TestAMemberWithANewAccountIsAddedAgain(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 2)
	staff := w.Group("Staff", ids...)
	other := w.Group("Other", ids[1])
	w.Turn()
	w.Vendor.Remove("u00")
	holds(t, w, "Staff", "u01")
	w.Vendor.Calls()
	w.Change(ids[0], "u00", scim.Document{"title": "T"})
	for range 90 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	holds(t, w, "Staff", "u00", "u01")
	synced(t, w, staff)
	synced(t, w, other)
	if edits := fmt.Sprint(sent(w)); edits != "[+1 -0]" {
		t.Errorf("sent %s", edits)
	}
}

func TestALargeGroupTakesSeveralRuns(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.MembersPerRun = 10
	w.Session.Capabilities.MembersPerCall = 4
	ids := people(w, 25)
	w.Turn()
	w.Vendor.Calls()
	staff := w.Group("Staff", ids...)
	health := w.Begin()
	outcomes, health := w.Chunk(health)
	w.Record(outcomes, health)
	if k, _ := w.Link(staff); k.Applied != 0 || k.SinceMember == "" || k.State != "" || k.NextAt.After(w.Clock.Now()) || k.Detail == "" {
		t.Errorf("link %+v", k)
	}
	if edits := fmt.Sprint(sent(w)); edits != "[+4 -0 +4 -0 +2 -0]" {
		t.Errorf("sent %s", edits)
	}
	w.Chunk(health) // and the process dies: these ten are sent again
	w.End()
	w.Vendor.Calls()
	w.Leave(staff, "Staff", ids[:2]...) // meanwhile
	w.Turn()
	if edits := fmt.Sprint(sent(w)); !strings.HasPrefix(edits, "[+4 -0 +4 -0 +2 -0 ") || strings.Count(edits, "+") > 6 {
		t.Errorf("sent %s", edits)
	}
	if got, _ := w.Vendor.Group("Staff"); len(got) != 23 || slices.Contains(got, "u00") || slices.Contains(got, "u01") {
		t.Errorf("members %v", got)
	}
	synced(t, w, staff)
}

// What is more urgent must not wait for a large group at a slow vendor.
func TestASlowVendorDoesNotHoldTheTurn(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Capabilities.MembersPerCall = 2
	ids := people(w, 9)
	w.Turn()
	w.Vendor.After = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Members {
			w.Clock.Advance(2 * time.Second)
		}
		return nil
	}
	staff := w.Group("Staff", ids...)
	w.Vendor.Calls()
	health := w.Begin()
	outcomes, health := w.Chunk(health)
	w.Record(outcomes, health)
	w.End()
	if edits := fmt.Sprint(sent(w)); edits != "[+2 -0]" {
		t.Errorf("one chunk sent %s", edits)
	}
	w.Turn()
	if edits := sent(w); len(edits) != 4 {
		t.Errorf("then %v", edits)
	}
	synced(t, w, staff)
}

// What was switched off is not forgotten: it is sent once it may be.
func TestMembersAreSentOnceUpdatesAreSwitchedOn(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.Target.Sync.Update = false
	ids := people(w, 3)
	staff := w.Group("Staff", ids[0], ids[1])
	w.Turn()
	w.Delete(ids[0])
	w.Turn()
	if _, ok := w.Link(ids[0]); ok {
		t.Error("a leaver's link is kept for a group that will not let go")
	}
	w.Session.Target.Sync.Update = true
	w.Join(staff, "Staff", ids[2])
	w.Turn()
	holds(t, w, "Staff", "u01", "u02")
}

// Every way a call about members can fail ends well, and none makes anybody a member twice.
func TestMembersArriveThroughFailures(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*connectors.Fault{
		"lost":      {Class: connectors.Unknown, Uncertain: true, Detail: "no answer"},
		"transient": {Class: connectors.Transient, Detail: "a hiccup"},
		"throttled": {Class: connectors.Throttled, Detail: "wait", RetryAfter: 3 * time.Second},
		"nonsense":  {Class: connectors.Nonsense, Detail: "html"},
		"conflict":  {Class: connectors.EditConflict, Detail: "changed meanwhile"},
	} {
		for after := range 2 {
			for nth := 1; nth <= 4; nth++ {
				t.Run(fmt.Sprintf("%s, call %d, carried out %v", name, nth, after == 1), func(t *testing.T) {
					t.Parallel()
					w := relaytest.New(t)
					w.Session.Capabilities.MembersPerCall = 2
					n := 0
					fail := func(_ context.Context, op relaytest.Operation, _ string) error {
						if op != relaytest.Members {
							return nil
						}
						if n++; n == nth {
							return fault
						}
						return nil
					}
					if w.Vendor.Before = fail; after == 1 {
						w.Vendor.Before, w.Vendor.After = nil, fail
					}
					ids := people(w, 7)
					staff := w.Group("Staff", ids[:5]...)
					w.Turn()
					w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[5:], Remove: ids[:2]})
					turns(w, time.Hour)
					holds(t, w, "Staff", "u02", "u03", "u04", "u05", "u06")
					synced(t, w, staff)
				})
			}
		}
	}
}

// turns serves the target whenever it may be for so long.
func turns(w *relaytest.World, long time.Duration) {
	var health quarantine.State
	for end := w.Clock.Now().Add(long); w.Clock.Now().Before(end); w.Clock.Advance(long / 15) {
		if status, err := w.Store.Targets.Status(context.Background(), relaytest.Tenant, relaytest.Target); err == nil {
			health = status.Health
		}
		if !health.Until.After(w.Clock.Now()) {
			w.Turn()
		}
	}
}
