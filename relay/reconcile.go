package relay

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

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
		fault.Class = connectors.Denied // the credentials were good a moment ago: it is about this one person
	}
	r.fault, r.outcome = fault, r.settle(fault)
	r.outcome.Freed = r.renamed
	r.outcome.Touched = r.touched
	r.outcome.Hold = r.hold()
	if fault != nil && fault.Class == connectors.Ambiguous {
		r.outcome.Claims = r.waitsFor
	}
	r.outcome.Awaited, r.outcome.Again, r.outcome.Later, r.outcome.Done = r.awaited, r.refused, r.later, r.done
	if fault != nil && ctx.Err() != nil { // our own end counts for nothing
		r.outcome.Next.Attempts, r.outcome.Next.NextAt = r.item.Link.Attempts, r.relay.Now()
	}
	return nil
}

// run is one link on its way: link is what will be recorded of it.
type run struct {
	*Session
	*claims
	item
	link      store.Link
	fault     *connectors.Fault
	outcome   store.Outcome
	called    bool   // the vendor was asked something
	answered  bool   // and a read of it went well
	waitsFor  string // who has to give the account up first
	linked    bool   // the vendor's account became known
	tried     bool   // a create was sent by this run
	verifying bool   // a create of an earlier run may still show up
	ready     bool   // nothing was made: the next run may create, with an intent of its own
	rested    bool   // new settings leave it as it is
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
}

// close closes the gap. It returns the vendor's fault, if any, or the gateway's own error.
func (r *run) close(ctx context.Context) (fault *connectors.Fault, err error) {
	defer func() {
		if p := recover(); p != nil { // a connector's mistake is this one link's
			fault = &connectors.Fault{Class: connectors.Internal, Detail: "internal error", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
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
	if r.link.VendorID == "" && r.record.Key != "" {
		defer r.lock(r.link.Type, strings.ToLower(r.record.Key))()
	}
	if !r.present {
		return r.leave(ctx)
	}
	have, err := r.find(ctx)
	if err == nil && have == nil {
		have, err = r.make(ctx)
	}
	if err != nil || have == nil {
		return r.judge(err)
	}
	return r.judge(r.match(ctx, *have))
}

// judge tells the vendor's faults from the gateway's own errors.
func (r *run) judge(err error) (*connectors.Fault, error) {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		return nil, err
	}
	return connectors.FaultOf(err), nil
}
