package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/store"
	"scimrelay/tenants"
)

type tenantCommand struct {
	List   tenantListCommand   `cmd:"" help:"List the tenants."`
	Status tenantStatusCommand `cmd:"" help:"Show how far a tenant's targets are, and what waits and why."`
	Check  tenantCheckCommand  `cmd:"" help:"Log in at a tenant's vendors and check everything that can be known before the first person fails."`
	Pause  tenantPauseCommand  `cmd:"" help:"Stop relaying to a tenant's targets; writes are still accepted."`
	Resume tenantResumeCommand `cmd:"" help:"Let a tenant's targets go on."`

	Approve tenantApproveCommand `cmd:"" name:"approve-deletes" help:"Agree to deactivations and deletions that are held until somebody does."`
	Release tenantReleaseCommand `cmd:"" help:"Try a tenant's resting targets now instead of at their next probe."`
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
func (f tenantFlags) open(ctx context.Context) (installation, *tenants.Tenant, *store.Store, error) {
	in, err := f.load("")
	if err != nil {
		return in, nil, nil, err
	}
	t, ok := in.tenants.Tenant(f.Tenant)
	if !ok {
		return in, nil, nil, fmt.Errorf("there is no tenant %q in %s", f.Tenant, in.config.Tenants.Dir)
	}
	s, err := store.Open(ctx, in.config.Store.URL.Reveal(), store.Options{})
	return in, t, s, err
}

type tenantStatusCommand struct {
	tenantFlags
	JSON bool `help:"Print JSON." name:"json"`
}

// waitingShown is how many waiting links a status lists.
const waitingShown = 20

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
}

// waitingView is one link that is not at its wanted version.
type waitingView struct {
	Resource string     `json:"resource"`
	Wanted   int64      `json:"wanted"`
	Applied  int64      `json:"applied"`
	State    string     `json:"state"`
	Fault    string     `json:"fault,omitempty"`
	Detail   string     `json:"detail,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
}

// Run shows the tenant's targets.
func (c tenantStatusCommand) Run(ctx context.Context, con console) error {
	in, tenant, s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	views := make([]targetView, len(tenant.Targets))
	for i, target := range tenant.Targets {
		if views[i], err = lookAt(ctx, in, s, target); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(con.out).Encode(views)
	}
	printModes(con, tenant)
	for _, v := range views {
		fmt.Fprintf(con.out, "target %s: %s %s: %d links, %d not as wanted, %d due now\n", v.Target, v.State, v.Reason, v.Links, v.Pending, v.Due)
		for _, w := range v.Waiting {
			fmt.Fprintf(con.out, "  %s at version %d of %d: %s %s %s\n", w.Resource, w.Applied, w.Wanted, w.State, w.Fault, w.Detail)
		}
	}
	return nil
}

// printModes shows the ways in to the tenant's SCIM URL.
func printModes(con console, t *tenants.Tenant) {
	for _, mode := range t.Auth.Modes() {
		fmt.Fprintf(con.out, "auth %s\n", mode)
	}
}

func lookAt(ctx context.Context, in installation, s *store.Store, of tenants.Target) (targetView, error) {
	tenant, target := of.Tenant, of.ID
	v := targetView{Target: target, State: "active"}
	status, err := s.Targets.Status(ctx, tenant, target)
	if err != nil {
		return v, err
	}
	if phase := status.Health.Phase; phase != "" {
		v.State, v.Reason = string(phase), string(status.Health.Reason)
	}
	if status.Paused {
		v.State = "paused"
	}
	if status.RestUntil.After(s.Now()) {
		v.Until = &status.RestUntil
	}
	counts, err := s.Links.Count(ctx, tenant, target)
	if err != nil {
		return v, err
	}
	if !of.Activate {
		v.State, v.Reason = activation(in, of, counts), "writes queue until activate is true"
	}
	v.Links, v.Pending, v.Due, v.States = counts.Links, counts.Pending, counts.Due, counts.States
	waiting, err := s.Links.Waiting(ctx, tenant, target, waitingShown)
	for _, k := range waiting {
		w := waitingView{Resource: k.Resource, Wanted: k.Wanted, Applied: k.Applied, State: k.State, Fault: k.Fault, Detail: k.Detail}
		if w.State == "" {
			w.State = "due"
		}
		if !k.NextAt.Equal(store.Never()) {
			w.Next = &k.NextAt
		}
		v.Waiting = append(v.Waiting, w)
	}
	return v, err
}

type tenantCheckCommand struct {
	tenantFlags
}

// Run asks every target's connector what it can know.
func (c tenantCheckCommand) Run(ctx context.Context, con console) error {
	in, err := c.load("")
	if err != nil {
		return err
	}
	tenant, ok := in.tenants.Tenant(c.Tenant)
	if !ok {
		return fmt.Errorf("there is no tenant %q in %s", c.Tenant, in.config.Tenants.Dir)
	}
	printModes(con, tenant)
	fine := true
	for _, target := range tenant.Targets {
		ok, err := checkTarget(ctx, con, in, target)
		if err != nil {
			return err
		}
		fine = fine && ok
	}
	if !fine {
		return errors.New("the check found something to fix")
	}
	return nil
}

func checkTarget(ctx context.Context, con console, in installation, target tenants.Target) (bool, error) {
	product, _ := in.products.Product(target.Product) // load has checked that it is there
	settings, faults := product.Settings(target)
	if len(faults) > 0 {
		return false, configs.Faults(faults)
	}
	connector, err := settings.Open(connectors.Env{Tenant: target.Tenant, Target: target.ID, Rate: product.Capabilities.Rate, Now: time.Now, Timeout: target.Timeout})
	if err != nil {
		return false, err
	}
	checker, ok := connector.(connectors.Checker)
	if !ok {
		_, err := fmt.Fprintf(con.out, "%s: %s has nothing to check\n", target.ID, product.Title)
		return true, err
	}
	report, err := checker.Check(ctx)
	if err != nil {
		fault := connectors.FaultOf(err)
		_, err := fmt.Fprintf(con.out, "%s: FAIL %s: %s\n", target.ID, fault.Class, fault.Detail)
		return false, err
	}
	for _, f := range report.Findings {
		word := "ok  "
		if !f.OK {
			word = "FAIL"
		}
		if _, err := fmt.Fprintf(con.out, "%s: %s %s: %s\n", target.ID, word, f.Name, f.Detail); err != nil {
			return false, err
		}
	}
	return report.OK(), nil
}

type tenantPauseCommand struct{ tenantFlags }

// Run pauses the tenant's targets.
func (c tenantPauseCommand) Run(ctx context.Context, con console) error {
	return c.pause(ctx, con, true)
}

type tenantResumeCommand struct{ tenantFlags }

// Run lets the tenant's targets go on.
func (c tenantResumeCommand) Run(ctx context.Context, con console) error {
	return c.pause(ctx, con, false)
}

func (f tenantFlags) pause(ctx context.Context, con console, paused bool) error {
	word := "is resumed"
	if paused {
		word = "is paused"
	}
	return f.each(ctx, con, word, func(s *store.Store, target tenants.Target) error {
		return s.Targets.Pause(ctx, target.Tenant, target.ID, "cli", paused)
	})
}

// each does one thing to every target of the tenant and says so.
func (f tenantFlags) each(ctx context.Context, con console, word string, do func(*store.Store, tenants.Target) error) error {
	_, tenant, s, err := f.open(ctx)
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

type tenantReleaseCommand struct{ tenantFlags }

// Run ends the rest of the tenant's targets.
func (c tenantReleaseCommand) Run(ctx context.Context, con console) error {
	return c.each(ctx, con, "is tried next", func(s *store.Store, target tenants.Target) error {
		return s.Targets.Probe(ctx, target.Tenant, target.ID, "cli")
	})
}
