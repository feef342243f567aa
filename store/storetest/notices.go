package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimrelay/quarantine"
	"scimrelay/store"
)

// terms are those of the tests: a claim of a minute, and messages of three notices.
func terms() store.Terms {
	return store.Terms{TTL: time.Minute, MaxAge: 72 * time.Hour, Notices: 3}
}

var mail = store.Outlet{Tenant: "acme", Channel: store.ChannelEmail, Address: "a1"}

// later opens a store whose clock can be put forward.
func later(t *testing.T, open Open) (s *store.Store, forward func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	s, err := store.Open(t.Context(), open(t), store.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, func(d time.Duration) { ahead.Add(int64(d)) }
}

func tellOf(t *testing.T, s *store.Store, tenant, target string, kind quarantine.NoticeKind, series int64) {
	t.Helper()
	n := store.Notice{Tenant: tenant, Target: target, Notice: quarantine.Notice{Kind: kind, Reason: "auth", Series: time.UnixMilli(series), Detail: "two refusals"}}
	if err := s.Notices.Tell(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// spreadTo hands what is new to the outlets.
func spreadTo(t *testing.T, s *store.Store, to ...store.Outlet) int {
	t.Helper()
	n, err := s.Notices.Spread(t.Context(), 100, func(store.KeptNotice) []store.Outlet { return to })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func claimed(t *testing.T, s *store.Store, want int) []store.Delivery {
	t.Helper()
	got, err := s.Notices.Claim(t.Context(), 10, terms())
	if err != nil || len(got) != want {
		t.Fatalf("claimed %d, want %d: %+v, %v", len(got), want, got, err)
	}
	return got
}

func settled(t *testing.T, s *store.Store, d store.Delivery, to store.Settlement) {
	t.Helper()
	if err := s.Notices.Settle(t.Context(), d, to); err != nil {
		t.Fatal(err)
	}
}

func undelivered(t *testing.T, s *store.Store, tenant string) []store.Backlog {
	t.Helper()
	found, err := s.Notices.Undelivered(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func noticesOnce(t *testing.T, open Open) {
	s := start(t, open)
	for range 2 {
		tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	}
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 2)
	tellOf(t, s, "acme", "dastra", quarantine.NoticeIncident, 3)
	tellOf(t, s, "acme", "sage", quarantine.NoticeIncident, 3)
	tellOf(t, s, "other", "sage", quarantine.NoticeIncident, 3)
	var got []string
	_, err := s.Notices.Spread(t.Context(), 100, func(n store.KeptNotice) []store.Outlet {
		got = append(got, fmt.Sprintf("%s %s %s %d %s", n.Tenant, n.Kind, n.Target, n.Series.UnixMilli(), n.Detail))
		return nil
	})
	want := []string{"acme quarantined sage 1 two refusals", "acme quarantined sage 2 two refusals",
		"acme vendor-incident  3 two refusals", "other vendor-incident  3 two refusals"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
}

func noticesBundled(t *testing.T, open Open) {
	s, forward := later(t, open)
	create(t, s, by("acme", "sage"), "ines")
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	operator := store.Outlet{Tenant: store.OperatorOutlets, Channel: store.ChannelWebhook, Address: "b2"}
	if n := spreadTo(t, s, mail, operator); n != 1 {
		t.Fatalf("spread %d", n)
	}
	if n := spreadTo(t, s, mail, operator); n != 0 {
		t.Fatalf("spread again: %d", n)
	}
	first := claimed(t, s, 2)
	if n := first[0].Notices; len(n) != 1 || n[0].Kind != quarantine.NoticeEntered || n[0].Links != 1 || n[0].Waiting != 1 || n[0].Tenant != "acme" {
		t.Fatalf("%+v", first[0])
	}
	claimed(t, s, 0) // who has claimed it sends it
	for _, d := range first {
		settled(t, s, d, store.Settlement{End: store.MessageDelivered, Quiet: time.Hour})
	}
	for i := range 4 {
		tellOf(t, s, "acme", "sage", quarantine.NoticeReason, int64(10+i))
		spreadTo(t, s, mail)
	}
	forward(59 * time.Minute)
	claimed(t, s, 0)
	forward(2 * time.Minute)
	second := claimed(t, s, 1)[0]
	if len(second.Notices) != 3 || second.ID == first[0].ID || second.Notices[0].Series.UnixMilli() != 10 {
		t.Fatalf("the oldest three go together: %+v", second)
	}
	settled(t, s, second, store.Settlement{End: store.MessageDelivered, Quiet: time.Hour})
	claimed(t, s, 0)
	forward(time.Hour)
	if last := claimed(t, s, 1)[0]; len(last.Notices) != 1 {
		t.Fatalf("and the fourth after them: %+v", last)
	}
}

func noticesAgain(t *testing.T, open Open) {
	s, forward := later(t, open)
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail)
	died := claimed(t, s, 1)[0]
	forward(2 * time.Minute) // whoever claimed it is dead
	d := claimed(t, s, 1)[0]
	if d.ID != died.ID || d.Attempts != 0 || !d.Begun.Equal(died.Begun) {
		t.Fatalf("a death costs no attempt: %+v, then %+v", died, d)
	}
	if err := s.Notices.Settle(t.Context(), died, store.Settlement{End: store.MessageDelivered}); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("a late owner settles: %v", err)
	}
	settled(t, s, d, store.Settlement{End: store.MessageAgain, Next: s.Now().Add(10 * time.Minute), Detail: "it answered 500"})
	tellOf(t, s, "acme", "sage", quarantine.NoticeDay1, 1)
	spreadTo(t, s, mail)
	claimed(t, s, 0)
	if b := undelivered(t, s, "acme"); len(b) != 1 || b[0].Waiting != 2 || b[0].Attempts != 1 || b[0].Detail != "it answered 500" || b[0].Outlet != mail {
		t.Fatalf("%+v", b)
	}
	forward(11 * time.Minute)
	again := claimed(t, s, 1)[0]
	if again.ID != d.ID || len(again.Notices) != 1 || again.Attempts != 1 {
		t.Fatalf("a message stays what it was: %+v", again)
	}
	settled(t, s, again, store.Settlement{End: store.MessageGivenUp, Detail: "it answered 500"})
	next := claimed(t, s, 1)[0]
	if next.ID == d.ID || next.Notices[0].Kind != quarantine.NoticeDay1 || next.Attempts != 0 {
		t.Fatalf("what came meanwhile is tried for itself: %+v", next)
	}
	if b := undelivered(t, s, "acme"); len(b) != 1 || b[0].Waiting != 1 || b[0].GivenUp != 1 {
		t.Fatalf("%+v", b)
	}
	settled(t, s, next, store.Settlement{End: store.MessageDelivered, Quiet: time.Hour})
	forward(8 * 24 * time.Hour)
	if b := undelivered(t, s, "acme"); len(b) != 0 {
		t.Fatalf("a week later it is history: %+v", b)
	}
	seen, err := s.Events.Latest(t.Context(), "acme", 2)
	if err != nil || len(seen) != 2 || seen[0].Kind != "notice.delivered" || seen[1].Kind != "notice.given-up" {
		t.Fatalf("%+v, %v", seen, err)
	}
}

func noticesGone(t *testing.T, open Open) {
	s, forward := later(t, open)
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail)
	settled(t, s, claimed(t, s, 1)[0], store.Settlement{End: store.OutletGone, Detail: "it answered 410"})
	tellOf(t, s, "acme", "sage", quarantine.NoticeDay1, 1)
	spreadTo(t, s, mail)
	forward(24 * time.Hour)
	claimed(t, s, 0)
	if b := undelivered(t, s, "acme"); len(b) != 1 || b[0].Disabled.IsZero() || b[0].Waiting != 2 {
		t.Fatalf("%+v", b)
	}
	if err := s.Notices.Abandon(t.Context(), func(o store.Outlet) bool { return o == mail }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing to do
		if err := s.Notices.Enable(t.Context(), mail, orderFor("sage")); err != nil {
			t.Fatal(err)
		}
	}
	events, err := s.Events.List(t.Context(), store.EventQuery{Tenant: "acme", Kind: "notice.outlet-enabled", Limit: 5})
	if err != nil || len(events) != 1 || events[0].Actor != "ann" || events[0].Target != "sage" || events[0].Detail != string(mail.Channel)+": a test" {
		t.Errorf("events %+v, %v", events, err)
	}
	if d := claimed(t, s, 1)[0]; len(d.Notices) != 2 {
		t.Fatalf("all that waited goes in one: %+v", d)
	}
	if b := undelivered(t, s, "acme"); len(b) != 1 || !b[0].Disabled.IsZero() {
		t.Fatalf("%+v", b)
	}
}

func noticesAbandoned(t *testing.T, open Open) {
	s, _ := later(t, open)
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail)
	settled(t, s, claimed(t, s, 1)[0], store.Settlement{End: store.OutletGone, Detail: "it answered 410"})
	if err := s.Notices.Abandon(t.Context(), func(store.Outlet) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if b := undelivered(t, s, "acme"); len(b) != 0 {
		t.Fatalf("%+v", b)
	}
	other := store.Outlet{Tenant: "acme", Channel: store.ChannelEmail, Address: "a2"}
	if n := spreadTo(t, s, other); n != 1 {
		t.Fatalf("spread %d", n)
	}
	if d := claimed(t, s, 1)[0]; d.Outlet != other || len(d.Notices) != 1 {
		t.Fatalf("%+v", d)
	}
}

func noticesMoved(t *testing.T, open Open) {
	s, _ := later(t, open)
	right := store.Outlet{Tenant: "acme", Channel: store.ChannelEmail, Address: "a2"}
	hook := store.Outlet{Tenant: "acme", Channel: store.ChannelWebhook, Address: "b1"}
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	spreadTo(t, s, mail, hook)
	for _, d := range claimed(t, s, 2) {
		end := store.Settlement{End: store.MessageDelivered, Quiet: time.Hour}
		if d.Outlet == mail {
			end = store.Settlement{End: store.OutletMoved}
		}
		settled(t, s, d, end)
	}
	if n := spreadTo(t, s, right, hook); n != 1 {
		t.Fatalf("spread %d", n)
	}
	if d := claimed(t, s, 1)[0]; d.Outlet != right || len(d.Notices) != 1 {
		t.Fatalf("who has heard of it hears nothing: %+v", d)
	}
}

func noticesOld(t *testing.T, open Open) {
	s, forward := later(t, open)
	tellOf(t, s, "acme", "sage", quarantine.NoticeEntered, 1)
	forward(73 * time.Hour)
	tellOf(t, s, "acme", "sage", quarantine.NoticeDay1, 1)
	spreadTo(t, s, mail)
	if d := claimed(t, s, 1)[0]; len(d.Notices) != 1 || d.Notices[0].Kind != quarantine.NoticeDay1 {
		t.Fatalf("%+v", d)
	}
}

func noticesRace(t *testing.T, open Open) {
	url := open(t)
	processes := []*store.Store{reopen(t, url), reopen(t, url)}
	for i := range 20 {
		tellOf(t, processes[0], fmt.Sprint("t", i), "sage", quarantine.NoticeEntered, 1)
	}
	var mu sync.Mutex
	times := make(map[string]int)
	var workers sync.WaitGroup
	for i := range 8 {
		s := processes[i%2]
		workers.Go(func() {
			for range 5 {
				_, err := s.Notices.Spread(t.Context(), 100, func(n store.KeptNotice) []store.Outlet {
					return []store.Outlet{{Tenant: n.Tenant, Channel: store.ChannelEmail, Address: "x"}, {Tenant: store.OperatorOutlets, Channel: store.ChannelEmail, Address: "y"}}
				})
				if err != nil {
					t.Error(err)
				}
				all, err := s.Notices.Claim(t.Context(), 100, store.Terms{TTL: time.Minute, MaxAge: time.Hour, Notices: 100})
				if err != nil {
					t.Error(err)
				}
				for _, d := range all {
					mu.Lock()
					for _, n := range d.Notices {
						times[d.Tenant+" "+n.Tenant]++
					}
					mu.Unlock()
					if err := s.Notices.Settle(t.Context(), d, store.Settlement{End: store.MessageDelivered}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	workers.Wait()
	for i := range 20 {
		for _, outlet := range []string{fmt.Sprint("t", i), store.OperatorOutlets} {
			if n := times[outlet+" "+fmt.Sprint("t", i)]; n != 1 {
				t.Errorf("%s was told of t%d %d times", outlet, i, n)
			}
		}
	}
}
