package main

import (
	"context"
	"errors"
	"fmt"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/tenants"
)

type tenantCheckCommand struct {
	tenantFlags
	User string `help:"Explain this person's fields, by SCIM id or user name, instead; the vendors are not asked." placeholder:"NAME"`
}

// Run asks every target's connector what it can know.
func (c tenantCheckCommand) Run(ctx context.Context, con console) error {
	if c.User != "" {
		return c.explain(ctx, con)
	}
	in, tenant, err := c.loadFor(con, c.Tenant)
	if err != nil {
		return err
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
	env := in.env()
	env.Tenant, env.Target, env.Rate, env.Timeout = target.Tenant, target.ID, product.Capabilities.Rate, target.Timeout
	connector, err := settings.Open(env)
	if err != nil {
		return false, err
	}
	checker, ok := connector.(connectors.Checker)
	if !ok {
		_, err := fmt.Fprintf(con.out, "%s: %s has nothing to check\n", target.ID, product.Title)
		return true, err
	}
	report, failure := checker.Check(ctx)
	for _, f := range report.Findings {
		word := "ok  "
		if !f.OK {
			word = "FAIL"
		}
		if _, err := fmt.Fprintf(con.out, "%s: %s %s: %s\n", target.ID, word, f.Name, f.Detail); err != nil {
			return false, err
		}
	}
	if failure != nil {
		fault := connectors.FaultOf(failure)
		_, err := fmt.Fprintf(con.out, "%s: FAIL %s: %s\n", target.ID, fault.Class, fault.Detail)
		return false, err
	}
	return report.OK(), nil
}
