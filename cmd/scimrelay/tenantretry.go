package main

import (
	"context"

	"scimrelay/store"
)

type tenantRetryCommand struct {
	orderFlags
	Resource string `help:"The person or group; the SCIM id, as tenant status shows it." required:"" placeholder:"ID"`
}

// Run makes one person's or group's links due now. A target that rests is not called for it.
func (c tenantRetryCommand) Run(ctx context.Context, con console) error {
	return c.carry(ctx, con, "nothing waits there that may be tried", func(s *store.Store, o store.Order) (orderView, error) {
		found, err := s.Links.Retry(ctx, o, c.Resource)
		return either(found, "tries it next", "has nothing of it that waits"), err
	})
}
