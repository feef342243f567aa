package relay

import (
	"context"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// leave takes away what the person has at the vendor: deleted, or out of the target's scope.
// It goes by the id on the link, never by a fresh match, except when a create may have
// happened. Of one whose answer was lost it is known that it was sent. Where a process died it is
// not, and what is found counts as the link's own only at a target that would have adopted it.
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
	if r.begun() && r.Target.Adopt == tenants.AdoptNever && r.takes(*have) && !r.confirmed() {
		return r.doubted()
	}
	return r.end(ctx, *have)
}

// doubted leaves alone what is found under the key of somebody for whom perhaps no create was sent,
// at a target that adopts nothing: a person has to agree. Until then it is not the link's either,
// or the next run would take it away for being so.
func (r *run) doubted() error {
	k := r.item.Link
	r.link.VendorID, r.link.VendorKey, r.link.Adopted = "", k.VendorKey, k.Adopted
	r.record.VendorID, r.linked = "", false
	return connectors.Faultf(connectors.Confirm,
		"nobody knows whether the gateway made what has this key at the vendor, and the target adopts nothing: it waits until somebody agrees")
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
	if r.deletes(canFlag) {
		return r.delete(ctx, have)
	}
	if !r.switches(have, canFlag) {
		return nil
	}
	_, err := r.deactivate(ctx, power, have)
	return err
}

// takes reports whether the end takes anything away.
func (r *run) takes(have connectors.Remote) bool {
	if r.link.Type == scim.TypeGroup {
		return r.deletesGroups()
	}
	_, canFlag := r.Connector.(connectors.Deactivator)
	return r.deletes(canFlag) || r.switches(have, canFlag)
}

// deletes reports whether the account of who leaves is removed for good.
func (r *run) deletes(canFlag bool) bool {
	return r.Deleted && r.Capabilities.Delete && (r.Target.OnDelete == "delete" || !canFlag)
}

// switches reports whether the account has access that can be switched off.
func (r *run) switches(have connectors.Remote, canFlag bool) bool {
	return canFlag && (have.Active || have.Lingers) && r.Capabilities.Deactivate != connectors.DeactivateNone
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
