package main

import (
	"context"
	"errors"
	"fmt"
)

type tenantApproveCommand struct {
	tenantFlags
	Target   string `help:"Only what is held at this target." placeholder:"ID"`
	Resource string `help:"Only what is held for this person or group; the SCIM id, as tenant status shows it." placeholder:"ID"`
	Reason   string `help:"Why; it goes into the events." required:"" placeholder:"TEXT"`
}

// Run agrees to what is held until a person does: a burst of what cannot be undone, or the
// deletion of a group that takes people's access with it. It counts for what is wanted now.
func (c tenantApproveCommand) Run(ctx context.Context, con console) error {
	_, tenant, s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, known := tenant.Find(c.Target); c.Target != "" && !known {
		return fmt.Errorf("tenant %s has no target %q", tenant.ID, c.Target)
	}
	approved := 0
	for _, target := range tenant.Targets {
		if c.Target != "" && c.Target != target.ID {
			continue
		}
		n, err := s.Links.Approve(ctx, tenant.ID, target.ID, c.Resource, "cli", c.Reason)
		if err != nil {
			return err
		}
		approved += n
		if _, err := fmt.Fprintf(con.out, "target %s: %d agreed to\n", target.ID, n); err != nil {
			return err
		}
	}
	if approved == 0 {
		return errors.New("nothing is held there")
	}
	return nil
}
