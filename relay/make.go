package relay

import (
	"context"
	"errors"
	"time"

	"scimrelay/connectors"
)

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
	if full := r.seatless(); full != nil {
		return nil, full
	}
	if err := r.stillActive(ctx); err != nil {
		return nil, err
	}
	r.tried = true
	made, err := r.Connector.Create(ctx, r.record)
	made.Type = r.link.Type
	r.seated(err)
	if connectors.Is(err, connectors.Exists) {
		r.tried = false // whatever becomes of the search: nothing was made
		return r.discover(ctx, err)
	}
	if err != nil {
		if made.ID != "" { // made, and something after it failed: the next attempt mends it
			err = errors.Join(err, r.own(made, r.record.Key))
		}
		return nil, err
	}
	r.took(made)
	return &made, r.own(made, r.record.Key)
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
