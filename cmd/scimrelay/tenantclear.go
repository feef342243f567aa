package main

import (
	"context"
	"fmt"

	"scimrelay/store"
)

type tenantClearCommand struct{ orderFlags }

// Run ends the waiting of everything that was set aside; what is wanted stays.
func (c tenantClearCommand) Run(ctx context.Context, con console) error {
	return c.carry(ctx, con, "nothing is set aside there", func(s *store.Store, o store.Order) (orderView, error) {
		n, err := s.Links.Clear(ctx, o)
		return orderView{Changed: n > 0, Links: &n, said: fmt.Sprintf("tries %d again", n)}, err
	})
}
