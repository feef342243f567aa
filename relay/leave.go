package relay

import (
	"context"

	"scimrelay/connectors"
	"scimrelay/scim"
)

// leave takes away what the person has at the vendor: deleted, or out of the target's scope.
// It goes by the id on the link, never by a fresh match, except when a create may have
// happened whose answer was lost.
func (r *run) leave(ctx context.Context) error {
	if r.link.VendorID == "" && r.link.Intent.IsZero() {
		r.skipped = r.absence()
		return nil
	}
	if r.Deleted && r.link.Wanted == r.link.Applied {
		return nil // done, and kept for the groups only
	}
	if !r.Target.Sync.Delete {
		r.skipped = "deletion is switched off"
		return nil
	}
	have, err := r.leaving(ctx)
	if err == nil && have == nil {
		r.verify()
		return nil
	}
	if err != nil {
		return err
	}
	r.changing = true
	return r.end(ctx, *have)
}

// leaving reads the account to take away, nil when the vendor shows none.
func (r *run) leaving(ctx context.Context) (*connectors.Remote, error) {
	if r.link.VendorID == "" {
		return r.find(ctx)
	}
	have, err := r.search(ctx, r.record)
	if connectors.Is(err, connectors.NotFound) {
		r.vanished = true
		return nil, nil
	}
	return &have, err
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
	if r.link.Type == scim.TypeGroup {
		return r.endGroup(ctx, have)
	}
	power, canFlag := r.Connector.(connectors.Deactivator)
	if r.Deleted && r.Capabilities.Delete && (r.Target.OnDelete == "delete" || !canFlag) {
		return r.delete(ctx, have)
	}
	if !canFlag || !have.Active && !have.Lingers || r.Capabilities.Deactivate == connectors.DeactivateNone {
		return nil
	}
	_, err := r.deactivate(ctx, power, have)
	return err
}

// delete removes the account or group for good, unless a person has to agree first.
func (r *run) delete(ctx context.Context, have connectors.Remote) error {
	if err := r.permit(ctx); err != nil {
		return err
	}
	have.Confirmed = r.confirmed()
	err := r.Connector.Delete(ctx, have)
	r.taking = err != nil
	if err == nil && have.Type != scim.TypeGroup {
		r.unseat()
	}
	return err
}
