package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

type tenantStatusCommand struct {
	tenantFlags
	waitingFlags
	JSON bool `help:"Print JSON." name:"json"`
}

// targetView is one target's state.
type targetView struct {
	Target  string         `json:"target"`
	State   string         `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	Until   *time.Time     `json:"until,omitempty"`
	Links   int            `json:"links"`
	Pending int            `json:"pending"`
	Due     int            `json:"due"`
	States  map[string]int `json:"states,omitempty"`
	Waiting []waitingView  `json:"waiting,omitempty"`
	Health  *healthView    `json:"health,omitempty"`
	Held    heldView       `json:"held"`

	stopped bool // nothing is sent there until somebody lets it go on
	more    int  // links that wait and are not listed
}

// Run shows the tenant's targets.
func (c tenantStatusCommand) Run(ctx context.Context, con console) error {
	in, tenant, s, err := c.open(ctx, con)
	if err != nil {
		return err
	}
	defer s.Close()
	views := make([]targetView, len(tenant.Targets))
	for i, target := range tenant.Targets {
		if views[i], err = c.lookAt(ctx, in, s, target); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	printModes(con, tenant)
	if err := printUndelivered(ctx, con, s, tenant.ID); err != nil {
		return err
	}
	for _, v := range views {
		fmt.Fprintf(con.out, "target %s: %s %s: %d links, %d not as wanted, %d due now\n", v.Target, v.State, v.Reason, v.Links, v.Pending, v.Due)
		v.Health.print(con)
		v.Held.print(con.out, tenant.ID, v.Target)
		v.printWaiting(con.out, s.Now())
	}
	return nil
}

func (c tenantStatusCommand) lookAt(ctx context.Context, in installation, s *store.Store, of tenants.Target) (targetView, error) {
	tenant, target := of.Tenant, of.ID
	v := targetView{Target: target, State: "active"}
	status, err := s.Targets.Status(ctx, tenant, target)
	if err != nil {
		return v, err
	}
	if phase := status.Health.Phase; phase != "" {
		v.State, v.Reason = string(phase), string(status.Health.Reason)
	}
	v.Health = viewHealth(in, s, of, status)
	if status.Paused {
		if v.State != "active" { // the reason is not the pause's
			v.Reason = v.State + ": " + v.Reason
		}
		v.State = "paused"
	}
	if rest := status.RestUntil; rest.After(s.Now()) && !rest.Equal(store.Never()) {
		v.Until = &status.RestUntil
	}
	if v.Held, err = heldAt(ctx, s, of); err != nil {
		return v, err
	}
	counts, err := s.Links.Count(ctx, tenant, target)
	if err != nil {
		return v, err
	}
	if !of.Activate {
		v.State, v.Reason = activation(in, of, counts), "writes queue until activate is true"
	}
	v.stopped = status.Paused || !of.Activate || status.Health.Phase == quarantine.Disabled
	v.Links, v.Pending, v.Due, v.States = counts.Links, counts.Pending, counts.Due, statesOf(counts)
	v.Waiting, v.more, err = c.waiting(ctx, s, of, counts)
	return v, err
}

// activation says how far a target is that is not written to yet, or not any more.
func activation(in installation, target tenants.Target, counts store.Counts) string {
	product, _ := in.products.Product(target.Product)
	settings, faults := product.Settings(target)
	table, hasTable := settings.(connectors.Tabled)
	switch {
	case counts.Linked > 0:
		return "detached"
	case counts.Links == 0:
		return "configured"
	case len(faults) > 0 || hasTable && !table.Mapped():
		return "profiles received"
	}
	return "mapped"
}
