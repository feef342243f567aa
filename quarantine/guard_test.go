package quarantine_test

import (
	"testing"

	"scimrelay/quarantine"
)

func TestABurstOfDeletionsIsHeld(t *testing.T) {
	t.Parallel()
	people := func(n int) quarantine.Leaving { return quarantine.Leaving{People: n} }
	for _, c := range []struct {
		name   string
		guard  quarantine.Guard
		n      quarantine.Leaving
		linked int
		want   bool
	}{
		{"nobody", quarantine.Guard{}, people(0), 0, false},
		{"one of one", quarantine.Guard{}, people(1), 1, false},
		{"one of two", quarantine.Guard{}, people(1), 2, false},
		{"both of two", quarantine.Guard{}, people(2), 2, false},
		{"three of three", quarantine.Guard{}, people(3), 3, false},
		{"one of four", quarantine.Guard{}, people(1), 4, false},
		{"half of four", quarantine.Guard{}, people(2), 4, true},
		{"two of five", quarantine.Guard{}, people(2), 5, false},
		{"three of five", quarantine.Guard{}, people(3), 5, true},
		{"9 of 100", quarantine.Guard{}, people(9), 100, false},
		{"10 of 100", quarantine.Guard{}, people(10), 100, false},
		{"11 of 100", quarantine.Guard{}, people(11), 100, true},
		{"10 of 30: a few", quarantine.Guard{}, people(10), 30, false},
		{"11 of 30", quarantine.Guard{}, people(11), 30, true},
		{"20 of 200", quarantine.Guard{}, people(20), 200, false},
		{"21 of 200", quarantine.Guard{}, people(21), 200, true},
		{"300 of 10,000", quarantine.Guard{}, people(300), 10000, false},
		{"500 of 10,000", quarantine.Guard{}, people(500), 10000, false},
		{"501 of 10,000", quarantine.Guard{}, people(501), 10000, true},
		{"501 of a million", quarantine.Guard{}, people(501), 1000000, true},
		{"groups count", quarantine.Guard{}, quarantine.Leaving{People: 6, Groups: 5}, 100, true},
		{"groups are not half of the people", quarantine.Guard{}, quarantine.Leaving{Groups: 4}, 5, false},
		{"eleven groups without anybody", quarantine.Guard{}, quarantine.Leaving{Groups: 11}, 0, true},
		{"tightened: 30 of 1,000", quarantine.Guard{Deletes: 3}, people(30), 1000, false},
		{"tightened: 31 of 1,000", quarantine.Guard{Deletes: 3}, people(31), 1000, true},
		{"tightened: ten are few still", quarantine.Guard{Deletes: 3}, people(10), 100, false},
		{"loosened: 40 of 100", quarantine.Guard{Deletes: 40}, people(40), 100, false},
		{"loosened: 41 of 100", quarantine.Guard{Deletes: 40}, people(41), 100, true},
		{"loosened: half stays half", quarantine.Guard{Deletes: 50}, people(50), 100, true},
		{"loosened beyond half: 79 of 100", quarantine.Guard{Deletes: 80}, people(79), 100, false},
		{"loosened beyond half: 80 of 100", quarantine.Guard{Deletes: 80}, people(80), 100, true},
		{"loosened to all: everybody", quarantine.Guard{Deletes: 100}, people(100), 100, true},
		{"loosened to all: 500 stay many", quarantine.Guard{Deletes: 100}, people(501), 10000, true},
		{"off", quarantine.Guard{Off: true}, people(100), 100, false},
	} {
		if got := c.guard.Holds(c.n, c.linked); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestABurstOfRemovalsFromAGroupIsHeld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		guard            quarantine.Guard
		removed, members int
		want             bool
	}{
		{"50 of 50: a few", quarantine.Guard{}, 50, 50, false},
		{"50 of 100", quarantine.Guard{}, 50, 100, false},
		{"51 of 100", quarantine.Guard{}, 51, 100, true},
		{"60 of 100", quarantine.Guard{}, 60, 100, true},
		{"250 of 1,000", quarantine.Guard{}, 250, 1000, false},
		{"251 of 1,000", quarantine.Guard{}, 251, 1000, true},
		{"25,000 of 100,000", quarantine.Guard{}, 25000, 100000, false},
		{"25,001 of 100,000", quarantine.Guard{}, 25001, 100000, true},
		{"tightened", quarantine.Guard{Removals: 5}, 51, 1000, true},
		{"loosened", quarantine.Guard{Removals: 70}, 60, 100, false},
		{"off", quarantine.Guard{Off: true}, 100, 100, false},
	} {
		if got := c.guard.HoldsRemovals(c.removed, c.members); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// However many there are beyond what the guard asks to look at, it says the same.
func TestTheGuardLooksAtNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	for _, g := range []quarantine.Guard{{}, {Deletes: 3, Removals: 3}, {Deletes: 33, Removals: 33}, {Deletes: 80, Removals: 100}, {Deletes: 100}} {
		for n := range 600 {
			leaving := quarantine.Leaving{People: n}
			look := g.Look(leaving)
			if few, many := g.Holds(leaving, look), g.Holds(leaving, 100*look+1_000_000); few != many {
				t.Errorf("%+v: %d of %d %v, of many %v", g, n, look, few, many)
			}
			look = g.LookRemovals(n)
			if few, many := g.HoldsRemovals(n, look), g.HoldsRemovals(n, 100*look+1_000_000); few != many {
				t.Errorf("%+v: %d removals of %d %v, of many %v", g, n, look, few, many)
			}
		}
	}
}
