package relay

import (
	"context"

	"scimrelay/connectors"
)

// OnlyWhile returns a context with which vendors are called only while holds returns nil.
func OnlyWhile(ctx context.Context, holds func() error) context.Context {
	return connectors.OnlyWhile(ctx, holds)
}
