package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"scimrelay/internal/services"
	"scimrelay/queue"
	"scimrelay/relay/relaytest"
	"scimrelay/scim"
	"scimrelay/store"
)

// BenchmarkRelay relays links to a vendor that takes no time, over 16 targets, and beside it
// runs bare Asynq no-op tasks, one per link, on a Redis in the same run. An operation is one
// link; the ratio is the relay's rate over the bare one's.
func BenchmarkRelay(b *testing.B) {
	for name, w := range worlds() {
		b.Run(name, func(b *testing.B) {
			bare := bareTasks(b, b.N)
			links := relayLinks(b, w, b.N)
			b.ReportMetric(links, "links/s")
			b.ReportMetric(bare, "bare-tasks/s")
			b.ReportMetric(links/bare, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func relayLinks(b *testing.B, w world, n int) float64 {
	b.Helper()
	s := openStore(b, w.store(b))
	const targets = 16
	fill(b, s, targets, n)
	transport := w.transport(b)
	if a, ok := transport.(*queue.Asynq); ok {
		a.Servers = 2
	}
	p := start(b, s, transport, 100*time.Millisecond)
	vendor := &relaytest.Vendor{}
	vendor.Quiet()
	var made atomic.Int64
	done := make(chan struct{})
	vendor.After = func(_ context.Context, op relaytest.Operation, _ string) error {
		if op == relaytest.Create && made.Add(1) == int64(n) {
			close(done)
		}
		return nil
	}
	began := time.Now()
	for i := range targets {
		p.serve(b, fmt.Sprint("tenant", i), vendor)
		p.bell.Ring(fmt.Sprint("tenant", i), []string{relaytest.Target}, store.UrgencyCreate)
	}
	<-done
	took := time.Since(began)
	p.stop()
	return float64(n) / took.Seconds()
}

// fill commits n people spread over the tenants, due and unannounced.
func fill(b *testing.B, s *store.Store, tenants, n int) {
	b.Helper()
	var writers errgroup.Group
	writers.SetLimit(128)
	for i := range n {
		writers.Go(func() error {
			w := store.Write{Tenant: fmt.Sprint("tenant", i%tenants), Targets: []string{relaytest.Target}}
			_, err := s.Directory.Create(b.Context(), w, scim.TypeUser, uuid.NewString(), person(fmt.Sprint("user", i), 0))
			return err
		})
	}
	if err := writers.Wait(); err != nil {
		b.Fatal(err)
	}
}

// bareTasks is what Asynq alone does: n tasks whose handler does nothing, already enqueued.
func bareTasks(b *testing.B, n int) float64 {
	b.Helper()
	redis := services.NewRedis(b)
	options := asynq.RedisClientOpt{Addr: redis.Addr}
	client := asynq.NewClient(options)
	defer client.Close()
	var enqueuers errgroup.Group
	enqueuers.SetLimit(64)
	for i := range n {
		enqueuers.Go(func() error {
			_, err := client.Enqueue(asynq.NewTask("noop", nil, asynq.TaskID(fmt.Sprint("task", i))))
			return err
		})
	}
	if err := enqueuers.Wait(); err != nil {
		b.Fatal(err)
	}
	server := asynq.NewServer(options, asynq.Config{Concurrency: 32 * runtime.GOMAXPROCS(0), LogLevel: asynq.FatalLevel, Logger: quiet{}})
	var handled atomic.Int64
	done := make(chan struct{})
	began := time.Now()
	err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		if handled.Add(1) == int64(n) {
			close(done)
		}
		return nil
	}))
	if err != nil {
		b.Fatal(err)
	}
	<-done
	took := time.Since(began)
	server.Shutdown()
	return float64(n) / took.Seconds()
}

// quiet keeps Asynq's log out of the figures.
type quiet struct{}

func (quiet) Debug(...any)      {}
func (quiet) Info(...any)       {}
func (quiet) Warn(...any)       {}
func (quiet) Error(...any)      {}
func (quiet) Fatal(args ...any) { slog.Error(fmt.Sprint(args...)) }
