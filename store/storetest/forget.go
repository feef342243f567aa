package storetest

import (
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

const day = 24 * time.Hour

func forgotten(t *testing.T, s *store.Store, limit, want int) {
	t.Helper()
	if n, err := s.Notices.Forget(t.Context(), limit); err != nil || n != want {
		t.Fatalf("forgot %d, want %d, %v", n, want, err)
	}
}

func noticesForgotten(t *testing.T, open Open) {
	s, forward := later(t, open)
	for i := range 3 {
		tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, int64(i))
	}
	spreadTo(t, s, mail)
	settled(t, s, claimed(t, s, 1)[0], store.Settlement{End: store.MessageDelivered, Quiet: time.Hour})
	hook := store.Outlet{Tenant: "acme", Channel: store.ChannelWebhook, Address: "b1"}
	tellOf(t, s, "acme", "sage", quarantine.NoticeDay1, 1)
	spreadTo(t, s, hook)
	tried := claimed(t, s, 1)[0]
	settled(t, s, tried, store.Settlement{End: store.MessageAgain, Next: s.Now(), Detail: "it answered 500"})
	forward(89 * day)
	forgotten(t, s, 10, 0)
	forward(2 * day)
	forgotten(t, s, 2, 2)
	forgotten(t, s, 2, 1)
	forgotten(t, s, 2, 0) // what is in a message is still to be sent
	if d := claimed(t, s, 1)[0]; d.ID != tried.ID || len(d.Notices) != 1 || d.Notices[0].Kind != quarantine.NoticeDay1 {
		t.Fatalf("%+v", d)
	}
}

// incidentsRemembered has a tenant's second target begin to wait for a vendor that has been down
// for very long.
func incidentsRemembered(t *testing.T, open Open) {
	s, forward := later(t, open)
	const host = "api.vendor.example"
	for _, tenant := range []string{"acme", "b", "c", "d", "e"} {
		opens(t, s, tenant, host)
	}
	surveyed(t, s, host)
	spreadTo(t, s)
	forward(91 * day)
	forgotten(t, s, 10, 0)
}

// departuresForgotten has people leave a target that has no turn any more.
func departuresForgotten(t *testing.T, open Open) {
	s, forward := later(t, open)
	lease := acquire(t, s, "acme", "sage", "w1")
	let := func(who string) {
		t.Helper()
		lease.TTL = 100 * day // it has all the time
		err := s.Links.LetThrough(t.Context(), lease, "", []store.Leaver{{Resource: who, Type: scim.TypeUser}}, day)
		if err != nil {
			t.Fatal(err)
		}
	}
	gone := func() int {
		t.Helper()
		was, err := s.Links.Departing(t.Context(), "acme", "sage", nil, store.Takes{}, day)
		if err != nil {
			t.Fatal(err)
		}
		return was.Gone.People
	}
	let("ana")
	let("bob")
	forward(quarantine.GuardWindow)
	let("bob") // again
	let("eve")
	forward(quarantine.GuardWindow + time.Minute)
	if n := gone(); n != 3 {
		t.Fatalf("%d have left", n)
	}
	if err := s.Targets.Tend(t.Context(), func(string, string) {}); err != nil {
		t.Fatal(err)
	}
	if n := gone(); n != 2 {
		t.Errorf("%d are remembered", n)
	}
}
