package relay

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

const (
	membersPerRun  = 2000
	membersPerCall = 100
)

// edited is what a run did with a group's members.
type edited struct {
	awaited    []string // passed without an account
	done       []string // need no longer be remembered
	refused    []string // passed, and to be tried again
	later      []string // passed, refused with others, and to be tried before these
	refusal    *connectors.Fault
	waiting    int  // members the group waits for, these among them
	unfinished bool // there are more memberships to go through
	edits      int  // calls that were made about members
}

// members sends the memberships that changed since the link's progress, and then the members who
// have an account only now, as differences: nobody's membership is read from the vendor.
func (r *run) members(ctx context.Context, group connectors.Remote, editor connectors.MemberEditor) error {
	e := &editing{run: r, editor: editor, group: group, begun: r.link, refusals: make(map[bool]int), rows: cmp.Or(r.MembersPerRun, membersPerRun),
		most: cmp.Or(r.Capabilities.MembersPerCall, membersPerCall)}
	for {
		if err := e.page(ctx); err != nil {
			return err
		}
		if !r.unfinished || !r.dry {
			break
		}
	}
	if r.unfinished {
		return nil
	}
	if err := r.settleMembers(ctx); err != nil {
		return err
	}
	if r.refusal != nil {
		return r.refusal
	}
	return nil
}

// settleMembers counts what is left when all changes have been gone through.
func (r *run) settleMembers(ctx context.Context) error {
	if r.refusal != nil {
		refusal := *r.refusal
		refusal.Detail = fmt.Sprintf("%d members are refused: %s", len(r.refused)+len(r.later), refusal.Detail)
		r.refusal = &refusal
	}
	if !r.Capabilities.NestedGroups {
		nested, err := r.relay.Links.Nested(ctx, r.link.Tenant, r.link.Resource)
		if err != nil {
			return err
		}
		if nested > 0 {
			r.note(fmt.Sprintf("%d of its members are groups, which the product does not nest", nested))
		}
	}
	total, among, err := r.relay.Links.Awaiting(ctx, r.link, append(r.awaited, r.done...))
	if err != nil {
		return err
	}
	for _, id := range r.awaited {
		if !among[id] {
			total++
		}
	}
	for _, id := range r.done {
		if among[id] {
			total--
		}
	}
	r.waiting = total
	return r.countHeld(ctx)
}

// editing gathers members until a call is full. What it has gathered counts once it is sent.
type editing struct {
	*run
	editor connectors.MemberEditor
	group  connectors.Remote
	begun  store.Link // as the run found it
	rows   int        // of a run
	most   int        // of a call

	batch   []store.Membership
	calls   []store.Membership // those of the batch that the vendor must hear of
	behind  *store.Membership  // the last of the batch that lies behind the link's progress
	ready   store.Membership   // up to whom those who are ready have been gone through
	sent    int
	stopped bool // the chunk's time is over

	fates    map[string]fate // of those of the batch whom the vendor refuses
	accepted int             // members
	refusals map[bool]int    // of members who were sent alone, by whether they come
	known    bool            // that the vendor has accepted members of this group before
}

// page goes through as many memberships as a run may.
func (e *editing) page(ctx context.Context) error {
	changed, err := e.relay.Links.Changed(ctx, e.link, e.rows)
	if err != nil {
		return err
	}
	if err := e.weigh(ctx, changed); err != nil {
		return err
	}
	if err := e.each(ctx, changed, true); err != nil {
		return err
	}
	e.unfinished = e.stopped || len(changed) == e.rows
	if e.unfinished {
		return nil
	}
	e.pass()
	ready, err := e.relay.Links.Ready(ctx, e.link, e.ready, e.rows)
	if err != nil {
		return err
	}
	full := len(ready) == e.rows
	ready = without(ready, changed)
	if err := e.weigh(ctx, ready); err != nil {
		return err
	}
	fresh := slices.IndexFunc(ready, func(m store.Membership) bool { return m.Tried > 0 })
	if fresh < 0 {
		fresh = len(ready)
	}
	if err := e.each(ctx, ready[:fresh], false); err != nil {
		return err
	}
	if e.unfinished = e.stopped || full && fresh == len(ready); e.unfinished {
		return nil
	}
	return e.retry(ctx, ready[fresh:], full)
}

// without leaves out whom the run has just gone through.
func without(ready, changed []store.Membership) []store.Membership {
	met := make(map[string]bool, len(changed))
	for i := range changed {
		met[changed[i].Member] = true
	}
	return slices.DeleteFunc(ready, func(m store.Membership) bool { return met[m.Member] })
}

// retry sends those whom the vendor has refused, with those it refused last at the end. The rest
// follows at once only as long as anybody is accepted.
func (e *editing) retry(ctx context.Context, rows []store.Membership, more bool) error {
	if err := e.each(ctx, rows, false); err != nil {
		return err
	}
	more = more || e.stopped || len(e.later) > 0
	e.unfinished = more && (e.accepted > 0 || e.refusal == nil)
	return nil
}

func (e *editing) each(ctx context.Context, rows []store.Membership, behind bool) error {
	for i := range rows {
		e.take(&rows[i], behind)
		if len(e.calls) == e.most {
			if err := e.flush(ctx); err != nil || e.stopped {
				return err
			}
		}
	}
	return e.flush(ctx)
}

// take adds one membership to the batch.
func (e *editing) take(m *store.Membership, behind bool) {
	e.batch = append(e.batch, *m)
	if e.forwarded(m) && m.VendorID != "" && m.Agreed >= 0 && !e.stays[m.Member] {
		e.calls = append(e.calls, *m)
	}
	if behind {
		e.behind = m
	} else {
		e.ready = *m
	}
}

// forwarded reports whether the product can hold such a member.
func (e *editing) forwarded(m *store.Membership) bool {
	return m.Type != scim.TypeGroup || e.Capabilities.NestedGroups
}

// flush sends the batch and counts it as done.
func (e *editing) flush(ctx context.Context) error {
	if len(e.calls) > 0 && e.sent > 0 && e.enough != nil && e.enough() {
		e.stopped = true
		return nil
	}
	e.fates = make(map[string]fate)
	if len(e.calls) > 0 {
		e.sent++
		if err := e.send(ctx); err != nil {
			return err
		}
	}
	for i := range e.batch {
		m := &e.batch[i]
		switch {
		case e.stays[m.Member]:
			e.staged = append(e.staged, m.Member)
		case e.fates[m.Member] == refused:
			e.refused = append(e.refused, m.Member)
		case e.fates[m.Member] == later:
			e.later = append(e.later, m.Member)
		case m.Present && m.VendorID == "" && !m.Without && e.forwarded(m):
			e.awaited = append(e.awaited, m.Member)
		default:
			e.done = append(e.done, m.Member)
		}
	}
	if e.behind != nil {
		e.link.Since, e.link.SinceMember = e.behind.Version, e.behind.Member
	}
	e.batch, e.calls, e.behind = nil, nil, nil
	return nil
}
