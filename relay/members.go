package relay

import (
	"cmp"
	"context"
	"fmt"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

const (
	membersPerRun  = 2000
	membersPerCall = 100
	// mostRefused is how many members in a row may be refused one by one before it is taken for
	// the group's fault.
	mostRefused = 5
)

// edited is what a run did with a group's members.
type edited struct {
	awaited    []string // passed without an account
	done       []string // need no longer be remembered
	refused    []string // passed, and to be tried again
	refusal    *connectors.Fault
	waiting    int  // members the group waits for, these among them
	unfinished bool // there are more memberships to go through
}

// members sends the memberships that changed since the link's progress, and then the members who
// have an account only now, as differences: nobody's membership is read from the vendor.
func (r *run) members(ctx context.Context, group connectors.Remote, editor connectors.MemberEditor) error {
	e := &editing{run: r, editor: editor, group: group, rows: cmp.Or(r.MembersPerRun, membersPerRun),
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
		refusal.Detail = fmt.Sprintf("%d members are refused: %s", len(r.refused), refusal.Detail)
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
	return nil
}

// editing gathers members until a call is full. What it has gathered counts once it is sent.
type editing struct {
	*run
	editor connectors.MemberEditor
	group  connectors.Remote
	rows   int // of a run
	most   int // of a call

	batch   []store.Membership
	calls   []store.Membership // those of the batch that the vendor must hear of
	behind  *store.Membership  // the last of the batch that lies behind the link's progress
	ready   string             // up to whom those who are ready have been gone through
	sent    int
	stopped bool // the chunk's time is over
}

// page goes through as many memberships as a run may.
func (e *editing) page(ctx context.Context) error {
	changed, err := e.relay.Links.Changed(ctx, e.link, e.rows)
	if err != nil {
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
	if err := e.each(ctx, ready, false); err != nil {
		return err
	}
	e.unfinished = e.stopped || len(ready) == e.rows
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
	if e.forwarded(m) && m.VendorID != "" {
		e.calls = append(e.calls, *m)
	}
	if behind {
		e.behind = m
	} else {
		e.ready = m.Member
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
	refused := map[string]bool{}
	if len(e.calls) > 0 {
		e.sent++
		var err error
		if refused, err = e.send(ctx); err != nil {
			return err
		}
	}
	for i := range e.batch {
		m := &e.batch[i]
		switch {
		case refused[m.Member]:
			e.refused = append(e.refused, m.Member)
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

// send makes one call. When the vendor refuses somebody in it, each is sent alone, those who
// leave first: one who cannot be added must keep nobody from losing access.
func (e *editing) send(ctx context.Context) (refused map[string]bool, err error) {
	err = e.edit(ctx, e.calls)
	if len(e.calls) == 1 && aboutOne(err) {
		e.refusal = connectors.FaultOf(err)
		return map[string]bool{e.calls[0].Member: true}, nil
	}
	if !aboutOne(err) {
		return nil, err
	}
	refused = make(map[string]bool)
	inARow := 0
	for _, present := range []bool{false, true} {
		for _, m := range e.calls {
			if m.Present != present {
				continue
			}
			err := e.edit(ctx, []store.Membership{m})
			if !aboutOne(err) {
				if err != nil {
					return nil, err
				}
				inARow = 0
				continue
			}
			refused[m.Member], e.refusal = true, connectors.FaultOf(err)
			if inARow++; inARow == mostRefused && len(refused) == inARow {
				return nil, err
			}
		}
	}
	return refused, nil
}

func (e *editing) edit(ctx context.Context, members []store.Membership) error {
	var add, remove []string
	for _, m := range members {
		if m.Present {
			add = append(add, m.VendorID)
		} else {
			remove = append(remove, m.VendorID)
		}
	}
	return e.editor.EditMembers(ctx, e.group, add, remove)
}

// aboutOne reports a refusal that may be about one of many members.
func aboutOne(err error) bool {
	if err == nil {
		return false
	}
	switch connectors.FaultOf(err).Class {
	case connectors.NotFound, connectors.Invalid, connectors.Denied, connectors.Seats, connectors.Ambiguous:
		return true
	default:
		return false
	}
}
