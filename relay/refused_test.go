package relay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
)

// picky is a vendor that refuses calls about some of its accounts, or about all.
type picky struct {
	*relaytest.Vendor
	all     bool
	refuses map[string]bool
}

func (p *picky) EditMembers(ctx context.Context, have connectors.Remote, add, remove []string) error {
	err := error(nil)
	if p.all || slices.ContainsFunc(slices.Concat(add, remove), func(id string) bool { return p.refuses[id] }) {
		err = connectors.Faultf(connectors.Invalid, "not this one")
	}
	p.Before = func(context.Context, relaytest.Operation, string) error { return err }
	defer func() { p.Before = nil }()
	return p.Vendor.EditMembers(ctx, have, add, remove)
}

// choosy returns a world at a picky vendor with so many people who have accounts, in the order of
// their ids, which is that of their turns.
func choosy(t *testing.T, n, perCall int) (w *relaytest.World, v *picky, ids []string) {
	t.Helper()
	w = relaytest.New(t)
	v = &picky{Vendor: w.Vendor, refuses: make(map[string]bool)}
	w.Session.Connector, w.Session.Capabilities.MembersPerCall = v, perCall
	ids = people(w, n)
	slices.Sort(ids)
	w.Turn()
	return w, v, ids
}

func (p *picky) refuse(t *testing.T, w *relaytest.World, ids ...string) {
	t.Helper()
	for _, id := range ids {
		p.refuses[synced(t, w, id).VendorID] = true
	}
}

func inGroup(t *testing.T, w *relaytest.World, want int) {
	t.Helper()
	if got, _ := w.Vendor.Group("Staff"); len(got) != want {
		t.Errorf("%d members, want %d", len(got), want)
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
	if edits := fmt.Sprint(sent(w)); edits != "[+10 -0 +1 -0 +1 -0 +1 -0 +1 -0 +1 -0 +10 -0 +10 -0]" {
		t.Errorf("sent %s", edits)
	}
	if k, _ := w.Link(staff); k.State != "escrow" || k.Fault != "denied" || k.Detail != "30 members are refused: a group of the vendor's own" {
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

// Six who are refused stand before everybody else, in every call.
func TestRefusedMembersKeepNobodyFromComing(t *testing.T) {
	t.Parallel()
	w, v, ids := choosy(t, 20, 100)
	v.refuse(t, w, ids[:6]...)
	staff := w.Group("Staff", ids[:6]...)
	w.Turn()
	inGroup(t, w, 0)
	w.Join(staff, "Staff", ids[6:10]...)
	w.Turn()
	inGroup(t, w, 4)
	late := w.Person("zz", scim.Document{"title": "late"})
	w.Join(staff, "Staff", append(ids[10:], late)...)
	w.Turn()
	inGroup(t, w, 15)
	if k, _ := w.Link(staff); k.State != "escrow" || k.Detail != "6 members are refused: not this one" {
		t.Errorf("link %+v", k)
	}
}

// Who gets an account later comes, although those who are refused stand before them.
func TestRefusedMembersKeepNobodyFromComingLater(t *testing.T) {
	t.Parallel()
	w, v, ids := choosy(t, 12, 100)
	v.refuse(t, w, ids[:6]...)
	staff := w.Group("Staff", ids...)
	w.Turn()
	inGroup(t, w, 0) // a new group that begins with five who are refused
	w.Clock.Advance(7 * time.Hour)
	w.Turn()
	inGroup(t, w, 6)
	w.Vendor.Remove(v.key(t, w, ids[11]))
	inGroup(t, w, 5)
	w.Change(ids[11], "other", scim.Document{"title": "T"})
	for range 90 {
		w.Turn()
		w.Clock.Advance(time.Second)
	}
	w.Clock.Advance(13 * time.Hour)
	w.Turn()
	inGroup(t, w, 6)
	v.refuses = nil
	w.Clock.Advance(25 * time.Hour)
	w.Turn()
	inGroup(t, w, 12)
	synced(t, w, staff)
}

// Nor does a group that was set aside for one who is refused wait for its next rung: whoever it
// awaits comes with their account, and the ladder goes on where it was.
func TestARefusedMemberKeepsNobodyWaitingForTheirAccount(t *testing.T) {
	t.Parallel()
	w, v, ids := choosy(t, 8, 100)
	v.refuse(t, w, ids[7])
	refusing(w, relaytest.Create, connectors.Invalid)
	late := w.Person("late", nil)
	w.Turn()
	w.Vendor.Before = nil
	staff := w.Group("Staff", append(slices.Clone(ids), late)...)
	w.Turn()
	inGroup(t, w, 7)
	before, _ := w.Link(staff)
	w.Clock.Advance(5 * time.Hour)
	w.Change(late, "late", scim.Document{"title": "T"})
	w.Turn()
	synced(t, w, late)
	inGroup(t, w, 8)
	k, _ := w.Link(staff)
	if k.State != "escrow" || !k.Failing.Equal(before.Failing) || k.Detail != "1 members are refused: not this one" {
		t.Errorf("link %+v, was %+v", k, before)
	}
	// Who is to have no account is nobody to call for.
	w.Vendor.Calls()
	w.Change(late, "late", scim.Document{"active": false})
	w.Turn()
	if edits := sent(w); len(edits) > 0 {
		t.Errorf("sent %v", edits)
	}
}

func (p *picky) key(t *testing.T, w *relaytest.World, id string) string {
	t.Helper()
	found, err := p.Find(t.Context(), connectors.Record{VendorID: synced(t, w, id).VendorID})
	if err != nil {
		t.Fatal(err)
	}
	return found.Key
}

func TestRefusedRemovalsKeepNobodyIn(t *testing.T) {
	t.Parallel()
	for _, perCall := range []int{1, 3, 100} {
		w, v, ids := choosy(t, 16, perCall)
		staff := w.Group("Staff", ids...)
		w.Turn()
		inGroup(t, w, 16)
		v.refuse(t, w, ids[:8]...)
		w.Leave(staff, "Staff", ids[:12]...)
		w.Turn()
		inGroup(t, w, 12)
		w.Leave(staff, "Staff", ids[12])
		w.Clock.Advance(7 * time.Hour)
		w.Turn()
		inGroup(t, w, 11)
		v.refuses = nil
		w.Clock.Advance(13 * time.Hour)
		w.Turn()
		inGroup(t, w, 3)
		synced(t, w, staff)
	}
}

// Who was refused coming, and is now to leave, is one thing to do and not two.
func TestARefusedMemberWhoLeavesIsSentOnce(t *testing.T) {
	t.Parallel()
	w, v, ids := choosy(t, 2, 100)
	v.refuse(t, w, ids[0])
	staff := w.Group("Staff", ids...)
	w.Turn()
	inGroup(t, w, 1)
	w.Vendor.Calls()
	w.Leave(staff, "Staff", ids[0])
	w.Turn()
	if edits := fmt.Sprint(sent(w)); edits != "[+0 -1]" {
		t.Errorf("sent %s", edits)
	}
	v.refuses = nil
	w.Clock.Advance(13 * time.Hour)
	w.Turn()
	inGroup(t, w, 1)
	synced(t, w, staff)
}

// P15: a vendor that begins to refuse everything is not asked about each of many, and in the end
// has everybody all the same.
func TestAVendorThatRefusesEverybodyIsAskedAFewTimes(t *testing.T) {
	t.Parallel()
	for _, perCall := range []int{1, 50} {
		t.Run(fmt.Sprint(perCall, " a call"), func(t *testing.T) {
			t.Parallel()
			w, v, ids := choosy(t, 400, perCall)
			w.Session.Target.Guard.Off = true
			staff := w.Group("Staff", ids[:200]...)
			w.Turn()
			inGroup(t, w, 200)
			w.Vendor.Calls()
			v.all = true
			w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[200:], Remove: ids[:150]})
			for range 3 {
				w.Turn()
				if edits := sent(w); len(edits) > 230 || strings.Contains(fmt.Sprint(edits), "+0 -0") {
					t.Errorf("%d calls", len(edits))
				}
				if k, _ := w.Link(staff); k.State != "escrow" || k.Detail != "350 members are refused: not this one" {
					t.Errorf("link %+v", k)
				}
				w.Clock.Advance(25 * time.Hour)
			}
			v.all = false
			w.Turn()
			inGroup(t, w, 250)
			synced(t, w, staff)
		})
	}
}
