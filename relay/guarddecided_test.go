package relay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/relay/relaytest"
	"scimrelay/store"
)

func TestAnApprovalIsOfWhatWasShown(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	for i := range 12 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	shown := onHold(t, w)
	w.Delete(ids[12]) // joins later
	w.Turn()
	w.Change(ids[0], "renamed", inactive()) // is wanted otherwise now
	w.Turn()
	if now := onHold(t, w); now.Batch == shown.Batch || now.People != 13 {
		t.Fatalf("shown %+v, now %+v", shown, now)
	}
	if done := approveBatch(t, w, shown.Batch); done.Links != 11 || done.Left != 2 {
		t.Fatalf("%+v", done)
	}
	w.Turn()
	if n := taken(w); n != 11 {
		t.Errorf("%d calls", n)
	}
	for _, id := range []string{ids[0], ids[12]} {
		if k, there := w.Link(id); !there || k.State != "held" {
			t.Errorf("there %v, link %+v", there, k)
		}
	}
}

func TestAnApprovalExpires(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	for i := range 12 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	w.Turn()
	approveBatch(t, w, "")
	w.Clock.Advance(store.ApprovalLasts + time.Second) // the target rested meanwhile
	w.Turn()
	if h := onHold(t, w); taken(w) != 0 || h.People != 12 {
		t.Fatalf("held %+v", h)
	}
	approveBatch(t, w, "")
	w.Clock.Advance(store.ApprovalLasts - time.Second)
	w.Turn()
	if n := taken(w); n != 12 {
		t.Errorf("%d calls", n)
	}
}

func TestARejectionKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	staff, club := w.Group("Staff", ids...), w.Group("Fans", ids[19])
	w.Turn()
	for i := range 6 {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
	}
	for i := 6; i < 12; i++ {
		w.Delete(ids[i])
	}
	w.DeleteGroup(club)
	w.Leave(staff, "Staff", ids[15])
	w.Turn()
	if h := onHold(t, w); h.People != 12 || h.Groups != 1 || h.Removals != 7 {
		t.Fatalf("held %+v", h)
	}
	if done := rejectAll(t, w); done.Links != 13 || done.Removals != 7 || done.Left != 0 {
		t.Fatalf("%+v", done)
	}
	w.Turn()
	kept := func() {
		t.Helper()
		if members, _ := w.Vendor.Group("Staff"); taken(w) != 0 || len(members) != 20 || w.Vendor.Accounts() != 20 {
			t.Fatalf("%d accounts, members %v", w.Vendor.Accounts(), members)
		}
	}
	kept()
	counts, err := w.Store.Links.Count(t.Context(), relaytest.Tenant, relaytest.Target)
	if err != nil || counts.Pending != 0 || counts.Links != 15 { // 14 people and Staff: links of the deleted are gone
		t.Fatalf("%+v, %v", counts, err)
	}
	if k, _ := w.Link(ids[0]); !strings.Contains(k.Detail, "rejected") {
		t.Errorf("link %+v", k)
	}
	for _, settings := range []string{"first", "second"} { // new settings are no word of the identity provider
		w.Mend(settings)
		w.Turn()
	}
	kept()
	w.Person("user6", nil) // somebody with the key of a deleted person
	w.Group("Fans")        // and a group with the name of a deleted one
	w.Turn()
	kept()
	if groups := w.Vendor.Groups(); fmt.Sprint(groups) != "[Fans Staff]" {
		t.Errorf("groups %v", groups)
	}
	for _, id := range []string{ids[1], ids[1]} { // somebody thinks better of it, and says so twice
		if _, err := w.Store.Links.Approve(t.Context(), decision("", id)); err != nil {
			t.Fatal(err)
		}
	}
	w.Turn()
	if n := taken(w); n != 1 {
		t.Fatalf("%d calls", n)
	}
	account(t, w, "user1", false)
	w.Change(ids[0], "user0x", inactive()) // the identity provider says something again, of one
	w.Join(staff, "Staff", ids[15])
	w.Leave(staff, "Staff", ids[15])
	w.Turn()
	if members, _ := w.Vendor.Group("Staff"); taken(w) != 1 || len(members) != 19 {
		t.Errorf("members %v", members)
	}
}

func TestWhoIsDeletedAndCreatedAgainKeepsTheAccount(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 20)
	staff := w.Group("Staff", ids...)
	w.Turn()
	before, _ := w.Vendor.Account("user3")
	for _, id := range ids {
		w.Delete(id)
	}
	w.Turn()
	again := make([]string, len(ids))
	for i := range ids { // as after a restored backup
		again[i] = w.Person(fmt.Sprint("user", i), nil)
	}
	w.Join(staff, "Staff", again...)
	for range 3 {
		w.Turn()
		w.Clock.Advance(7 * time.Hour)
	}
	after, _ := w.Vendor.Account("user3")
	if members, _ := w.Vendor.Group("Staff"); taken(w) != 0 || w.Vendor.Accounts() != 20 || after.ID != before.ID || len(members) != 20 {
		t.Errorf("%d accounts, %s was %s, members %v", w.Vendor.Accounts(), after.ID, before.ID, members)
	}
	for _, id := range append(again, staff) {
		synced(t, w, id)
	}
	if !onHold(t, w).Empty() {
		t.Errorf("held %+v", onHold(t, w))
	}
}
