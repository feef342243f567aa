package queue_test

import (
	"context"
	"fmt"
	"testing"

	"scimrelay/queue"
)

// order serves n turns of what was rung, one at a time, and tells their targets. Before each
// it calls then with the number of those served.
func order(t *testing.T, p *queue.InProcess, n int, then func(served int)) (targets []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := p.Serve(ctx, 1, func(_ context.Context, k queue.Key) {
		targets = append(targets, k.Target)
		then(len(targets))
		if len(targets) == n {
			stop()
		}
	}); err != nil {
		t.Fatal(err)
	}
	return targets
}

func ringFor(t *testing.T, p *queue.InProcess, class queue.Class, target string) {
	t.Helper()
	err := p.Ring(t.Context(), queue.Ring{Key: queue.Key{Tenant: "acme", Target: target}, Class: class, ID: target})
	if err != nil {
		t.Fatal(err)
	}
}

// A line that was empty must not get what it did not use while it was: the other ones would
// stand still for as long as they were busy before.
func TestALineThatFillsDoesNotStarveTheBusyOnes(t *testing.T) {
	t.Parallel()
	p := queue.NewInProcess()
	const before, bulk = 600, 300
	for i := range before + 400 {
		ringFor(t, p, queue.Urgent, fmt.Sprint("urgent", i))
	}
	targets := order(t, p, before+70, func(served int) {
		if served == before {
			for i := range bulk {
				ringFor(t, p, queue.Bulk, fmt.Sprint("bulk", i))
			}
		}
	})
	n := 0
	for _, target := range targets[before:] {
		if target[0] == 'b' {
			n++
		}
	}
	if n > 15 { // one in seven by the weights
		t.Errorf("%d of 70 turns went to the bulk line while the urgent one waited", n)
	}
}

// Somebody must lose access at a target that waits in the line of those who had their slice.
func TestAnUrgentRingOvertakesTheTargetsOwnOlderRing(t *testing.T) {
	t.Parallel()
	p := queue.NewInProcess()
	for i := range 50 {
		ringFor(t, p, queue.Default, fmt.Sprint("other", i))
		ringFor(t, p, queue.Bulk, fmt.Sprint("more", i))
	}
	ringFor(t, p, queue.Bulk, "sage")
	ringFor(t, p, queue.Urgent, "sage")
	for place, target := range order(t, p, 101, func(int) {}) {
		if target == "sage" {
			if place > 5 {
				t.Errorf("the urgent target was number %d of 101", place)
			}
			return
		}
	}
	t.Error("the urgent target was not served")
}
