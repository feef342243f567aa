package main

import (
	"context"

	"scimrelay/store"
)

type tenantDisableCommand struct{ orderFlags }

// Run switches a target off: its vendor is not called until somebody enables it.
func (c tenantDisableCommand) Run(ctx context.Context, con console) error {
	if c.Target == "" {
		return usageError("--target: say which target")
	}
	return c.carry(ctx, con, "it is disabled already", func(s *store.Store, o store.Order) (orderView, error) {
		changed, err := s.Targets.Disable(ctx, o)
		return either(changed, "is disabled", "is disabled already"), err
	})
}

type tenantEnableCommand struct{ orderFlags }

// Run switches a disabled target on again: it is probed before anything is sent.
func (c tenantEnableCommand) Run(ctx context.Context, con console) error {
	if c.Target == "" {
		return usageError("--target: say which target")
	}
	return c.carry(ctx, con, "it is not disabled", func(s *store.Store, o store.Order) (orderView, error) {
		changed, err := s.Targets.Enable(ctx, o)
		return either(changed, "is probed next", "is not disabled"), err
	})
}
