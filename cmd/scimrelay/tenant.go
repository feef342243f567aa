package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"scimrelay/store"
	"scimrelay/tenants"
)

type tenantCommand struct {
	List   tenantListCommand   `cmd:"" help:"List the tenants."`
	Status tenantStatusCommand `cmd:"" help:"Show how far a tenant's targets are, and what waits and why."`
	Check  tenantCheckCommand  `cmd:"" help:"Log in at a tenant's vendors and check everything that can be known before the first person fails, or explain one person's fields."`
	Pause  tenantPauseCommand  `cmd:"" help:"Stop relaying to a tenant's targets; writes are still accepted."`
	Resume tenantResumeCommand `cmd:"" help:"Let a tenant's targets go on."`

	Approve    tenantApproveCommand    `cmd:"" name:"approve-deletes" help:"Agree to deactivations, deletions and removals that are held until somebody does."`
	Reject     tenantRejectCommand     `cmd:"" name:"reject-deletes" help:"Refuse what is held: accounts, groups and memberships stay as they are."`
	Notify     tenantNotifyCommand     `cmd:"" help:"Send a test message now to whom a tenant's targets tell of trouble, and say what became of it."`
	Release    tenantReleaseCommand    `cmd:"" help:"Try a tenant's resting targets now instead of at their next probe."`
	Retry      tenantRetryCommand      `cmd:"" help:"Try one person or group at a target now."`
	Clear      tenantClearCommand      `cmd:"" help:"End the waiting of everything set aside; what is wanted stays."`
	Reevaluate tenantReevaluateCommand `cmd:"" help:"Compare everybody with the vendor again."`
	Disable    tenantDisableCommand    `cmd:"" help:"Switch a target off until it is enabled."`
	Enable     tenantEnableCommand     `cmd:"" help:"Switch a disabled target on again; it is probed first."`
}

type tenantListCommand struct {
	configFlag
	JSON bool `help:"Print JSON." name:"json"`
}

type tenantView struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Targets []string `json:"targets"`
	Auth    []string `json:"auth"`
}

// Run lists the tenants with their SCIM base URLs.
func (c tenantListCommand) Run(con console) error {
	in, err := c.load("")
	if err != nil {
		return err
	}
	views := []tenantView{}
	for _, t := range in.tenants.All() {
		v := tenantView{ID: t.ID, Name: t.Name, URL: scimURL(in.config.Server.PublicURL, t.ID), Targets: []string{}, Auth: t.Auth.Modes()}
		for _, target := range t.Targets {
			v.Targets = append(v.Targets, target.ID)
		}
		views = append(views, v)
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	table := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "TENANT\tNAME\tTARGETS\tSCIM BASE URL")
	for _, v := range views {
		fmt.Fprintf(table, "%s\t%s\t%v\t%s\n", v.ID, v.Name, v.Targets, v.URL)
	}
	return table.Flush()
}

func scimURL(public, tenant string) string { return public + "/t/" + tenant + "/scim/v2" }

// tenantFlags are on the commands about one tenant.
type tenantFlags struct {
	configFlag
	Tenant string `arg:"" help:"The tenant's id."`
}

// open loads the installation, finds the tenant and opens the store.
func (f tenantFlags) open(ctx context.Context, con console) (installation, *tenants.Tenant, *store.Store, error) {
	in, t, err := f.loadFor(con, f.Tenant)
	if err != nil {
		return in, nil, nil, err
	}
	s, err := store.Open(ctx, in.config.Store.URL.Reveal(), store.Options{Quarantine: policyOf(in.config.Quarantine)})
	return in, t, s, err
}

// printModes shows the ways in to the tenant's SCIM URL.
func printModes(con console, t *tenants.Tenant) {
	for _, mode := range t.Auth.Modes() {
		fmt.Fprintf(con.out, "auth %s\n", mode)
	}
}

// pauseFlags are on the commands that stop a tenant's targets and let them go.
type pauseFlags struct {
	tenantFlags
	operatorFlags
}

type tenantPauseCommand struct{ pauseFlags }

// Run pauses the tenant's targets.
func (c tenantPauseCommand) Run(ctx context.Context, con console) error {
	return c.pause(ctx, con, true)
}

type tenantResumeCommand struct{ pauseFlags }

// Run lets the tenant's targets go on.
func (c tenantResumeCommand) Run(ctx context.Context, con console) error {
	return c.pause(ctx, con, false)
}

func (f pauseFlags) pause(ctx context.Context, con console, paused bool) error {
	word := "is resumed"
	if paused {
		word = "is paused"
	}
	return f.each(ctx, con, word, func(s *store.Store, target tenants.Target) error {
		return s.Targets.Pause(ctx, store.Order{Tenant: target.Tenant, Target: target.ID, Actor: f.actor(), Reason: f.Reason}, paused)
	})
}

// each does one thing to every target of the tenant and says so.
func (f tenantFlags) each(ctx context.Context, con console, word string, do func(*store.Store, tenants.Target) error) error {
	_, tenant, s, err := f.open(ctx, con)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, target := range tenant.Targets {
		if err := do(s, target); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(con.out, "target %s %s\n", target.ID, word); err != nil {
			return err
		}
	}
	return nil
}
