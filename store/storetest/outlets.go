package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// noticesCounted has a notice go to a new address while a message about it is tried again at an
// old one.
func noticesCounted(t *testing.T, open Open) {
	s := start(t, open)
	create(t, s, by("acme", "sage"), "ines")
	hook := store.Outlet{Tenant: "acme", Channel: store.ChannelWebhook, Address: "b1"}
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail, hook)
	var first store.Delivery
	for _, d := range claimed(t, s, 2) {
		end := store.Settlement{End: store.OutletGone, Detail: "it answered 410"}
		if d.Outlet == mail {
			first, end = d, store.Settlement{End: store.MessageAgain, Next: s.Now(), Detail: "it has no room"}
		}
		settled(t, s, d, end)
	}
	create(t, s, by("acme", "sage"), "jean")
	if err := s.Notices.Abandon(t.Context(), func(o store.Outlet) bool { return o == mail }); err != nil {
		t.Fatal(err)
	}
	hook.Address = "b2"
	if n := spreadTo(t, s, mail, hook); n != 1 {
		t.Fatalf("spread %d", n)
	}
	for _, d := range claimed(t, s, 2) {
		if diff := cmp.Diff(first.Notices, d.Notices); diff != "" || d.Outlet == mail && d.ID != first.ID {
			t.Errorf("%s: %s %s", d.Channel, d.ID, diff)
		}
	}
}

// noticesInTurn has a receiver that failed be due for longer than one that has not.
func noticesInTurn(t *testing.T, open Open) {
	s := start(t, open)
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail)
	failed := claimed(t, s, 1)[0]
	settled(t, s, failed, store.Settlement{End: store.MessageAgain, Next: failed.Begun, Detail: "it answered 500"})
	fine := store.Outlet{Tenant: "acme", Channel: store.ChannelWebhook, Address: "b1"}
	tellOf(t, s, "acme", "sage", quarantine.NoticeDay1, 1)
	spreadTo(t, s, fine)
	for _, want := range []store.Outlet{fine, mail} {
		got, err := s.Notices.Claim(t.Context(), 1, terms())
		if err != nil || len(got) != 1 || got[0].Outlet != want {
			t.Errorf("claimed %+v, want %+v, %v", got, want, err)
		}
	}
}
