package relay

import (
	"context"
	"errors"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// OnlyWhile returns a context with which vendors are called only while holds returns nil.
func OnlyWhile(ctx context.Context, holds func() error) context.Context {
	return connectors.OnlyWhile(ctx, holds)
}

// cut reports whether the run was ended by us and not by the vendor: the turn is over, or its
// lease may be another's by now. Then it counts for nothing, and says nothing of the vendor.
func (r *run) cut(ctx context.Context) bool { return cut(ctx, r.fault) }

func cut(ctx context.Context, fault *connectors.Fault) bool {
	return fault != nil && (ctx.Err() != nil || errors.Is(fault, connectors.ErrNoPermit))
}

// stillActive is asked right before a call that gives access. A chunk is read some time before its last
// call: who has lost access meanwhile is not given it by a call that begins after that was accepted
// (P8). The run ends as if it had not been tried, and the next chunk has what is wanted now.
func (r *run) stillActive(ctx context.Context) error {
	if r.dry || !r.record.Active || r.link.Type != scim.TypeUser {
		return nil
	}
	wanted, err := r.relay.Links.Wanted(ctx, r.link.Tenant, r.link.Target, r.link.Resource)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || wanted != r.link.Wanted {
		return &connectors.Fault{Class: connectors.Transient, Detail: "the directory has changed meanwhile", Err: connectors.ErrNoPermit}
	}
	return nil
}
