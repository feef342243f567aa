package relay

import (
	"context"
	"errors"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/store"
)

// reconcile brings one link's account to what is wanted and returns the run with its outcome.
// The error is the gateway's own; what the vendor did is in the run's outcome and fault. A group
// with many members leaves the rest for later once it is enough.
func (s *Session) reconcile(ctx context.Context, c *claims, it item, enough func() bool) (*run, error) {
	ctx, span := s.relay.start(ctx, s.Target, it.Link)
	defer span.End()
	r := &run{claims: c, item: it, link: it.Link, enough: enough}
	r.Session = s.watched(r.deeds.saw, true)
	if err := r.do(ctx); err != nil {
		return r, err
	}
	s.relay.report(ctx, span, s.Target, it, r.outcome, r.fault)
	return r, nil
}

// do closes the gap and settles what became of the link.
func (r *run) do(ctx context.Context) error {
	fault, err := r.close(ctx)
	if err != nil {
		return err
	}
	if fault != nil && fault.Class == connectors.Auth && r.answered {
		denied := *fault // others may have been told the same fault: a login is for all
		denied.Class = connectors.Denied
		// The credentials were good a moment ago: it is about this one person, unless they have been
		// revoked since, as the next tries will show.
		fault, r.turned = &denied, true
	}
	r.conclude(ctx, fault)
	return nil
}

// conclude settles what became of the link. Connector and mapping are asked for that too, and a
// mistake of theirs is this one link's as any other.
func (r *run) conclude(ctx context.Context, fault *connectors.Fault) {
	reached := r.link
	defer func() {
		if p := recover(); p != nil {
			r.link = reached
			r.became(ctx, connectors.Panicked(p))
		}
	}()
	r.became(ctx, fault)
}

func (r *run) became(ctx context.Context, fault *connectors.Fault) {
	r.fault, r.outcome = fault, r.settle(fault)
	r.outcome.Freed, r.outcome.Seat = r.renamed, r.seat
	r.outcome.Touched = r.touched
	r.outcome.Hold = r.hold()
	if fault != nil && fault.Class == connectors.Ambiguous {
		r.outcome.Claims = r.waitsFor
	}
	r.outcome.Awaited, r.outcome.Again, r.outcome.Later, r.outcome.Done = r.awaited, r.refused, r.later, r.done
	if r.cut(ctx) {
		r.uncounted()
	}
}

// uncounted takes it back that the run has failed: what it has done is recorded, and the rest is
// due as it was.
func (r *run) uncounted() {
	k := &r.outcome.Next
	k.Attempts, k.NextAt, k.Failing = r.item.Link.Attempts, r.relay.Now(), time.Time{}
	if r.item.Link.State != "" {
		k.Failing = r.item.Link.Failing
	}
}

// lose takes the account off the link again, because another one holds it. What the vendor has done
// and what was counted of it stays.
func (r *run) lose(holder string) {
	seat, tried := r.outcome.Seat, r.outcome.Next.Tried
	r.link, r.waitsFor, r.linked, r.fault = r.item.Link, holder, false, taken(holder)
	r.outcome = r.settle(r.fault)
	r.outcome.Seat, r.outcome.Next.Tried, r.outcome.Claims = seat, tried, holder
}

// run is one link on its way: link is what will be recorded of it.
type run struct {
	*Session
	*claims
	item
	link      store.Link
	fault     *connectors.Fault
	outcome   store.Outcome
	broken    bool   // the gateway itself has ended it: there is no outcome
	called    bool   // the vendor was asked something
	answered  bool   // and a read of it went well
	waitsFor  string // who has to give the account up first
	linked    bool   // the vendor's account became known
	tried     bool   // a create was sent by this run, and not refused for its key
	verifying bool   // a create of an earlier run may still show up
	ready     bool   // nothing was made: the next run may create, with an intent of its own
	rested    bool   // new settings leave it as it is
	// recovered says that what a lost create made was found under the key it went out with. It is
	// given another one once it is on the link: should the record of that be lost, nobody would find
	// it under either.
	recovered bool
	vanished  bool   // the vendor does not show the account the link holds
	skipped   string // why nothing was sent although something differs
	notes     []string
	renamed   bool     // another may have the key now
	spent     bool     // the account is of no use any more
	touched   []string // members of the group who have to be looked at again
	edited
	deeds deeds // what was done at the vendor, for the audit
	loss
	enough func() bool // nil when it never is
	dry    bool        // a rehearsal

	changing bool       // the account has been read, and is being changed
	taking   bool       // what failed was to take access away
	turned   bool       // credentials were refused that had been good a moment before
	seat     store.Seat // what became of one at the vendor
}

// close closes the gap. It returns the vendor's fault, if any, or the gateway's own error.
func (r *run) close(ctx context.Context) (fault *connectors.Fault, err error) {
	defer func() {
		if p := recover(); p != nil { // a connector's mistake is this one link's
			fault, err = connectors.Panicked(p), nil
		}
	}()
	if r.item.fault != nil {
		return r.item.fault, nil
	}
	if r.rejected() {
		r.reassert()
		return nil, nil
	}
	if r.burst != "" {
		return r.suspected(), nil
	}
	if r.spreads {
		return r.judge(r.spread(ctx))
	}
	if r.unchanged(r.item) {
		r.rested = true
		return nil, nil
	}
	if r.foreign {
		r.skipped = "the product has no groups"
		r.pass()
		return nil, nil
	}
	// Two people with one match key must not search and create past each other.
	if key := r.sought(); r.link.VendorID == "" && key != "" {
		defer r.lock(r.link.Type, strings.ToLower(key))()
	}
	if !r.present {
		return r.judge(r.rereading(ctx, r.leave))
	}
	return r.judge(r.rereading(ctx, r.bring))
}

// bring brings the account to what is wanted, making it if there is none.
func (r *run) bring(ctx context.Context) error {
	have, err := r.find(ctx)
	if err == nil && have == nil {
		have, err = r.make(ctx)
	}
	if err != nil || have == nil {
		return err
	}
	if r.recovered = r.linked && !r.dry && !strings.EqualFold(r.sought(), r.record.Key); r.recovered {
		return nil
	}
	r.changing = true
	return r.match(ctx, *have)
}

// rereads is how often a run begins anew when the account is not any more what it has just read.
const rereads = 3

// rereading repeats an act that begins with a read, at once, while somebody else edits the account
// beside it; it counts for nothing. Who vanished between read and write is read once more too, to
// be known as gone.
func (r *run) rereading(ctx context.Context, act func(context.Context) error) error {
	for again := 0; ; again++ {
		r.changing = false
		err := act(ctx)
		gone := again == 0 && r.changing && connectors.Is(err, connectors.NotFound)
		moved := again < rereads && connectors.Is(err, connectors.EditConflict)
		if !gone && !moved || r.edits > 0 || ctx.Err() != nil {
			return err
		}
		r.notes = nil
	}
}

// judge tells the vendor's faults from the gateway's own errors.
func (r *run) judge(err error) (*connectors.Fault, error) {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		return nil, err
	}
	return connectors.FaultOf(err), nil
}
