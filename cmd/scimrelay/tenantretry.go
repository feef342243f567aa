package main

import (
	"context"

	"scimrelay/quarantine"
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
		if err != nil {
			return orderView{}, err
		}
		said, err := c.when(ctx, s, o)
		return either(found, said, "has nothing of it that waits"), err
	})
}

// when says when the target gets to what is due.
func (c tenantRetryCommand) when(ctx context.Context, s *store.Store, o store.Order) (string, error) {
	status, err := s.Targets.Status(ctx, o.Tenant, o.Target)
	switch {
	case status.Paused:
		return "is paused: it tries it once it is resumed", err
	case status.Health.Phase == quarantine.Disabled:
		return "is disabled: it tries it once it is enabled", err
	case status.RestUntil.After(s.Now()):
		return "rests: it tries it once it works again", err
	}
	return "tries it next", err
}
