package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"scimrelay/configs"
	"scimrelay/scim/server"
	"scimrelay/telemetry"
)

type serveCommand struct {
	configFlag
	Role   string `help:"all, gateway (answers only) or worker (relays only)." enum:"all,gateway,worker" default:"all"`
	Listen string `help:"Address to listen on, instead of the configured one." placeholder:"HOST:PORT"`
}

// What a process may still take after the drain, each step with a database, a vendor or a collector
// that says nothing any more. With the default drain it has gone within the 45 seconds that an
// orchestrator should give it.
const (
	afterDrain = 38 * time.Second
	lastSeal   = 3 * time.Second // for the audit
	lastSpans  = 2 * time.Second // for traces and metrics
	letGo      = 2 * time.Second // of the store and the queue
	// finish is what is left for what was accepted: more than a request has for its body.
	finish = afterDrain - lastSeal - lastSpans - letGo
)

// Run serves until the process is told to stop.
func (c serveCommand) Run(ctx context.Context, con console) error {
	in, err := c.load(c.Listen)
	if err != nil {
		return err
	}
	if in.config.Queue.URL.Scheme() == "inprocess" && c.Role != string(roleAll) {
		return usageError("--role " + c.Role + " needs a queue other processes share: set queue.url to a redis:// URL")
	}
	log, err := telemetry.NewLogger(con.err, in.config.Log)
	if err != nil {
		return err
	}
	if c.Data == "" && in.config.File == "" {
		log.Info("no configuration file: running embedded with defaults")
	}
	limitMemory(in.config.Server.MemoryLimit)
	release, err := lockData(in.config)
	if err != nil {
		return err
	}
	defer release()
	return serve(ctx, in, role(c.Role), log)
}

// limitMemory tells the runtime what to stay below, unless the environment has.
func limitMemory(limit configs.Size) {
	if limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(limit))
	}
}

func serve(ctx context.Context, in installation, r role, log *slog.Logger) error {
	tel, err := telemetry.Start(ctx, telemetry.Options{Version: version})
	if err != nil {
		return err
	}
	defer func() {
		if err := sendLast(tel); err != nil {
			log.Warn("telemetry did not shut down", "err", err)
		}
	}()
	for _, w := range in.config.Warnings {
		log.Warn("the configuration needs a look", "at", w.Position.String(), "warning", w.Message)
	}
	for _, t := range in.tenants.All() {
		in.warn(log, t)
	}
	g, err := build(ctx, in, r, log, tel)
	if err != nil {
		return err
	}
	if err = prepareAnchors(ctx, g.store, in.config.Audit.Anchors); err == nil {
		err = g.run(ctx, g.listen)
	}
	return errors.Join(err, g.close())
}

// sendLast sends what is left of traces and metrics.
func sendLast(tel *telemetry.Telemetry) error {
	ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
	defer cancel()
	return tel.Shutdown(ctx)
}

// routes is everything a process answers. A worker answers for its health only.
func (g *gateway) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", g.health.live)
	mux.HandleFunc("GET /readyz", g.health.ready)
	mux.Handle("GET /metrics", g.telemetry.MetricsHandler())
	plain := http.Handler(mux)
	// The mux would answer odd SCIM paths itself, with redirects and in plain text.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.health.leaving.Load() {
			// Whoever goes on using this connection would find it closed in the middle of asking.
			w.Header().Set("Connection", "close")
		}
		if g.handler != nil && strings.HasPrefix("/"+strings.TrimLeft(r.URL.Path, "/"), server.Prefix) {
			g.handler.ServeHTTP(w, r)
			return
		}
		if !plainPath(r.URL.Path) { // the mux would send the caller to what it takes it for
			http.NotFound(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
}

// plainPath reports that a path says what it means: no dots, no doubled slashes.
func plainPath(p string) bool { return path.Clean(p) == p || path.Clean(p)+"/" == p }

// listen answers until ctx ends; then it says that it leaves, and finishes what it accepted.
func (g *gateway) listen(ctx context.Context) error {
	listener, err := listen(ctx, g.config.Server.Listen)
	if err != nil {
		return err
	}
	g.log.Info("listening", "address", listener.Addr().String(), "role", string(g.role),
		"tenants", len(g.tenants.All()), "store", g.config.Store.URL, "queue", g.config.Queue.URL)
	return g.answer(ctx, listener)
}

func (g *gateway) answer(ctx context.Context, listener net.Listener) error {
	s := &http.Server{Handler: g.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 60 * time.Second, MaxHeaderBytes: 32 << 10,
		ConnState: states(spacedState, newCrowd(g.config.Server.MaxConnections).state), ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug)}
	if g.config.Server.TLS.On() {
		cert := &certificate{files: g.config.Server.TLS, now: time.Now, log: g.log}
		if _, err := cert.get(nil); err != nil {
			return errors.Join(err, listener.Close())
		}
		// Entra asks for TLS 1.2 with forward secrecy at least; the library offers nothing less.
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cert.get}
		listener = tls.NewListener(listener, s.TLSConfig)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(spacedListener{listener}) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	g.health.leaving.Store(true)
	if g.leave != nil {
		g.leave()
	}
	select { // accept for a moment more: whoever was sent here gets an answer
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-time.After(time.Duration(g.config.Server.Drain)):
	}
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	return s.Shutdown(finishing)
}
