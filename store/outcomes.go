package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"scimrelay/quarantine"
	"scimrelay/scim"
)

// Outcome is what became of one link in a turn.
type Outcome struct {
	// Next is the link as it should be; Next.Wanted is the version that was worked on. A newer
	// want that arrived meanwhile keeps the link due.
	Next Link
	// Linked says that the vendor's account is known now: whoever waited for it wakes.
	Linked bool
	// Freed says that the vendor's account has another key now: whoever waited for the old one wakes.
	Freed bool
	// Gone says that the resource is deleted and the vendor has heard: the link goes too.
	Gone bool
	// Kind names the event to record, none when it is empty and nothing was done.
	Kind string
	// Did says what was done at the vendor, and ActedOn to which account, for the event.
	Did, ActedOn string
	// Awaited are members that a group's link has passed and that have no account yet; Again are
	// those the vendor refused; Later are those it refused together and was not asked about one by
	// one, who come before these; Done need no longer be remembered.
	Awaited, Again, Later, Done []string
	// Hold says that the link, or members it is to let go, wait for a person. Nil when none does.
	Hold *Hold
	// Claims is whose account the link's resource would take, if that one is only held from losing it.
	Claims string
	// Touched are members of a group whose links have to be looked at again: what the group gives
	// them has changed.
	Touched []string
	// Seat is what became of a seat at the vendor.
	Seat Seat
}

// Intent is a creation that may reach the vendor.
type Intent struct {
	Resource string
	Version  int64  // what is wanted
	Key      string // the match key it goes out with
}

// Begin commits, before any of the creations may reach the vendor, that they might: a crash
// from here on is followed by a search, never by a second create.
func (l *Links) Begin(ctx context.Context, lease Lease, intents []Intent) error {
	slices.SortFunc(intents, func(a, b Intent) int { return strings.Compare(a.Resource, b.Resource) })
	return l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.hold(ctx, lease); err != nil {
			return err
		}
		args := make([]any, 0, 6*len(intents))
		for _, i := range intents {
			t.note(event{tenant: lease.Tenant, kind: "link.intent", resource: i.Resource, target: lease.Target})
			args = append(args, lease.Tenant, i.Resource, lease.Target, i.Version, t.now, i.Key)
		}
		return t.insert(ctx, begunLinks(), args, nil)
	})
}

// Stir commits, before anything about them is sent, that links which were only to be looked at
// again are changed.
func (l *Links) Stir(ctx context.Context, lease Lease, resources []string) error {
	slices.Sort(resources)
	return l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) error {
		if err := t.hold(ctx, lease); err != nil {
			return err
		}
		return in([]any{lease.Tenant, lease.Target}, resources, func(list string, args []any) error {
			return t.exec(ctx, `UPDATE links SET recheck = FALSE WHERE tenant = $1 AND target = $2 AND resource IN `+list, args...)
		})
	})
}

// Record commits a chunk's outcomes and the target's health in one transaction, if the lease
// is still the caller's; else it writes nothing and returns ErrFenced. Health that somebody else
// has changed since the lease's owner saw it stays, and Record returns ErrOverruled.
func (l *Links) Record(ctx context.Context, lease Lease, outcomes []Outcome, health quarantine.State) error {
	slices.SortFunc(outcomes, func(a, b Outcome) int { return strings.Compare(a.Next.Resource, b.Next.Resource) })
	var r reported
	err := l.db.commit.do(ctx, lockMany(), func(ctx context.Context, t *tx) (err error) {
		if r, err = t.report(ctx, lease, health, len(outcomes) > 0); err != nil {
			return err
		}
		return t.outcomes(ctx, lease, outcomes)
	})
	switch {
	case errors.Is(err, ErrFenced):
		return errors.Join(err, l.late(ctx, lease, outcomes))
	case err != nil:
		return err
	case !r.written:
		return ErrOverruled
	case lease.seen != nil:
		lease.seen.move(r.version, r.health)
	}
	return nil
}

func (t *tx) outcomes(ctx context.Context, lease Lease, outcomes []Outcome) error {
	if err := t.stage(ctx, lease, outcomes); err != nil {
		return err
	}
	var kept []any
	var linked, freed, gone, done, without, touched []string
	var groups []Link
	for _, o := range outcomes {
		k := o.Next
		if o.Kind != "" || o.Did != "" {
			t.note(o.event(lease, cmp.Or(o.Kind, "link.acted")))
		}
		touched = append(touched, o.Touched...)
		if o.Freed {
			freed = append(freed, k.Resource)
		}
		if o.Linked {
			linked = append(linked, k.Resource)
		}
		if o.Gone {
			if gone = append(gone, k.Resource); k.Rejected < k.Wanted {
				done = append(done, k.Resource)
			}
			continue
		}
		if k.Type == scim.TypeGroup {
			groups = append(groups, k)
		}
		if k.Applied == k.Wanted && k.VendorID == "" {
			without = append(without, k.Resource)
		}
		kept = append(kept, lease.Tenant, k.Resource, lease.Target, k.Type, k.Generation, k.Wanted, k.Applied, int(k.Urgency),
			k.VendorID, k.State, k.Fault, k.Detail, k.Attempts, toMillis(k.NextAt), k.WaitsFor, toMillis(k.Intent),
			k.IntentKey, k.Negatives, k.Trace, t.now, k.Since, k.SinceMember,
			k.Digest, k.Approved, k.Spreads, k.Touches, int64(k.Tried), k.Down, k.Staged, toMillis(k.Failing),
			k.Adopted, k.VendorKey, k.FormerID)
	}
	forgotten, err := t.remember(ctx, lease, outcomes)
	if err != nil {
		return err
	}
	leavers, resting, err := t.passed(ctx, lease, groups, forgotten)
	if err != nil {
		return err
	}
	// The account of a person who is gone may be found by their successor in this very chunk.
	if err := t.remove(ctx, lease, gone); err != nil {
		return err
	}
	if err := t.insert(ctx, changedLinks(), kept, nil); err != nil {
		return err
	}
	if err := t.free(ctx, lease, leavers, resting); err != nil {
		return err
	}
	if err := t.rouse(ctx, lease, linked, append(without, gone...)); err != nil {
		return err
	}
	if err := t.touch(ctx, lease.Tenant, lease.Target, touched); err != nil {
		return err
	}
	if err := t.unstage(ctx, lease, done); err != nil {
		return err
	}
	if err := t.wake(ctx, lease, slices.Concat(linked, freed, gone)); err != nil {
		return err
	}
	if err := t.yield(ctx, lease, outcomes); err != nil {
		return err
	}
	return t.seats(ctx, lease, outcomes)
}

// touch makes the people's links at the target due again, without a change of the person: what
// their groups give them is another. Who has no account gets it with the account.
func (t *tx) touch(ctx context.Context, tenant, target string, people []string) error {
	return in([]any{t.now, tenant, target}, people, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = '', waits_for = '', attempts = 0, changed = $1,
			recheck = CASE WHEN applied = wanted THEN TRUE ELSE recheck END,
			urgency = CASE WHEN applied = wanted THEN `+updateLiteral+` ELSE urgency END,
			applied = CASE WHEN applied = wanted THEN wanted - 1 ELSE applied END, touches = touches + 1
			WHERE tenant = $2 AND target = $3 AND type = 'User' AND (vendor_id <> '' OR wanted <> applied) AND NOT kept AND resource IN `+list, args...)
	})
}

const (
	// touched is that what the person's groups give has changed since the turn read it.
	touched = `links.touches > excluded.touches`
	// renamed is that a group whose members are told may mean something else since the turn read it.
	renamed = `(excluded.spreads AND links.wanted > excluded.wanted)`
)

// upsertLinks updates many links with one statement. The rows exist: beside the turn that holds the
// target, a link is removed by Withdraw, where no turn is, and by whoever lets go what was kept for
// groups (see release). A want newer than the one worked on keeps its time and its urgency.
const upsertLinks = ` ON CONFLICT (tenant, resource, target) DO UPDATE SET
	generation = excluded.generation, vendor_id = excluded.vendor_id,
	fault = excluded.fault, detail = excluded.detail, intent = excluded.intent,
	intent_key = excluded.intent_key, negatives = excluded.negatives,
	applied = CASE WHEN ` + touched + ` AND excluded.applied = excluded.wanted THEN excluded.applied - 1 ELSE excluded.applied END,
	since        = CASE WHEN ` + renamed + ` THEN links.since ELSE excluded.since END,
	since_member = CASE WHEN ` + renamed + ` THEN links.since_member ELSE excluded.since_member END,
	digest = excluded.digest, spreads = excluded.spreads, recheck = FALSE, tried = excluded.tried, down = excluded.down,
	staged    = CASE WHEN links.wanted > excluded.wanted OR ` + touched + ` THEN links.staged ELSE excluded.staged END,
	state     = CASE WHEN links.wanted > excluded.wanted THEN '' ELSE excluded.state END,
	waits_for = CASE WHEN links.wanted > excluded.wanted THEN '' ELSE excluded.waits_for END,
	attempts  = CASE WHEN links.wanted > excluded.wanted THEN 0 ELSE excluded.attempts END,
	failing   = CASE WHEN links.wanted > excluded.wanted THEN 0 ELSE excluded.failing END,
	next_at   = CASE WHEN links.wanted > excluded.wanted OR ` + touched + ` THEN excluded.changed ELSE excluded.next_at END,
	urgency   = CASE WHEN links.urgency = ` + createLiteral + ` AND excluded.vendor_id <> '' THEN ` + updateLiteral + ` ELSE links.urgency END,
	adopted = excluded.adopted, vendor_key = excluded.vendor_key, former_id = excluded.former_id, changed = excluded.changed`

// remove drops the links of those who are gone. One that a group's link still needs, to say whom
// the vendor's group must let go, stays for it, in sync.
func (t *tx) remove(ctx context.Context, lease Lease, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	err := in([]any{lease.Tenant, lease.Target}, gone, func(list string, args []any) error {
		return t.exec(ctx, `DELETE FROM links WHERE tenant = $1 AND target = $2 AND resource IN `+list+` AND NOT `+needed, args...)
	})
	if err != nil {
		return err
	}
	err = in([]any{lease.Tenant, lease.Target, t.now, "kept until the groups have let go"}, gone, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET kept = TRUE, applied = wanted, state = '', fault = '', detail = $4, attempts = 0, waits_for = '', staged = 0,
			intent = 0, intent_key = '', negatives = 0, changed = $3 WHERE tenant = $1 AND target = $2 AND resource IN `+list, args...)
	})
	if err != nil {
		return err
	}
	return t.forget(ctx, lease.Tenant, gone)
}

// wake makes those due that waited for the resources: for a manager's account, or for somebody
// to give one up.
func (t *tx) wake(ctx context.Context, lease Lease, linked []string) error {
	return in([]any{t.now, lease.Tenant, lease.Target}, linked, func(list string, args []any) error {
		return t.exec(ctx, `UPDATE links SET next_at = $1, state = '', waits_for = '' WHERE tenant = $2 AND target = $3
			AND waits_for <> '' AND waits_for <> resource AND waits_for IN `+list, args...)
	})
}
