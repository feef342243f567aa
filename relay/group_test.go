package relay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// people creates persons u0, u1 … and returns their ids.
func people(w *relaytest.World, n int) (ids []string) {
	for i := range n {
		ids = append(ids, w.Person(fmt.Sprintf("u%02d", i), nil))
	}
	return ids
}

// holds checks who is in the vendor's group.
func holds(t *testing.T, w *relaytest.World, name string, keys ...string) {
	t.Helper()
	got, ok := w.Vendor.Group(name)
	if !ok || fmt.Sprint(got) != fmt.Sprint(keys) {
		t.Errorf("group %s: %v, there %v, want %v", name, got, ok, keys)
	}
}

// sent are the member edits of the vendor's calls, as +added -removed.
func sent(w *relaytest.World) (edits []string) {
	for _, call := range w.Vendor.Calls(relaytest.Members) {
		edits = append(edits, fmt.Sprintf("+%d -%d", len(call.Sent["add"].([]string)), len(call.Sent["remove"].([]string))))
	}
	return edits
}

func TestAGroupIsMadeWithItsMembersAndFollows(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 4)
	staff := w.Group("Staff", ids[0], ids[1])
	w.Turn()
	holds(t, w, "Staff", "u00", "u01")
	if k := synced(t, w, staff); k.VendorID != "1" || k.Since != 2 || k.Detail != "" {
		t.Errorf("link %+v", k)
	}
	if calls := fmt.Sprint(w.Vendor.Calls()); !strings.HasSuffix(calls, "find Staff create Staff members Staff]") {
		t.Errorf("calls %s", calls)
	}
	w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: []string{ids[2]}, Remove: []string{ids[0]}})
	w.Turn()
	holds(t, w, "Staff", "u01", "u02")
	if edits := fmt.Sprint(sent(w)); edits != "[+1 -1]" {
		t.Errorf("sent %s", edits)
	}
	w.ChangeGroup(staff, "Crew", scim.Document{"externalId": "E"}, scim.MemberEdit{Clear: true, Add: []string{ids[3]}})
	w.Turn()
	holds(t, w, "Crew", "u03")
	if groups := fmt.Sprint(w.Vendor.Groups()); groups != "[Crew]" {
		t.Errorf("groups %s", groups)
	}
	w.Vendor.Calls()
	w.DeleteGroup(staff)
	w.Turn()
	if calls := fmt.Sprint(w.Vendor.Calls(relaytest.Mutations()...)); calls != "[delete Crew]" || len(w.Vendor.Groups()) != 0 {
		t.Errorf("calls %s, groups %v", calls, w.Vendor.Groups())
	}
	if _, ok := w.Link(staff); ok || w.Vendor.Accounts() != 4 {
		t.Errorf("the link stays: %v; %d accounts", ok, w.Vendor.Accounts())
	}
}

// P18: at rest, going through everything again changes nothing.
func TestGroupsAtRestAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 5)
	staff := w.Group("Staff", ids...)
	w.Group("Empty")
	w.Leave(staff, "Staff", ids[0])
	w.Turn()
	w.Vendor.Calls()
	for range 3 {
		work, err := w.Store.Links.AllWork(t.Context(), relaytest.Tenant, relaytest.Target, "", 100)
		if err != nil || len(work) != 7 {
			t.Fatalf("%d links, %v", len(work), err)
		}
		w.ChunkOf(work, w.Begin())
		w.End()
	}
	silent(t, w)
}

func TestALeaverIsTakenOutOfTheVendorsGroups(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 3)
	w.Group("Staff", ids[0], ids[1])
	w.Group("Crew", ids[0])
	w.Turn()
	w.Delete(ids[0])
	successor := w.Person("u00", nil) // finds the account, which the groups must let go first
	w.Turn()
	holds(t, w, "Staff", "u01")
	holds(t, w, "Crew")
	if _, ok := w.Link(ids[0]); ok {
		t.Error("the leaver's link stays")
	}
	if a := account(t, w, "u00", true); w.Vendor.Accounts() != 3 {
		t.Errorf("account %+v of %d", a, w.Vendor.Accounts())
	}
	synced(t, w, successor)
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
	scope, faults := connectors.CompileScope(`user.title == "in"`, w.Session.Target.Position)
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

func TestAVanishedGroupIsMadeAnewWithEverybody(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 3)
	staff := w.Group("Staff", ids...)
	w.Turn()
	w.Leave(staff, "Staff", ids[2])
	w.Turn()
	w.Vendor.RemoveGroup("Staff")
	w.ChangeGroup(staff, "Staff", scim.Document{"externalId": "E"}, scim.MemberEdit{})
	for range 90 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	holds(t, w, "Staff", "u00", "u01")
	if k := synced(t, w, staff); k.VendorID != "2" || k.Generation != 2 {
		t.Errorf("link %+v", k)
	}
}

// P5 holds for groups: a create whose answer was lost is searched for.
func TestALostCreateMakesNoSecondGroup(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 2)
	w.Turn()
	w.Vendor.After = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create {
			return &connectors.Fault{Class: connectors.Unknown, Uncertain: true, Detail: "the answer did not come"}
		}
		return nil
	}
	staff := w.Group("Staff", ids...)
	w.Turn()
	if k, _ := w.Link(staff); k.State != "verify" || k.Intent.IsZero() {
		t.Errorf("link %+v", k)
	}
	for range 60 {
		w.Clock.Advance(time.Second)
		w.Turn()
	}
	holds(t, w, "Staff", "u00", "u01")
	if creates := len(w.Vendor.Calls(relaytest.Create)); len(w.Vendor.Groups()) != 1 || creates != 3 {
		t.Errorf("groups %v after %d creates", w.Vendor.Groups(), creates)
	}
	synced(t, w, staff)
}

// A person and a group may have one key, and one vendor id.
func TestAPersonAndAGroupOfOneName(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ana := w.Person("ana", nil)
	group := w.Group("ana", ana)
	w.Turn()
	holds(t, w, "ana", "ana")
	if a, b := synced(t, w, ana), synced(t, w, group); a.VendorID != "1" || b.VendorID != "1" {
		t.Errorf("links %+v and %+v", a, b)
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

func TestProductsThatLackPowersSaySo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *relaytest.World)
		detail string // of a new group
		gone   string // of its deletion
		calls  string
	}{
		"no groups": {func(w *relaytest.World) { w.Session.Capabilities.Groups = false }, "the product has no groups", "the product has no groups", "[]"},
		"no deletion of groups": {func(w *relaytest.World) { w.Session.Capabilities.DeleteGroup = false }, "",
			"the product cannot delete groups; this one stays there as it was", "[find Staff create Staff members Staff find Staff]"},
		"no members": {func(w *relaytest.World) {
			w.Session.Connector = struct {
				connectors.Connector
				connectors.Deactivator
			}{w.Vendor, w.Vendor}
		}, "the product's groups have no members", "", "[find Staff create Staff find Staff delete Staff]"},
		"no creation": {func(w *relaytest.World) { w.Session.Target.Sync.Create = false }, "creation is switched off", "", "[find Staff]"},
		"no updates": {func(w *relaytest.World) { w.Session.Target.Sync.Update = false }, "its members are not sent: updates are switched off", "",
			"[find Staff create Staff find Staff delete Staff]"},
		"no deletion": {func(w *relaytest.World) { w.Session.Target.Sync.Delete = false }, "", "deletion is switched off", "[find Staff create Staff members Staff]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := relaytest.New(t)
			ids := people(w, 2)
			w.Turn()
			w.Vendor.Calls()
			c.change(w)
			staff := w.Group("Staff", ids...)
			w.Turn()
			if k := synced(t, w, staff); k.Detail != c.detail {
				t.Errorf("link %+v", k)
			}
			w.DeleteGroup(staff)
			w.Turn()
			if _, ok := w.Link(staff); ok {
				t.Error("the link stays")
			}
			events, err := w.Store.Events.Latest(t.Context(), relaytest.Tenant, 1)
			if calls := fmt.Sprint(w.Vendor.Calls()); err != nil || calls != c.calls || events[0].Detail != c.gone {
				t.Errorf("calls %s, event %+v, %v", calls, events, err)
			}
		})
	}
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

func TestGroupsWithinGroups(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 2)
	crew, team := w.Group("Crew", ids[0]), w.Group("Team")
	staff := w.Group("Staff", crew, team, ids[1])
	w.Turn()
	holds(t, w, "Staff", "u01")
	if k := synced(t, w, staff); k.Detail != "2 of its members are groups, which the product does not nest" {
		t.Errorf("link %+v", k)
	}
}

// A member whom the vendor refuses keeps nobody else from coming, and nobody from leaving.
func TestOneRefusedMemberHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 8)
	staff := w.Group("Staff", ids[0], ids[1])
	w.Turn()
	w.Vendor.Remove("u02") // by another hand: the vendor does not know whom we mean
	w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[2:], Remove: []string{ids[0]}})
	w.Turn()
	holds(t, w, "Staff", "u01", "u03", "u04", "u05", "u06", "u07")
	k, _ := w.Link(staff)
	if k.State != "escrow" || k.Fault != "invalid" || k.Detail != "1 members are refused: no such member" {
		t.Errorf("link %+v", k)
	}
	w.Vendor.Calls()
	w.Clock.Advance(7 * time.Hour)
	w.Turn()
	if edits := fmt.Sprint(sent(w)); edits != "[+1 -0]" {
		t.Errorf("tried again: %s", edits)
	}
	w.Change(ids[2], "u02", scim.Document{"title": "T"}) // mends it
	for range 90 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	w.Clock.Advance(13 * time.Hour)
	w.Turn()
	holds(t, w, "Staff", "u01", "u02", "u03", "u04", "u05", "u06", "u07")
	synced(t, w, staff)
}

// And a group the vendor refuses altogether is not tried once for each member.
func TestAGroupThatIsRefusedIsNotTriedForEachMember(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	ids := people(w, 30)
	w.Vendor.Before = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Members {
			return connectors.Faultf(connectors.Denied, "a group of the vendor's own")
		}
		return nil
	}
	staff := w.Group("Staff", ids...)
	w.Turn()
	if k, _ := w.Link(staff); len(sent(w)) > 6 || k.State != "escrow" || k.Fault != "denied" {
		t.Errorf("link %+v", k)
	}
	w.Vendor.Before = nil
	w.Clock.Advance(7 * time.Hour)
	w.Turn()
	if got, _ := w.Vendor.Group("Staff"); len(got) != 30 {
		t.Errorf("%d members", len(got))
	}
	synced(t, w, staff)
}

func TestARehearsalCountsMembersAndSendsNone(t *testing.T) {
	t.Parallel()
	w := relaytest.New(t)
	w.Session.MembersPerRun = 7
	ids := people(w, 25)
	w.Turn()
	staff := w.Group("Staff", ids[:20]...)
	rehearse := func() string {
		t.Helper()
		due, err := w.Store.Links.Due(t.Context(), relaytest.Tenant, relaytest.Target, 10)
		if err != nil {
			t.Fatal(err)
		}
		w.Vendor.Calls()
		plans, err := w.Session.Rehearse(t.Context(), due)
		if err != nil || len(plans) != 1 {
			t.Fatalf("%+v, %v", plans, err)
		}
		silent(t, w)
		return fmt.Sprintf("%+v %s", plans[0].Steps, plans[0].Outcome)
	}
	if got := rehearse(); !strings.Contains(got, "{Action:members Fields:[] Add:20 Remove:0 Fault:}] link.applied") || !strings.Contains(got, "Action:create") {
		t.Errorf("plan %s", got)
	}
	w.Turn()
	w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[20:], Remove: ids[:3]})
	if got := rehearse(); got != "[{Action:members Fields:[] Add:5 Remove:3 Fault:}] link.applied" {
		t.Errorf("plan %s", got)
	}
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
