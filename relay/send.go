package relay

import (
	"context"
	"slices"

	"scimrelay/connectors"
	"scimrelay/store"
)

const (
	// mostRefused is how many members a group may begin with that are refused one by one before
	// it is taken for the group's fault.
	mostRefused = 5
	// patience is how many more members than it accepts a vendor may refuse one by one in a run,
	// of those who come and of those who leave. Later ones it is asked about together only.
	patience = 100
)

// fate is what became of a member who was not accepted.
type fate int

const (
	refused fate = iota + 1 // alone
	later                   // with others: the next attempt begins with them
)

// send makes one call. When the vendor refuses it, those who leave are sent first and those who
// come then, and each alone if need be: one who cannot be added must keep nobody from losing
// access, and nobody else from coming.
func (e *editing) send(ctx context.Context) error {
	if len(e.calls) == 1 {
		return e.singly(ctx, e.calls)
	}
	err := e.edit(ctx, e.calls)
	if !aboutOne(err) {
		return err
	}
	comes := func(m store.Membership) bool { return m.Present }
	leaving := slices.DeleteFunc(slices.Clone(e.calls), comes)
	coming := slices.DeleteFunc(slices.Clone(e.calls), func(m store.Membership) bool { return !comes(m) })
	if len(leaving) == 0 || len(coming) == 0 {
		return e.singly(ctx, e.calls)
	}
	for _, part := range [][]store.Membership{leaving, coming} {
		if len(part) > 1 {
			if err = e.edit(ctx, part); err == nil {
				continue
			}
			if !aboutOne(err) {
				return err
			}
		}
		if err := e.singly(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// singly sends members one by one, as long as there is hope.
func (e *editing) singly(ctx context.Context, members []store.Membership) error {
	for i, m := range members {
		hopeless, err := e.hopeless(ctx, m.Present)
		if err != nil {
			return err
		}
		if hopeless {
			for _, m := range members[i:] {
				e.fates[m.Member] = later
			}
			return nil
		}
		err = e.edit(ctx, members[i:i+1])
		if aboutOne(err) {
			e.fates[m.Member], e.refusal = refused, connectors.FaultOf(err)
			e.refusals[m.Present]++
		} else if err != nil {
			return err
		}
	}
	return nil
}

// hopeless reports that the vendor refuses so many that it must not be asked about each. In a
// group of which it has never accepted anybody the first few who come tell.
func (e *editing) hopeless(ctx context.Context, coming bool) (bool, error) {
	n := e.refusals[coming]
	if coming && n >= mostRefused && e.accepted == 0 && !e.known {
		var err error
		if e.known, err = e.relay.Links.Accepted(ctx, e.begun); err != nil || !e.known {
			return true, err
		}
	}
	return n >= patience+e.accepted, nil
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
	err := e.editMembers(ctx, add, remove)
	if err == nil {
		e.accepted += len(members)
	}
	return err
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

// editMembers makes one call. While somebody else edits the group beside it, the group is read
// again and the call repeated, a few times at once.
func (e *editing) editMembers(ctx context.Context, add, remove []string) error {
	for again := 0; ; again++ {
		err := e.editor.EditMembers(ctx, e.group, add, remove)
		e.taking = err != nil && len(remove) > 0
		if again == rereads || !connectors.Is(err, connectors.EditConflict) {
			e.edits++
			return err
		}
		have, err := e.search(ctx, e.record)
		if err != nil {
			return err
		}
		e.group = have
	}
}
