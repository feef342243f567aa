package relay

import (
	"context"
	"errors"

	"scimrelay/connectors"
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
