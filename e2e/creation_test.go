package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"scimrelay/internal/board"
)

// C04: the process dies after the vendor has made the account and before its id is on the link, for
// everybody; and for half of them the store has just refused to note that it might. Whoever comes
// next finds what was made.
func TestWhoDiesBetweenTheVendorsAnswerAndItsRecordMakesNobodyTwice(t *testing.T) {
	check := board.Begin(t, "C04")
	const people = 60
	deaths, refusals := 0, 0
	synctest.Test(t, func(t *testing.T) {
		c := newHouse(t).company()
		pending := map[string]int{} // what is still to go wrong, by call
		c.fate.decide(func(name string) harm {
			if pending[name] == 0 {
				return none
			}
			pending[name]--
			if name == "store.Begin" {
				refusals++
				return refused
			}
			deaths++
			return after
		})
		c.start(1)
		for n := range people {
			c.fate.mu.Lock()
			pending["vendor.Create"], pending["store.Begin"] = 1, n%2
			c.fate.mu.Unlock()
			c.hire(fmt.Sprint("user", n))
			c.settle()
		}
		shown, wrong := c.vendor.people()
		if len(shown) != people || len(wrong) > 0 || len(c.vendor.twice()) > 0 {
			t.Errorf("%d accounts of %d people; %v; made twice: %v", len(shown), people, wrong, c.vendor.twice())
		}
		for point := range c.fate.done {
			if !strings.HasPrefix(point, "vendor.Create") && !strings.HasPrefix(point, "store.Begin") {
				t.Errorf("something was done to %s", point)
			}
		}
		c.atRest()
		c.end()
	})
	check.Work("deaths after a creation", deaths, people)
	check.Work("intents that were refused first", refusals, people/2)
}
