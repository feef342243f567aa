package relay_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
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
