package main

import (
	"context"

	"scimrelay/store"
)

type tenantRejectCommand struct {
	heldFlags
}

// Run refuses what is held: accounts, groups and memberships stay as the vendor has them until the
// identity provider says something else about them.
func (c tenantRejectCommand) Run(ctx context.Context, con console) error {
	return c.decide(ctx, con, "refused", (*store.Links).Reject)
}
