package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
)

type vendorsCommand struct {
	Listen   string `help:"Address to listen on." default:"127.0.0.1:9100" placeholder:"HOST:PORT"`
	Tenants  string `help:"Write one ready tenant file for each product, credentials included, into this folder." type:"path" placeholder:"DIR"`
	Products string `help:"Write the products that come as YAML into this folder, and tenant files for them too: a gateway needs it as products.dir." type:"path" placeholder:"DIR"`
	URL      string `help:"Where gateways reach the simulators, for the tenant files; the default is the address listened on." name:"url" placeholder:"URL"`
}

// Run serves the simulators until the process is told to stop.
func (c vendorsCommand) Run(ctx context.Context, con console) error {
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	host := simhost.New(simhost.Options{}, all.Simulators()...)
	url := c.URL
	if url == "" {
		url = "http://" + listener.Addr().String()
	}
	if err := c.write(url); err != nil {
		return errors.Join(err, listener.Close())
	}
	for _, name := range host.Names() {
		fmt.Fprintf(con.out, "%s: %s/%s/_ui\n", name, url, name)
	}
	fmt.Fprintf(con.out, "state, calls and faults: %s/_sim/\n", url)
	return serveVendors(ctx, listener, host)
}

// write writes the files that were asked for.
func (c vendorsCommand) write(url string) error {
	if c.Products != "" {
		if err := writeProducts(c.Products); err != nil {
			return err
		}
	}
	if c.Tenants == "" {
		return nil
	}
	return writeTenants(c.Tenants, url, c.Products != "")
}

// serveVendors answers until ctx ends. What hangs on purpose is cut.
func serveVendors(ctx context.Context, listener net.Listener, host http.Handler) error {
	s := &http.Server{Handler: host, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the simulators: %w", err)
	case <-ctx.Done():
		return s.Close()
	}
}
