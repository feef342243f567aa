package relay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// guardWindow is how far back the deletion guard counts, and a little: a call goes out some time
// after it was let through.
const guardWindow = quarantine.GuardWindow + time.Minute

// gate is the deletion guard of one chunk: whatever takes something away at the vendor goes
// through it, and is on record before it does.
type gate struct {
	session *Session
	limits  quarantine.Guard
	takes   store.Takes
	lease   *store.Lease // nil in a rehearsal, which records nothing

	mu sync.Mutex // one is judged after the other
}

func (s *Session) newGate(lease *store.Lease) *gate {
	g := &gate{session: s, lease: lease, limits: quarantine.Guard{Off: s.Target.Guard.Off}}
	if most := s.Target.Guard.MaxDeletes; most != nil {
		g.limits.Deletes = float64(*most)
	}
	if most := s.Target.Guard.MaxRemovals; most != nil {
		g.limits.Removals = float64(*most)
	}
	_, canSwitch := s.Connector.(connectors.Deactivator)
	g.takes = store.Takes{
		Switch: canSwitch && s.Capabilities.Deactivate != connectors.DeactivateNone,
		Delete: s.Capabilities.Delete && (s.Target.OnDelete == "delete" || !canSwitch),
		Groups: s.Capabilities.Delete || s.Capabilities.DeleteGroup,
	}
	return g
}

// guard judges the items together, before the first call of any: those who are to lose something
// are let through, or wait until a person has agreed.
func (s *Session) guard(ctx context.Context, lease *store.Lease, items []item) error {
	g := s.newGate(lease)
	var leaving []*item
	for i := range items {
		it := &items[i]
		it.gate = g
		if !it.asked(func() bool { return g.takesFrom(it) }) || it.agreed(s.relay.Now()) || it.rejected() {
			continue
		}
		if s.Capabilities.Deactivate.Irreversible() && !it.present && !it.Deleted { // nobody has said that they leave
			it.suspect = "the person is outside the target's scope now"
			continue
		}
		leaving = append(leaving, it)
	}
	if g.limits.Off || len(leaving) == 0 {
		return nil
	}
	held, err := g.judge(ctx, leaving)
	if err != nil {
		return err
	}
	for _, it := range leaving {
		it.burst, it.through = held, held == ""
	}
	return nil
}

// takesFrom reports whether closing the item's gap takes an account or a group away, as far as
// is known without asking the vendor.
func (g *gate) takesFrom(it *item) bool {
	s, k := g.session, it.Link
	switch {
	case it.fault != nil, it.foreign, it.spreads, !s.Target.Sync.Delete, k.VendorID == "" && k.Intent.IsZero(), s.unchanged(*it):
		return false
	case k.Type == scim.TypeGroup:
		return it.Deleted && g.takes.Groups
	case it.Deleted && g.takes.Delete:
		return true
	}
	return g.takes.Switch && !k.Down && (!it.present || !it.record.Active)
}

// judge lets the leavers through, all or none, and returns why when it is none.
func (g *gate) judge(ctx context.Context, leaving []*item) (held string, err error) {
	links, target := g.session.relay.Links, g.session.Target
	ids, leavers := make([]string, len(leaving)), make([]store.Leaver, len(leaving))
	for i, it := range leaving {
		ids[i], leavers[i] = it.Link.Resource, store.Leaver{Resource: it.Link.Resource, Type: it.Link.Type}
	}
	was, err := links.Departing(ctx, target.Tenant, target.ID, ids, g.takes, guardWindow)
	if err != nil {
		return "", err
	}
	n := quarantine.Leaving{People: was.Gone.People + was.Pending.People, Groups: was.Gone.Groups + was.Pending.Groups}
	for _, one := range leavers {
		switch {
		case was.Counted[one.Resource]:
		case one.Type == scim.TypeGroup:
			n.Groups++
		default:
			n.People++
		}
	}
	if was.Held {
		return leavingText(n), nil
	}
	working, err := links.Working(ctx, target.Tenant, target.ID, guardWindow, g.limits.Look(n))
	if err != nil {
		return "", err
	}
	if g.limits.Holds(n, working) {
		return leavingText(n), nil
	}
	if g.lease == nil {
		return "", nil
	}
	return "", links.LetThrough(ctx, *g.lease, "", leavers, guardWindow)
}

// leavingText says in numbers what leaves.
func leavingText(n quarantine.Leaving) string {
	text := fmt.Sprintf("%d people leave within an hour", n.People)
	if n.Groups > 0 {
		text += fmt.Sprintf(", and %d groups", n.Groups)
	}
	return text
}

// permit is asked right before a call that takes something away. Who was not known to lose
// anything, as somebody found inactive in the directory and active at the vendor, is judged now.
func (r *run) permit(ctx context.Context) error {
	g := r.gate
	if g == nil || g.limits.Off || r.through || r.confirmed() {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	held, err := g.judge(ctx, []*item{&r.item})
	if err != nil {
		return err
	}
	if held != "" {
		r.burst = held
		return r.suspected()
	}
	r.through = true
	return nil
}

// suspected is the fault of what the guard holds.
func (r *run) suspected() *connectors.Fault {
	return connectors.Faultf(connectors.Confirm, "many leave at once: it waits until somebody agrees")
}

// agreed reports whether a person has agreed to what the link wants, and it counts still.
func (it *item) agreed(now time.Time) bool {
	return it.Link.Approved > 0 && it.Link.Approved >= it.Link.Wanted && now.Before(it.Link.ApprovedUntil)
}

// rejected reports whether a person has refused what the link wants to take away.
func (it *item) rejected() bool {
	taking := !it.present || it.Link.Type == scim.TypeUser && !it.record.Active
	return taking && it.Link.Rejected > 0 && it.Link.Rejected >= it.Link.Wanted
}

// reassert leaves the vendor as it is, because a person has said so. A deleted resource's link
// goes, so that whoever comes with its key finds the account; anybody else's rests until the
// identity provider says something about them.
func (r *run) reassert() {
	r.skipped = "what would take access away was rejected: the vendor keeps it as it is until something else is wanted"
}

// hold is what the outcome says of what waits for a person.
func (r *run) hold() *store.Hold {
	switch {
	case len(r.staged) > 0:
		return &store.Hold{Members: r.staged, Trip: r.tripped, Detail: r.losing}
	case r.outcome.Next.State == StateHeld && r.outcome.Next.Fault == string(connectors.Confirm) && r.heldMembers == 0:
		h := &store.Hold{Link: true, Detail: r.burst}
		if r.burst != "" {
			h.Trip = store.TripTarget
		}
		return h
	}
	return nil
}
