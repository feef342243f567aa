// Package board is the scoreboard of docs/reliability.md: the list of checks, what each injects
// and what has to hold, and what a test that is one of them says of its run.
//
// The checks themselves stand where what they check is at home. A check that ran with too little
// work has failed: a quiet test proves nothing.
package board

import (
	"fmt"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// Tier is when a check runs.
type Tier string

// The tiers.
const (
	Push    Tier = "P" // with every push
	Nightly Tier = "N"
)

// IsNightly reports whether the checks of the night run too, and the others with their full work.
func IsNightly() bool { return os.Getenv("SCIMRELAY_NIGHTLY") != "" }

// OnlyNightly skips a test that is for the night.
func OnlyNightly(tb testing.TB) {
	tb.Helper()
	if !IsNightly() {
		tb.Skip("runs nightly: set SCIMRELAY_NIGHTLY")
	}
}

// Check is one run of a check.
type Check struct {
	tb testing.TB
	id string
}

// Begin says which check the test is. It must be in the list.
func Begin(tb testing.TB, id string) Check {
	tb.Helper()
	if _, known := Find(id); !known {
		tb.Fatalf("check %s is not in the list of package board", id)
	}
	tb.Attr("check", id)
	return Check{tb, id}
}

// Work says how much of something ran. Less than the least is a failure.
func (c Check) Work(what string, n, least int) {
	c.tb.Helper()
	c.tb.Attr("work", fmt.Sprintf("%s %d %s", c.id, n, strings.ReplaceAll(what, "\n", " ")))
	if n < least {
		c.tb.Errorf("%s: %d %s are too little work; want %d", c.id, n, what, least)
	}
}

// Sum is work that a test's parts do, side by side or not. It is told when all of them have ended.
func (c Check) Sum(what string, least int) *atomic.Int64 {
	c.tb.Helper()
	sum := new(atomic.Int64)
	c.tb.Cleanup(func() {
		if !c.tb.Skipped() {
			c.Work(what, int(sum.Load()), least)
		}
	})
	return sum
}

// Ratio says how one figure of the run compares with another, and fails above the most, and where
// there is nothing to compare with.
func (c Check) Ratio(what string, ratio, most float64) {
	c.tb.Helper()
	c.tb.Attr("work", fmt.Sprintf("%s %.3f %s (at most %.3g)", c.id, ratio, what, most))
	if math.IsNaN(ratio) || ratio > most {
		c.tb.Errorf("%s: %s is %.3f; at most %.3f", c.id, what, ratio, most)
	}
}
