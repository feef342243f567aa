package store_test

import (
	"testing"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// A vendor without a free seat is told of once in its series, whoever else is refused; a seat that
// is given back wakes one, and a new account wakes all, after which it is told again.
func TestAFullVendorIsToldOfOnceAndWakesWhoWaits(t *testing.T) {
	for name, url := range urls(t) {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, url, store.Options{})
			w := store.Write{Tenant: "acme", Targets: []string{"sage"}, Actor: "test"}
			for _, name := range []string{"a", "b", "c"} {
				if _, err := s.Directory.Create(t.Context(), w, scim.TypeUser, name, store.Revision{Body: []byte(`{}`), Keys: store.Keys{Name: name}, Active: true}); err != nil {
					t.Fatal(err)
				}
			}
			lease, _, err := s.Targets.Acquire(t.Context(), "acme", "sage", "w1", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			outcome := func(id string, seat store.Seat) store.Outcome {
				work, err := s.Links.One(t.Context(), "acme", "sage", id)
				if err != nil {
					t.Fatal(err)
				}
				k := work.Link
				if seat == store.SeatRefused {
					k.State, k.Fault, k.NextAt = "held", "seats", s.Now().Add(12*time.Hour)
				} else {
					k.Applied, k.VendorID, k.State, k.Fault = k.Wanted, "v"+id, "", ""
				}
				return store.Outcome{Next: k, Seat: seat}
			}
			step := func(outcomes ...store.Outcome) (due int) {
				if err := s.Links.Record(t.Context(), lease, outcomes, quarantine.State{}); err != nil {
					t.Fatal(err)
				}
				counts, err := s.Links.Count(t.Context(), "acme", "sage")
				if err != nil {
					t.Fatal(err)
				}
				return counts.Due
			}
			told := func() (n int) {
				if err := beside(t, url).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM notices WHERE kind = 'seats-full' AND target = 'sage'`).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if due := step(outcome("a", store.SeatRefused), outcome("b", store.SeatRefused)); due != 1 || told() != 1 {
				t.Errorf("%d due, %d notices", due, told())
			}
			if due := step(outcome("c", store.SeatRefused)); due != 0 || told() != 1 {
				t.Errorf("%d due, %d notices", due, told())
			}
			if due := step(outcome("c", store.SeatFreed)); due != 1 {
				t.Errorf("a seat that was given back wakes %d", due)
			}
			if due := step(outcome("c", store.SeatFreed)); due != 2 {
				t.Errorf("a second seat leaves %d due, want another one", due)
			}
			if due := step(outcome("a", store.SeatTaken)); due != 1 {
				t.Errorf("a new account leaves %d due, want the one who is left", due)
			}
			if step(outcome("b", store.SeatRefused)); told() != 2 {
				t.Errorf("%d notices, want one for each series", told())
			}
		})
	}
}
