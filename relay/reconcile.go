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

// reconcile brings one link's account to what is wanted and says what became of it, and
// whether the vendor was called at all. The error is the gateway's own; what the vendor did
// is in the outcome and the fault.
func (s *Session) reconcile(ctx context.Context, c *claims, it item) (o store.Outcome, fault *connectors.Fault, called bool, err error) {
	ctx, span := s.relay.start(ctx, s.Target, it.Link)
	defer span.End()
	r := &run{Session: s, claims: c, item: it, link: it.Link}
	if fault, err = r.close(ctx); err != nil {
		return o, nil, r.called, err
	}
	o = r.settle(fault)
	s.relay.report(ctx, span, s.Target, it, o, fault)
	return o, fault, r.called, nil
}

// run is one link on its way: link is what will be recorded of it.
type run struct {
	*Session
	*claims
	item
	link      store.Link
	called    bool   // the vendor was asked something
	linked    bool   // the vendor's account became known
	tried     bool   // a create was sent by this run
	verifying bool   // a create of an earlier run may still show up
	vanished  bool   // the vendor's account is gone and another is to be made
	skipped   string // why nothing was sent although something differs
}

// close closes the gap. It returns the vendor's fault, if any, or the gateway's own error.
func (r *run) close(ctx context.Context) (fault *connectors.Fault, err error) {
	defer func() {
		if p := recover(); p != nil { // a connector's mistake is this one link's
			fault = &connectors.Fault{Class: connectors.Internal, Detail: "internal error", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	if r.fault != nil {
		return r.fault, nil
	}
	// Two people with one match key must not search and create past each other.
	if r.link.VendorID == "" && r.record.Key != "" {
		defer r.lock(strings.ToLower(r.record.Key))()
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
	r.called = true
	have, err := r.Connector.Find(ctx, r.record)
	switch {
	case connectors.Is(err, connectors.NotFound) && r.link.VendorID != "":
		// Gone at the vendor by another hand: look by key, as for somebody new.
		r.link.VendorID, r.record.VendorID = "", ""
		r.link.Generation++
		r.vanished = true
		return r.find(ctx)
	case connectors.Is(err, connectors.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	r.vanished = false
	return &have, r.adopt(ctx, have)
}

// adopt makes the account the link's.
func (r *run) adopt(ctx context.Context, have connectors.Remote) error {
	if have.ID == r.link.VendorID {
		return nil
	}
	holder, err := r.relay.Links.Holder(ctx, r.link.Tenant, r.link.Target, have.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil && holder != r.link.Resource {
		return taken()
	}
	return r.own(have)
}

// own puts the account on the link, unless another link of this chunk was faster. The store's
// unique index is the last judge.
func (r *run) own(have connectors.Remote) error {
	if !r.take(have.ID, r.link.Resource) {
		return taken()
	}
	r.link.VendorID, r.record.VendorID, r.linked = have.ID, have.ID, true
	return nil
}

func taken() error {
	return connectors.Faultf(connectors.Ambiguous, "the vendor's account with this key belongs to another person of the tenant")
}

// make creates the account, once it is certain that none was made before. It returns nil
// without an error when there is nothing to make, or not yet.
func (r *run) make(ctx context.Context) (*connectors.Remote, error) {
	if !r.Target.Sync.Create {
		r.skipped = "creation is switched off"
		return nil, nil
	}
	if !r.record.Active && (r.vanished || r.Capabilities.Deactivate != connectors.DeactivateFlag) {
		r.vanished = false
		return nil, nil // nobody misses it while the person is inactive
	}
	if r.vanished || r.unverified() {
		return nil, nil // the new account's intent is committed first
	}
	r.tried = true
	made, err := r.Connector.Create(ctx, r.record)
	if connectors.Is(err, connectors.Exists) {
		return r.discover(ctx, err)
	}
	if err != nil {
		if made.ID != "" { // made, and something after it failed: the next attempt mends it
			err = errors.Join(err, r.own(made))
		}
		return nil, err
	}
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

// unverified reports that a create of an earlier attempt may still show up, and notes the
// search that has just found nothing. Only two of them, the second once the vendor has had the
// time to answer and to show it, permit another create.
func (r *run) unverified() bool {
	begun := r.item.Link.Intent
	if begun.IsZero() {
		return false // this attempt's own intent
	}
	sure := begun.Add(r.Settle)
	if r.link.Negatives > 0 && !r.relay.Now().Before(sure) {
		r.link.Negatives = 0
		return false
	}
	r.link.Negatives++
	r.link.State, r.link.NextAt = StateVerify, later(sure, r.relay.Now())
	r.verifying = true
	return true
}

// match brings an existing account to the record.
func (r *run) match(ctx context.Context, have connectors.Remote) error {
	power, canFlag := r.Connector.(connectors.Deactivator)
	var err error
	switch {
	case r.record.Active && !have.Active && canFlag:
		if !r.Target.Sync.Update {
			r.skipped = "updates are switched off"
			return nil
		}
		have, err = power.Reactivate(ctx, have, r.record)
		if err == nil && have.ID != r.link.VendorID {
			r.link.Generation++
			err = r.adopt(ctx, have)
		}
		return err
	case !r.record.Active && have.Active && canFlag:
		if have, err = r.deactivate(ctx, power, have); err != nil {
			return err
		}
	}
	if !r.Target.Sync.Update {
		return nil
	}
	_, err = r.Connector.Update(ctx, have, r.record)
	return err
}

func (r *run) deactivate(ctx context.Context, power connectors.Deactivator, have connectors.Remote) (connectors.Remote, error) {
	if !r.Target.Sync.Delete {
		r.skipped = "deactivation is switched off"
		return have, nil
	}
	return power.Deactivate(ctx, have)
}

// leave takes away what the person has at the vendor: deleted, or out of the target's scope.
// It goes by the id on the link, never by a fresh match, except when a create may have
// happened whose answer was lost.
func (r *run) leave(ctx context.Context) (*connectors.Fault, error) {
	if r.link.VendorID == "" && r.link.Intent.IsZero() {
		r.skipped = r.absence()
		return nil, nil
	}
	if !r.Target.Sync.Delete {
		r.skipped = "deletion is switched off"
		return nil, nil
	}
	r.called = true
	have, err := r.Connector.Find(ctx, r.record)
	if connectors.Is(err, connectors.NotFound) {
		if r.link.VendorID == "" {
			r.unverified()
		}
		return nil, nil
	}
	if err == nil && r.link.VendorID == "" {
		err = r.adopt(ctx, have)
	}
	if err != nil {
		return r.judge(err)
	}
	return r.judge(r.end(ctx, have))
}

// absence says why a living person has no account here.
func (r *run) absence() string {
	if r.Deleted {
		return ""
	}
	return "outside the target's scope"
}

// end does what the target says about people who are gone.
func (r *run) end(ctx context.Context, have connectors.Remote) error {
	power, canFlag := r.Connector.(connectors.Deactivator)
	if r.Capabilities.Delete && (r.Target.OnDelete == "delete" || !canFlag) {
		return r.Connector.Delete(ctx, have)
	}
	if !canFlag || !have.Active {
		return nil
	}
	_, err := power.Deactivate(ctx, have)
	return err
}
