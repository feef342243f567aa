package relay

import (
	"context"
	"fmt"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// loss is what the deletion guard made of a run's removals from a group.
type loss struct {
	staged      []string // members who stay until a person has agreed
	tripped     store.Trip
	losing      string // the counts it went by
	heldMembers int    // who wait for a person now, the staged among them
	stays       map[string]bool
}

// weigh judges the removals among the rows, before the first of them is sent.
func (e *editing) weigh(ctx context.Context, rows []store.Membership) error {
	if e.gate == nil || e.gate.limits.Off {
		return nil
	}
	var leavers []store.Leaver
	for i := range rows {
		if m := &rows[i]; e.loses(m) {
			leavers = append(leavers, store.Leaver{Resource: m.Member, Type: scim.TypeUser})
		}
	}
	if len(leavers) == 0 {
		return nil
	}
	e.gate.mu.Lock()
	defer e.gate.mu.Unlock()
	trip, detail, err := e.gate.judgeMembers(ctx, e.link, leavers)
	if err != nil || trip == store.TripNone {
		return err
	}
	e.tripped, e.losing = trip, detail
	if e.stays == nil {
		e.stays = make(map[string]bool, len(leavers))
	}
	for _, one := range leavers {
		e.stays[one.Resource] = true
	}
	return nil
}

// loses reports whether the row takes somebody out of the vendor's group who has an account, and
// nobody has decided about it.
func (e *editing) loses(m *store.Membership) bool {
	decided := m.Agreed < 0 || m.Agreed > e.relay.Now().UnixMilli()
	return !m.Present && m.VendorID != "" && !m.Kept && !decided && e.forwarded(m)
}

// judgeMembers lets the leavers of a group through, all or none.
func (g *gate) judgeMembers(ctx context.Context, link store.Link, leavers []store.Leaver) (store.Trip, string, error) {
	links := g.session.relay.Links
	was, err := links.Removing(ctx, link, guardWindow)
	if err != nil {
		return store.TripNone, "", err
	}
	n := was.Gone + was.Pending
	detail := fmt.Sprintf("%d members leave a group within an hour", n)
	if was.Held != store.TripNone {
		return was.Held, detail, nil
	}
	have, err := links.Size(ctx, link.Tenant, link.Resource, g.limits.LookRemovals(n))
	if err != nil {
		return store.TripNone, "", err
	}
	if g.limits.HoldsRemovals(n, have+n) {
		return store.TripGroup, detail, nil
	}
	if g.lease == nil {
		return store.TripNone, "", nil
	}
	return store.TripNone, "", links.LetThrough(ctx, *g.lease, link.Resource, leavers, guardWindow)
}

// countHeld counts the removals that wait for a person, those of this run among them.
func (r *run) countHeld(ctx context.Context) error {
	n, err := r.relay.Links.HeldMembers(ctx, r.link)
	r.heldMembers = n + len(r.staged)
	return err
}

// withheld records that everything but removals is done, which wait for a person. Members who get
// an account meanwhile wake the link.
func (r *run) withheld() store.Outcome {
	said := []string{fmt.Sprintf("removals of members that wait until somebody agrees: %d", r.heldMembers)}
	if r.waiting > 0 {
		said = append(said, fmt.Sprintf("waits for %d members", r.waiting))
	}
	o := r.parked(r.link.Resource, strings.Join(said, "; "))
	o.Next.State, o.Next.Fault, o.Kind = StateHeld, string(connectors.Confirm), "link.held"
	return o
}
