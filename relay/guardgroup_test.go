package relay_test

import (
	"fmt"
	"testing"
	"time"

	"scimrelay/scim"
)

func TestManyWhoLeaveAGroupAreHeldThereAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ leave, left int }{{50, 50}, {51, 100}, {60, 100}} {
		t.Run(fmt.Sprint(c.leave, " of 100"), func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 120)
			staff, other := w.Group("Staff", ids[:100]...), w.Group("Other", ids[:5]...)
			w.Turn()
			w.Vendor.Calls()
			w.ChangeGroup(staff, "Staff", nil, scim.MemberEdit{Add: ids[100:], Remove: ids[:c.leave]})
			w.Turn()
			members, _ := w.Vendor.Group("Staff")
			if len(members) != c.left+20 {
				t.Fatalf("%d members", len(members))
			}
			h := onHold(t, w)
			if want := c.left + c.leave - 100; h.Removals != want || !h.Tripped.IsZero() {
				t.Fatalf("held %+v", h)
			}
			w.Leave(other, "Other", ids[0]) // another group, and one who leaves the company
			w.Change(ids[119], "user119", inactive())
			w.Turn()
			if members, _ := w.Vendor.Group("Other"); len(members) != 4 || taken(w) != 1 {
				t.Errorf("Other has %v", members)
			}
			w.Clock.Advance(10 * time.Hour)
			w.Leave(staff, "Staff", ids[110])
			w.Turn()
			if h.Empty() {
				synced(t, w, staff)
				return
			}
			if now := onHold(t, w); now.Removals != c.leave+1 {
				t.Errorf("held %+v", now)
			}
			if done := approveBatch(t, w, h.Batch); done.Removals != c.leave || done.Left != 1 {
				t.Fatalf("%+v", done)
			}
			w.Turn()
			if members, _ = w.Vendor.Group("Staff"); len(members) != 120-c.leave {
				t.Errorf("%d members", len(members))
			}
			approveBatch(t, w, "")
			w.Turn()
			synced(t, w, staff)
		})
	}
}

func TestWhoLeaveAGroupOneByOneStopAtTheThreshold(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 80)
	staff := w.Group("Staff", ids...)
	w.Turn()
	for i := range 55 {
		w.Leave(staff, "Staff", ids[i])
		w.Turn()
		w.Clock.Advance(time.Minute)
	}
	if members, _ := w.Vendor.Group("Staff"); len(members) != 30 || onHold(t, w).Removals != 5 {
		t.Errorf("%d members, held %+v", len(members), onHold(t, w))
	}
}
