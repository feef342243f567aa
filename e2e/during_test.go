package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/internal/board"
	"scimrelay/queue"
)

// Q14: a thousand changes that land at any moment of the calls they are about. The vendor ends with
// the last one, and never goes back to an older one: P4, P7.
func TestChangesThatLandDuringTheirTurn(t *testing.T) {
	check := board.Begin(t, "Q14")
	const rounds, changes = 20, 50 // the last one of each must not be lost
	synctest.Test(t, func(t *testing.T) {
		c := newHouse(t).company()
		c.start(1)
		id := c.hire("ann")
		random := rand.New(rand.NewPCG(14, 14))
		for round := range rounds {
			last := ""
			for n := range changes {
				last = fmt.Sprintf("v%05d", round*changes+n)
				c.insist(http.MethodPatch, "/Users/"+id, replace("title", last))
				<-time.After(time.Duration(random.IntN(60)) * time.Millisecond)
			}
			c.settle()
			people, wrong := c.vendor.people()
			if len(wrong) > 0 || people[c.mail("ann")].Title != last {
				t.Errorf("the vendor has %v, want %s; %v", people, last, wrong)
			}
		}
		if older := c.vendor.backwards(); older > 0 {
			t.Errorf("P7: the vendor went back to an older title %d times", older)
		}
		c.atRest()
		c.end()
	})
	check.Work("changes", rounds*changes, 1000)
}

// Q15: every ring comes five times, late and out of order; then all of them again while nothing is
// left to do. Nothing is done twice: P6, P18.
func TestRingsThatComeAgainAndAgain(t *testing.T) {
	check := board.Begin(t, "Q15")
	rings := 0
	synctest.Test(t, func(t *testing.T) {
		c := newHouse(t).company()
		echo := &echoes{}
		c.echo = echo
		c.start(1)
		for n := range 400 {
			id := c.hire(fmt.Sprint("user", n))
			if n%3 == 0 {
				c.insist(http.MethodPatch, "/Users/"+id, replace("active", "False"))
			}
			<-time.After(100 * time.Millisecond)
		}
		c.settle()
		changes := c.vendor.changes()
		for _, r := range echo.all() {
			if err := echo.Transport.Ring(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			rings++
		}
		<-time.After(time.Minute)
		if more := c.vendor.changes() - changes; more > 0 {
			t.Errorf("P18: %d changes by rings that came again", more)
		}
		if _, wrong := c.vendor.people(); len(wrong) > 0 || len(c.vendor.twice()) > 0 {
			t.Errorf("against the promise: %v", wrong)
		}
		if most := 400 + 134; changes > most {
			t.Errorf("%d changes, %d were asked for", changes, most)
		}
		c.end()
	})
	check.Work("rings that came again", rings, 100)
}

// echoes is a transport that rings five times, the later ones whenever.
type echoes struct {
	queue.Transport
	mu    sync.Mutex
	heard []queue.Ring
}

func (e *echoes) all() []queue.Ring {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func (e *echoes) Ring(ctx context.Context, r queue.Ring) error {
	e.mu.Lock()
	e.heard = append(e.heard, r)
	e.mu.Unlock()
	for n := range 4 {
		again := r
		again.ID = fmt.Sprint(r.ID, "-", n)
		time.AfterFunc(time.Duration(n*n)*700*time.Millisecond, func() { _ = e.Transport.Ring(context.Background(), again) })
	}
	return e.Transport.Ring(ctx, r)
}
