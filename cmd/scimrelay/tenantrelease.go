package main

import (
	"context"

	"scimrelay/store"
)

type tenantReleaseCommand struct{ orderFlags }

// Run ends the rest of the tenant's targets: they are probed next. One that is disabled has to be
// enabled.
func (c tenantReleaseCommand) Run(ctx context.Context, con console) error {
	return c.carry(ctx, con, "no target rests", func(s *store.Store, o store.Order) (orderView, error) {
		changed, err := s.Targets.TryNow(ctx, o)
		return either(changed, "is tried next", "does not rest"), err
	})
}
