package main

import (
	"context"

	"scimrelay/store"
)

type tenantApproveCommand struct {
	heldFlags
}

// Run agrees to what is held until a person does: a burst of deletions and deactivations, of
// removals from a group, or what cannot be undone. It counts for what is wanted now and was shown,
// and for a day.
func (c tenantApproveCommand) Run(ctx context.Context, con console) error {
	return c.decide(ctx, con, "agreed to", (*store.Links).Approve)
}
