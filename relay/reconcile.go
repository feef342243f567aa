package relay

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// reconcile brings one link's account to what is wanted and returns the run with its outcome.
// The error is the gateway's own; what the vendor did is in the run's outcome and fault. A group
// with many members leaves the rest for later once it is enough.
func (s *Session) reconcile(ctx context.Context, c *claims, it item, enough func() bool) (*run, error) {
	ctx, span := s.relay.start(ctx, s.Target, it.Link)
	defer span.End()
	r := &run{Session: s, claims: c, item: it, link: it.Link, enough: enough}
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

// find reads the vendor's account, nil when there is none that may be used. An account found
// by its key is adopted unless another link holds it.
func (r *run) find(ctx context.Context) (*connectors.Remote, error) {
	have, err := r.search(ctx, r.record)
	if connectors.Is(err, connectors.NotFound) && r.link.VendorID != "" {
		// The id leads nowhere: gone by another hand, or not shown yet. Look by key.
		r.vanished = true
		byKey := r.record
		byKey.VendorID = ""
		have, err = r.search(ctx, byKey)
	}
	if connectors.Is(err, connectors.NotFound) && r.link.IntentKey != "" && r.link.IntentKey != r.record.Key && !r.link.Intent.IsZero() {
		// A create that may have happened went out under another key: the person was renamed since.
		byOldKey := r.record
		byOldKey.VendorID, byOldKey.Key = "", r.link.IntentKey
		have, err = r.search(ctx, byOldKey)
	}
	if connectors.Is(err, connectors.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.vanished = false
	return &have, r.adopt(ctx, have)
}

func (r *run) search(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	r.called = true
	have, err := r.Connector.Find(ctx, want)
	have.Type = r.link.Type
	r.answered = r.answered || err == nil || connectors.Is(err, connectors.NotFound)
	return have, err
}

// adopt makes the account the link's, unless another link of the target holds it.
func (r *run) adopt(ctx context.Context, have connectors.Remote) error {
	if have.ID == r.link.VendorID {
		return nil
	}
	holders, err := r.relay.Links.Holders(ctx, r.link.Tenant, r.link.Target, r.link.Type, []string{have.ID})
	if err != nil {
		return err
	}
	if holder, held := holders[have.ID]; held && holder != r.link.Resource {
		r.waitsFor = holder
		return taken(holder)
	}
	return r.own(have)
}

// own puts the account on the link, unless another link of this chunk was faster.
func (r *run) own(have connectors.Remote) error {
	if holder := r.take(r.link.Type, have.ID, r.link.Resource); holder != r.link.Resource {
		r.waitsFor = holder
		return taken(holder)
	}
	if r.link.VendorID != "" {
		r.link.Generation++ // another account in the place of the one it held
	}
	r.link.VendorID, r.record.VendorID, r.linked = have.ID, have.ID, true
	r.link.Since, r.link.SinceMember = 0, "" // nobody is known to be in this group yet
	return nil
}

func taken(holder string) *connectors.Fault {
	return connectors.Faultf(connectors.Ambiguous, "the vendor's account with this key is that of resource %s", holder)
}

// make creates the account, once it is certain that there is none. It returns nil without an
// error when there is nothing to make, or not yet.
func (r *run) make(ctx context.Context) (*connectors.Remote, error) {
	switch {
	case r.uncertain():
		r.verify()
		return nil, nil
	case !r.Target.Sync.Create:
		r.skipped = "creation is switched off"
		return nil, nil
	case !r.record.Active && !r.Capabilities.CreateInactive:
		r.note("no account is made while the person is inactive")
		return nil, nil
	}
	r.tried = true
	made, err := r.Connector.Create(ctx, r.record)
	made.Type = r.link.Type
	if connectors.Is(err, connectors.Exists) {
		return r.discover(ctx, err)
	}
	if err != nil {
		if made.ID != "" { // made, and something after it failed: the next attempt mends it
			err = errors.Join(err, r.own(made))
		}
		return nil, err
	}
	r.took(made)
	return &made, r.own(made)
}

// discover looks for the account a create ran into: lost answers and other hands leave some.
func (r *run) discover(ctx context.Context, refusal error) (*connectors.Remote, error) {
	have, err := r.find(ctx)
	if err == nil && have == nil {
		return nil, refusal
	}
	return have, err
}

// uncertain reports that an account may be there which the search has just not found: made by a
// create of an earlier run whose answer was lost, or known to the link and not shown.
func (r *run) uncertain() bool { return !r.item.Link.Intent.IsZero() || r.vanished }

// verify notes a search that has found nothing. Only two of them permit a create: the second
// once the vendor has had the time to answer what may have been under way at the first, and to
// show what came of it. The create itself belongs to the next run, whose intent is committed
// before it.
func (r *run) verify() {
	now := r.relay.Now()
	if sure := r.link.Intent.Add(r.Settle); r.link.Negatives > 0 && !now.Before(sure) {
		r.link.Intent, r.link.IntentKey, r.link.Negatives = time.Time{}, "", 0
		r.ready = true
		return
	}
	if r.link.Negatives == 0 {
		r.link.Intent = now
	}
	r.link.Negatives++
	r.link.State, r.link.NextAt = StateVerify, r.link.Intent.Add(r.Settle)
	r.verifying = true
}

// match brings an existing account or group to the record.
func (r *run) match(ctx context.Context, have connectors.Remote) error {
	if r.link.Type == scim.TypeGroup {
		return r.matchGroup(ctx, have)
	}
	power, canSwitch := r.Connector.(connectors.Deactivator)
	canSwitch = canSwitch && r.Capabilities.Deactivate != connectors.DeactivateNone
	switch {
	case r.record.Active && !have.Active && canSwitch:
		if !r.Target.Sync.Update {
			r.skipped = "updates are switched off"
			return nil
		}
		now, err := power.Reactivate(ctx, have, r.record)
		r.took(now)
		r.renamed = err == nil && !strings.EqualFold(have.Key, r.record.Key)
		return err
	case !r.record.Active && have.Active && !canSwitch:
		r.skipped = "the product cannot deactivate"
	case !r.record.Active && have.Active && !r.Target.Sync.Delete:
		r.skipped = "deactivation is switched off"
	case !r.record.Active && (have.Active || have.Lingers && canSwitch && r.Target.Sync.Delete):
		var err error
		if have, err = r.deactivate(ctx, power, have); err != nil || r.spent {
			return err
		}
	}
	if !r.Target.Sync.Update {
		return nil
	}
	now, err := r.Connector.Update(ctx, have, r.record)
	r.took(now)
	r.renamed = err == nil && !strings.EqualFold(have.Key, r.record.Key)
	return err
}
