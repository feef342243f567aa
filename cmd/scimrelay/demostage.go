package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/connectors/all"
	"scimrelay/connectors/simhost"
	"scimrelay/demo"
	"scimrelay/telemetry"
)

// stage is everything that runs during the demonstration.
type stage struct {
	command demoCommand
	con     console
	folder  string

	simulators *simhost.Host // for a tenant each
	together   *simhost.Host // once more, for the tenant that is provisioned into all
	vendors    net.Listener
	all        net.Listener
	front      net.Listener
	release    func() // of the data folder's lock
	log        *os.File
	telemetry  *telemetry.Telemetry
	gateway    *gateway
}

func (s *stage) file() string { return filepath.Join(s.folder, "scimrelay.yaml") }

// fanOut is the tenant that is provisioned into all vendors.
const fanOut = "all"

// simulated is where the tenant's simulators answer.
func (s *stage) simulated(tenant string) string {
	if tenant == fanOut {
		return "http://" + s.all.Addr().String()
	}
	return "http://" + s.vendors.Addr().String()
}

// build puts the simulators and the gateway together, as an operator would: with files.
func (s *stage) build(ctx context.Context) (err error) {
	if s.vendors, err = listen(ctx, free); err != nil {
		return err
	}
	if s.all, err = listen(ctx, free); err != nil {
		return err
	}
	if s.front, err = s.command.listen(ctx); err != nil {
		return err
	}
	if err := s.simulate(); err != nil {
		return err
	}
	if err := s.configure(); err != nil {
		return err
	}
	in, err := configFlag{Config: s.file()}.load("")
	if err != nil {
		return err
	}
	if s.release, err = lockData(in.config); err != nil {
		return err
	}
	if s.log, err = os.OpenFile(filepath.Join(s.folder, "scimrelay.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	log, err := telemetry.NewLogger(s.log, in.config.Log)
	if err != nil {
		return err
	}
	if s.telemetry, err = telemetry.Start(ctx, telemetry.Options{Version: version}); err != nil {
		return err
	}
	g, err := build(ctx, in, roleAll, log, s.telemetry)
	if err == nil {
		s.gateway = g
	}
	return err
}

// simulate makes the simulators, the tenants that use them, and the products that are files.
func (s *stage) simulate() error {
	s.simulators = simhost.New(simhost.Options{Now: time.Now}, all.Simulators()...)
	s.together = simhost.New(simhost.Options{Now: time.Now}, all.Simulators()...)
	folder := filepath.Join(s.folder, "tenants")
	if err := writeProducts(filepath.Join(s.folder, "products")); err != nil {
		return err
	}
	if err := s.simulators.WriteTenants(folder, s.simulated("")); err != nil {
		return err
	}
	return s.together.WriteFanOut(folder, s.simulated(fanOut), fanOut)
}

// configure writes the gateway's file, so that every other command works on the demonstration.
func (s *stage) configure() error {
	folder, err := filepath.Abs(s.folder)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("server: {listen: %q, rate: {per_second: 0}, busy: 15s, drain: 100ms}\nstore: {url: %q}\ntenants: {dir: tenants}\nproducts: {dir: products}\nlog: {level: debug, format: json}\n",
		s.front.Addr(), "sqlite://"+filepath.ToSlash(filepath.Join(folder, "scimrelay.db")))
	return os.WriteFile(s.file(), []byte(text), 0o600)
}

// run serves while the show is on. The vendors outlive the gateway, which may be calling them.
func (s *stage) run(ctx context.Context) error {
	outer, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var vendors errgroup.Group
	vendors.Go(func() error { return serveVendors(outer, s.vendors, s.simulators) })
	vendors.Go(func() error { return serveVendors(outer, s.all, s.together) })
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		return s.gateway.run(ctx, func(ctx context.Context) error { return s.gateway.answer(ctx, s.front) })
	})
	work.Go(func() error {
		defer stop()
		return s.show(ctx)
	})
	err := work.Wait()
	end()
	return errors.Join(err, vendors.Wait())
}

// show plays the demonstration for each tenant, prints how it went and, unless told to exit,
// waits until the process is told to stop.
func (s *stage) show(ctx context.Context) error {
	people := demo.Directory(s.command.People)
	_, err := fmt.Fprintf(s.con.out, introduction, len(people))
	if err != nil {
		return err
	}
	results, err := s.playAll(ctx, people)
	if err != nil {
		return err
	}
	err = demo.Report(s.con.out, results)
	switch unequal := slices.ContainsFunc(results, func(r demo.Result) bool { return !r.OK() }); {
	case err != nil:
		return err
	case s.command.Exit && unequal:
		return errUnequal
	case s.command.Exit:
		return nil
	}
	_, err = fmt.Fprintf(s.con.out, "\nServing until interrupted. Log: %s\n", s.log.Name())
	<-ctx.Done()
	return err
}

const introduction = `A company of %d people is pushed as Microsoft Entra ID does it; then things happen to some of them.
The simulators set no limit and the targets may send hundreds of calls a second, so that this
takes seconds: real vendors allow a few.

`

// playAll plays for a tenant of each vendor and for the one that is provisioned into all, side by
// side, and returns how they ended in that order.
func (s *stage) playAll(ctx context.Context, people []demo.Person) ([]demo.Result, error) {
	vendors, line := demo.Vendors(), demo.NewLine(s.con.out, time.Now)
	played := make([][]demo.Result, len(vendors)+1)
	shows, ctx := errgroup.WithContext(ctx)
	for i, v := range vendors {
		shows.Go(func() (err error) {
			played[i], err = s.play(ctx, line, v.Name, []demo.Vendor{v}, people)
			return err
		})
	}
	shows.Go(func() (err error) {
		played[len(vendors)], err = s.play(ctx, line, fanOut, vendors, people)
		return err
	})
	err := shows.Wait()
	return slices.Concat(played...), err
}

// play pushes the company into the tenant's vendors.
func (s *stage) play(ctx context.Context, line *demo.Line, tenant string, vendors []demo.Vendor, people []demo.Person) ([]demo.Result, error) {
	token, err := s.gateway.newToken(ctx, tenant, "demo")
	if err != nil {
		return nil, err
	}
	show := demo.Show{Tenant: tenant, Vendors: vendors, Base: scimURL(s.gateway.config.Server.PublicURL, tenant), Token: token,
		Simulators: s.simulated(tenant), Nobody: uuid.NewString(), Line: line, Now: time.Now,
		Pending: func(ctx context.Context, target string) (int, error) {
			counts, err := s.gateway.store.Links.Count(ctx, tenant, target)
			return counts.Pending, err
		}}
	return show.Run(ctx, people)
}

// close lets go of whatever was opened.
func (s *stage) close() error {
	var errs []error
	if s.gateway != nil {
		errs = append(errs, s.gateway.close())
	}
	if s.telemetry != nil {
		errs = append(errs, sendLast(s.telemetry))
	}
	for _, l := range []net.Listener{s.vendors, s.all, s.front} {
		if l == nil {
			continue
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.release != nil {
		s.release()
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(errs...)
}
