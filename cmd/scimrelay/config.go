package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/scim/dialect"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

// configFlag is on every command that acts on an installation.
type configFlag struct {
	Config string `help:"The gateway's configuration file; without one it runs embedded." type:"path" placeholder:"FILE"`
	Data   string `help:"Folder of the SQLite file, instead of the configured one." type:"path" placeholder:"DIR"`
}

// installation is a configuration that has been checked whole.
type installation struct {
	config   configs.Config
	products *connectors.Registry
	// described are those of the products that come from files.
	described []connectors.Product
	schemas   *schema.Set
	tenants   *tenants.Registry
}

// env is what every connector of the installation gets, whichever command opens it: above all where
// vendors may be. Whoever opens one adds what is the target's own.
func (in installation) env() connectors.Env {
	return connectors.Env{Now: time.Now, Public: !in.config.Private()}
}

// load reads the configuration, the products and every tenant and returns all faults together.
func (f configFlag) load(listen string) (installation, error) {
	in, faults, err := f.read(listen)
	if err == nil {
		err = faults.Err()
	}
	return in, err
}

// loadFor reads what a command about one tenant needs. That tenant's file has to be without
// faults; what is wrong with others' is said and left aside, for the gateway goes on without it
// too, and whoever has to act now may not be the one who can mend it.
func (f configFlag) loadFor(con console, id string) (installation, *tenants.Tenant, error) {
	in, faults, err := f.read("")
	if err != nil {
		return in, nil, err
	}
	files := in.tenants.Files(id)
	var own, others configs.Faults
	for _, fault := range faults.Sorted() {
		if fault.File == in.config.Tenants.Dir || slices.Contains(files, fault.File) {
			own = append(own, fault)
		} else {
			others = append(others, fault)
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(con.err, "warning: %d fault(s) in other tenants' files, left aside; config check shows all: %v\n", len(others), others[0])
	}
	if err := own.Err(); err != nil {
		return in, nil, err
	}
	t, ok := in.tenants.Tenant(id)
	if !ok {
		return in, nil, fmt.Errorf("there is no tenant %q in %s", id, in.config.Tenants.Dir)
	}
	return in, t, nil
}

// alone reads the gateway's own file, for commands that ask nothing of any tenant.
func (f configFlag) alone() (configs.Config, error) {
	return configs.LoadWith(f.Config, configs.Overrides{Data: f.Data})
}

// read reads the configuration, the products and the tenants' files, and returns what is wrong
// with the last apart.
func (f configFlag) read(listen string) (installation, configs.Faults, error) {
	schemas, err := schema.Load()
	if err != nil {
		return installation{}, nil, err
	}
	config, err := configs.LoadWith(f.Config, configs.Overrides{Listen: listen, Data: f.Data})
	if err != nil {
		return installation{}, nil, err
	}
	// A tenant of a product that cannot be read would be told of a product that is not there.
	products, described, err := productsWith(config.Products.Dir)
	if err != nil {
		return installation{}, nil, err
	}
	registry, faults := tenants.OpenFaulty(config.Tenants.Dir, both(relay.Check(products), dialect.Check(schemas)))
	return installation{config: config, products: products, described: described, schemas: schemas, tenants: registry}, faults, nil
}

// both asks two checks.
func both(first, second tenants.Check) tenants.Check {
	return func(t tenants.Tenant) configs.Faults { return append(first(t), second(t)...) }
}

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Read the configuration and every product's and tenant's file and report everything that is wrong."`
}

type configCheckCommand struct {
	configFlag
}

// Run prints what was read, with warnings of what is accepted and needs a look.
func (c configCheckCommand) Run(con console) error {
	in, err := c.load("")
	if err != nil {
		return err
	}
	var problems []error
	for _, w := range in.config.Warnings {
		fmt.Fprintln(con.err, "warning:", w)
	}
	for _, p := range in.described {
		_, err := fmt.Fprintf(con.out, "product %s: %s\n", p.Name, p.Title)
		problems = append(problems, err)
	}
	for _, t := range in.tenants.All() {
		for _, w := range in.warnings(t) {
			fmt.Fprintln(con.err, "warning:", w)
		}
		_, err := fmt.Fprintf(con.out, "tenant %s: %d target(s)\n", t.ID, len(t.Targets))
		problems = append(problems, err)
	}
	_, err = fmt.Fprintln(con.out, "configuration valid")
	return errors.Join(append(problems, err)...)
}
