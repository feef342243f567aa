package main

import (
	"context"

	"scimrelay/store"
)

type tenantReevaluateCommand struct{ orderFlags }

// Run has all links of the tenant's targets compared with the vendor again.
func (c tenantReevaluateCommand) Run(ctx context.Context, con console) error {
	return c.carry(ctx, con, "there is no target", func(s *store.Store, o store.Order) (orderView, error) {
		return either(true, "looks at everybody again", ""), s.Targets.Reevaluate(ctx, o)
	})
}
