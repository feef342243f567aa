package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"scimrelay/configs"
	"scimrelay/connectors/issuerkeys"
	"scimrelay/notify"
	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/scim/server"
	"scimrelay/store"
	"scimrelay/telemetry"
	"scimrelay/tenants"
)

// role is what a process does.
type role string

const (
	roleAll     role = "all"
	roleGateway role = "gateway"
	roleWorker  role = "worker"
)

func (r role) answers() bool { return r != roleWorker }
func (r role) relays() bool  { return r != roleGateway }

// gateway is one process, put together and not running yet.
type gateway struct {
	installation
	role      role
	log       *slog.Logger
	telemetry *telemetry.Telemetry
	store     *store.Store
	transport queue.Transport
	bell      *queue.Bell
	turns     *queue.Turns
	sweeper   *queue.Sweeper
	notices   *notify.Loop
	handler   http.Handler
	health    *health
	uses      *uses
	buckets   *queue.Buckets // nil where one process does everything
	changed   chan struct{}  // tenants have been read again
	leave     func()         // ends the waiting of requests that only wait, nil in a worker
}

// build puts a gateway together. What it opened is closed again when it fails.
func build(ctx context.Context, in installation, r role, log *slog.Logger, tel *telemetry.Telemetry) (_ *gateway, err error) {
	g := &gateway{installation: in, role: r, log: log, telemetry: tel, changed: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	commits, err := tel.Metrics.Meter("scimrelay").Int64Histogram("scimrelay.store.commit.writes")
	if err != nil {
		return nil, err
	}
	g.store, err = store.Open(ctx, in.config.Store.URL.Reveal(), store.Options{
		Quarantine: policyOf(in.config.Quarantine), Busy: time.Duration(in.config.Server.Busy),
		OnCommit: func(writes int, _ time.Duration) { commits.Record(context.Background(), int64(writes)) }})
	if err != nil {
		return nil, err
	}
	if g.transport, err = transport(in.config.Queue.URL, log); err != nil {
		return nil, err
	}
	g.bell = queue.NewBell(g.transport, g.store.Targets, g.store.Now, log)
	g.health = &health{store: g.store, transport: g.transport, busy: time.Duration(in.config.Server.Busy)}
	if err = g.observe(); err != nil {
		return nil, err
	}
	opener, err := g.opener(g.store, g.log, g.telemetry)
	if err != nil {
		return nil, err
	}
	if err := g.share(ctx, opener); err != nil {
		return nil, err
	}
	if r.relays() {
		g.buildRelay(opener)
		if g.notices, err = g.buildNotices(); err != nil {
			return nil, err
		}
	}
	if r.answers() {
		err = g.buildServer(ctx, opener)
	}
	return g, err
}

func transport(url configs.URL, log *slog.Logger) (queue.Transport, error) {
	if url.Scheme() == "inprocess" {
		return queue.NewInProcess(), nil
	}
	return queue.NewAsynq(url.Reveal(), log)
}

// opener opens the installation's targets on the store.
func (in installation) opener(s *store.Store, log *slog.Logger, tel *telemetry.Telemetry) (*relay.Opener, error) {
	r, err := relay.New(s.Links, policyOf(in.config.Quarantine), log, tel.Traces.Tracer("scimrelay/relay"), tel.Metrics.Meter("scimrelay"))
	if err != nil {
		return nil, err
	}
	r.Now, r.Jitter = s.Now, mathrand.Float64
	env := in.env()
	env.Log, env.Traces, env.Meters = log, tel.Traces, tel.Metrics
	return &relay.Opener{Relay: r, Tenants: in.tenants, Products: in.products, Env: env}, nil
}

func (g *gateway) buildRelay(opener *relay.Opener) {
	g.turns = &queue.Turns{Sessions: opener, Leases: g.store.Targets, Links: g.store.Links, Bell: g.bell, Hosts: g.store.Targets,
		Transport: g.transport, Owner: uuid.NewString(), Limit: g.config.Worker.Turns, Now: g.store.Now, Log: g.log}
	g.sweeper = &queue.Sweeper{Links: g.store.Links, Keeper: g.store.Targets, Bell: g.bell, Ward: g.store.Targets, Targets: g.targets,
		Every: time.Second, Changed: g.changed, Log: g.log}
	if !g.alone() {
		g.sweeper.Every = 5 * time.Second
	}
}

// alone reports that no other process shares the store: turns that an earlier one left are nobody's.
func (g *gateway) alone() bool { return exclusive(g.config) }

// targets are all there are, with a fingerprint of their settings and their products' mappings.
// It is cut short: it is kept in the store, and must tell nothing of the secrets in it.
func (g *gateway) targets() map[queue.Key]string {
	all := make(map[queue.Key]string)
	for _, t := range g.tenants.All() {
		for _, target := range t.Targets {
			product, _ := g.products.Product(target.Product)
			sum := sha256.Sum256(append([]byte(target.Fingerprint), product.Mapping...))
			all[queue.Key{Tenant: t.ID, Target: target.ID}] = hex.EncodeToString(sum[:6])
		}
	}
	return all
}

func (g *gateway) buildServer(ctx context.Context, vendors server.Vendors) error {
	hasher, err := tokenHasher(ctx, g.config, g.store, g.log)
	if err != nil {
		return err
	}
	g.uses = newUses(g.store, g.tenants, g.log)
	keys := &tenants.Keyring{Now: g.store.Now,
		Source: issuerkeys.Source{Log: g.log, Traces: g.telemetry.Traces, Meters: g.telemetry.Metrics}}
	signer, err := eventSigner(ctx, g.config, g.store, g.log)
	if err != nil {
		return err
	}
	leaving := make(chan struct{})
	g.leave = sync.OnceFunc(func() { close(leaving) })
	s := &server.Server{
		Auth: &tenants.Authenticator{Tenants: g.tenants, Tokens: g.store.Tokens, Hasher: hasher,
			Keys: keys, Now: g.store.Now, Used: g.uses.note, Spent: g.uses.spent},
		Tenants:   g.tenants,
		Issuer:    &tenants.Issuer{Tenants: g.tenants, Hasher: hasher, Keys: keys, Now: g.store.Now},
		Directory: g.store.Directory, Finder: g.store.Directory, Groups: g.store.Directory, Links: g.store.Links, Targets: g.store.Targets,
		Bell: g.bell, Vendors: vendors, Schemas: g.schemas,
		PublicURL: g.config.Server.PublicURL, Limits: server.DefaultLimits(), NewID: newID, Log: g.log,
		Now: g.store.Now, CursorKey: hasher.Derive("cursors"),
		Transactions: g.store.Transactions, Signer: signer, NewTxn: rand.Text, Leaving: leaving,
		Tracer: g.telemetry.Traces.Tracer("scimrelay/scim"), Meter: g.telemetry.Metrics.Meter("scimrelay"),
	}
	s.Limits.InFlight, s.Limits.Rate = g.config.Server.MaxRequests, server.Rate(g.config.Server.Rate)
	s.Proxies = g.config.Server.Proxies()
	g.health.overloaded = s.Overloaded
	g.handler, err = s.Handler()
	return err
}

// newID makes ids in the order of their time, so that lists have one that stays.
func newID() (string, error) {
	id, err := uuid.NewV7FromReader(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return id.String(), nil
}

// run works until ctx ends and everything accepted is done. The order of the end is the
// reverse of the order in which work flows: no answer is cut, no turn is.
func (g *gateway) run(ctx context.Context, serve func(context.Context) error) error {
	if g.alone() {
		if err := g.store.Targets.Reclaim(ctx); err != nil {
			return err
		}
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var helpers errgroup.Group
	helpers.Go(func() error { return g.bell.Run(background) })
	helpers.Go(func() error {
		g.tenants.Watch(background, g.log, g.reread)
		return nil
	})
	helpers.Go(func() error { return newSealer(g.store, g.config.Audit, g.log).run(background) })
	helpers.Go(func() error { g.health.watch(background, g.log); return nil })
	if g.uses != nil {
		helpers.Go(func() error { return g.uses.run(background) })
	}
	work, ctx := errgroup.WithContext(ctx)
	if g.role.relays() {
		work.Go(func() error { return g.sweeper.Run(ctx) })
		work.Go(func() error { return g.turns.Run(ctx) })
		work.Go(func() error { return g.notices.Run(ctx) })
	}
	work.Go(func() error { return g.failed(ctx) })
	work.Go(func() error { return serve(ctx) })
	err := work.Wait()
	stop()
	return errors.Join(err, helpers.Wait())
}

func (g *gateway) close() error {
	var errs []error
	if g.buckets != nil {
		errs = append(errs, g.buckets.Close())
	}
	if g.transport != nil {
		errs = append(errs, g.transport.Close())
	}
	if g.store != nil {
		errs = append(errs, g.store.Close())
	}
	return errors.Join(errs...)
}
