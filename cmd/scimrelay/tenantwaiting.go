package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"scimrelay/relay"
	"scimrelay/store"
	"scimrelay/tenants"
)

// waitingFlags choose among the links that are not at their wanted version.
type waitingFlags struct {
	All   bool   `help:"List everything that waits, not only the first 20 at each target."`
	State string `help:"List only what waits in this state: due, retry, escrow, held, parked or verify." enum:",due,retry,escrow,held,parked,verify" default:"" placeholder:"STATE"`
}

// waitingShown is how many waiting links a status lists unless it is asked for all.
const waitingShown = 20

// dueWord is the state of links that only wait for their target's turn; the store has none for it.
const dueWord = "due"

// waitingView is one link that is not at its wanted version.
type waitingView struct {
	Resource string     `json:"resource"`
	Wanted   int64      `json:"wanted"`
	Applied  int64      `json:"applied"`
	State    string     `json:"state"`
	Fault    string     `json:"fault,omitempty"`
	Detail   string     `json:"detail,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
}

// waiting lists what waits at a target and counts what is left out.
func (f waitingFlags) waiting(ctx context.Context, s *store.Store, of tenants.Target, counts store.Counts) (views []waitingView, more int, err error) {
	total, limit := counts.Pending, waitingShown
	state := strings.TrimSuffix(f.State, dueWord)
	if f.State != "" {
		total = counts.States[state]
	}
	if f.All {
		limit = max(total, waitingShown)
	}
	var links []store.Link
	if f.State == "" {
		links, err = s.Links.Waiting(ctx, of.Tenant, of.ID, limit)
	} else {
		links, err = s.Links.WaitingIn(ctx, of.Tenant, of.ID, state, limit)
	}
	for _, k := range links {
		views = append(views, viewWaiting(k))
	}
	return views, max(total-len(views), 0), err
}

func viewWaiting(k store.Link) waitingView {
	w := waitingView{Resource: k.Resource, Wanted: k.Wanted, Applied: k.Applied, State: stateWord(k.State), Fault: k.Fault, Detail: k.Detail}
	if !k.NextAt.Equal(store.Never()) {
		w.Next = &k.NextAt
	}
	return w
}

func stateWord(state string) string {
	if state == "" {
		return dueWord
	}
	return state
}

// statesOf counts what waits by words, as it is listed.
func statesOf(counts store.Counts) map[string]int {
	byWord := make(map[string]int, len(counts.States))
	for state, n := range counts.States {
		byWord[stateWord(state)] = n
	}
	return byWord
}

// printWaiting says how much waits in which state, and of each link that is listed when it is
// tried next.
func (v targetView) printWaiting(out io.Writer, now time.Time) {
	if v.Pending > 0 {
		var counts []string
		for _, state := range slices.Sorted(maps.Keys(v.States)) {
			counts = append(counts, fmt.Sprintf("%d %s", v.States[state], state))
		}
		fmt.Fprintf(out, "  waiting: %s\n", strings.Join(counts, ", "))
	}
	for _, w := range v.Waiting {
		said := line(w.State, w.Fault, w.Detail)
		fmt.Fprintf(out, "  %s at version %d of %d: %s (%s)\n", w.Resource, w.Applied, w.Wanted, said, v.next(w, now))
	}
	if v.more > 0 {
		fmt.Fprintf(out, "  and %d more: --all shows them\n", v.more)
	}
}

// next says when a link is tried next: not before its target is.
func (v targetView) next(w waitingView, now time.Time) string {
	switch {
	case w.Next == nil && w.State == relay.StateParked:
		return "tried when that is there"
	case w.Next == nil:
		return "tried again by hand only"
	case v.stopped:
		return "tried when the target goes on"
	}
	at := *w.Next
	if v.Until != nil && v.Until.After(at) {
		at = *v.Until
	}
	if !at.After(now) {
		return "tried at the target's next turn"
	}
	return "tried next " + at.UTC().Format(time.RFC3339)
}
