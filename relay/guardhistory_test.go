package relay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"scimrelay/internal/board"

	"scimrelay/connectors"
	"scimrelay/relay/relaytest"
)

// P16 under everything that may happen: no hour sees more than ten people lose their accounts,
// whatever comes back, dies or passes between.
func TestNoHourSeesMoreThanTheThreshold(t *testing.T) {
	t.Parallel()
	losses := board.Begin(t, "V34").Sum("accounts taken away in random histories", 12)
	for seed := range seeds(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w, ids := office(t, 60)
			r := rand.New(rand.NewPCG(seed, 7))
			var mu sync.Mutex
			took := map[string][]time.Time{} // by key, which here is for ever
			w.Vendor.Before = func(_ context.Context, op relaytest.Operation, key string) error {
				mu.Lock()
				defer mu.Unlock()
				if op == relaytest.Deactivate || op == relaytest.Delete {
					took[key] = append(took[key], w.Clock.Now())
					hour := 0
					for _, at := range took {
						if slices.ContainsFunc(at, func(at time.Time) bool { return w.Clock.Now().Sub(at) < time.Hour }) {
							hour++
						}
					}
					if hour > 10 {
						t.Errorf("%d people within an hour", hour)
					}
				}
				if r.IntN(6) == 0 {
					return connectors.Faultf(connectors.Transient, "no")
				}
				return nil
			}
			w.Vendor.After = func(context.Context, relaytest.Operation, string) error {
				mu.Lock()
				defer mu.Unlock()
				if r.IntN(6) == 0 {
					return &connectors.Fault{Class: connectors.Unknown, Detail: "lost"}
				}
				return nil
			}
			gone := map[int]bool{}
			for range 150 {
				mu.Lock()
				i, dice, pass := r.IntN(len(ids)), r.IntN(20), time.Duration(r.IntN(400))*time.Second
				mu.Unlock()
				switch {
				case gone[i]:
				case dice < 9:
					w.Change(ids[i], fmt.Sprint("user", i), inactive())
				case dice < 10:
					w.Delete(ids[i])
					gone[i] = true
				default:
					w.Change(ids[i], fmt.Sprint("user", i), nil)
				}
				w.Clock.Advance(pass)
				status, err := w.Store.Targets.Status(t.Context(), relaytest.Tenant, relaytest.Target)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case status.Health.Until.After(w.Clock.Now()):
				case dice%5 == 0: // dies before it records
					w.Chunk(w.Begin())
					w.End()
				default:
					w.Turn()
				}
				if dice == 19 {
					rejectAll(t, w)
				}
			}
			if losses.Add(int64(len(took))); len(took) == 0 {
				t.Error("nobody lost an account")
			}
		})
	}
}

// Somebody lost an account in a chunk that was never recorded, and came back before anybody
// looked: it happened all the same.
func TestACallThatWasNotRecordedCounts(t *testing.T) {
	t.Parallel()
	w, ids := office(t, 100)
	w.Change(ids[0], "user0", inactive())
	w.Chunk(w.Begin())
	w.End()
	w.Change(ids[0], "user0", nil)
	w.Turn()
	for i := 1; i <= 10; i++ {
		w.Change(ids[i], fmt.Sprint("user", i), inactive())
		w.Turn()
	}
	if n, h := taken(w), onHold(t, w); n != 10 || h.People != 1 {
		t.Errorf("%d calls, held %+v", n, h)
	}
}
