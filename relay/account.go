package relay

import (
	"context"
	"fmt"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
)

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
		if err := r.stillActive(ctx); err != nil {
			return err
		}
		now, err := power.Reactivate(ctx, have, r.careful(have))
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
	now, err := r.Connector.Update(ctx, have, r.careful(have))
	r.took(now)
	r.renamed = err == nil && !strings.EqualFold(have.Key, r.record.Key)
	return err
}

// deactivate takes access away in the target's way, unless a person has to agree first.
func (r *run) deactivate(ctx context.Context, power connectors.Deactivator, have connectors.Remote) (connectors.Remote, error) {
	if r.suspect != "" && !r.confirmed() {
		return have, connectors.Faultf(connectors.Confirm,
			"%s, and what is done to the account cannot be undone: it waits until somebody agrees", r.suspect)
	}
	if err := r.permit(ctx); err != nil {
		return have, err
	}
	have.Confirmed = r.confirmed()
	was := have
	have, err := power.Deactivate(ctx, have)
	if r.taking = err != nil; err == nil && was.Active {
		r.unseat()
	}
	if err == nil && r.Capabilities.Deactivate.Spends() {
		r.release(have.ID)
	}
	return have, err
}

// confirmed reports whether a person has agreed to what the link wants now.
func (r *run) confirmed() bool { return r.agreed(r.relay.Now()) }

// release lets go of an account that is of no use any more: who returns gets another one, or
// this one again by its key.
func (r *run) release(id string) {
	r.letGo(id)
	r.record.VendorID = ""
	r.spent, r.linked = true, false
	r.note(fmt.Sprintf("account %s is spent", id))
}

// took notes what the vendor did not take.
func (r *run) took(have connectors.Remote) {
	for _, n := range have.Notes {
		r.note(n)
	}
}
