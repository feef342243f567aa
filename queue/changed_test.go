package queue_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scimrelay/queue"
)

// mended is a keeper that tells the settings it is told.
type mended chan string

func (m mended) Seed(context.Context, string, string) (time.Duration, error) { return 0, nil }
func (m mended) Mend(_ context.Context, _, _, settings string) error {
	m <- settings
	return nil
}
func (m mended) Recheck(context.Context) error { return nil }

// TestNewSettingsWaitForNoSweep: V25 gives new credentials five seconds, of which reading them again
// has taken two; a cluster sweeps every five.
func TestNewSettingsWaitForNoSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		log := slog.New(slog.DiscardHandler)
		var settings atomic.Value
		settings.Store("old")
		told, changed := make(mended, 10), make(chan struct{}, 1)
		sweeper := &queue.Sweeper{Links: fixed{}, Keeper: told, Bell: queue.NewBell(queue.NewInProcess(), open{}, time.Now, log),
			Every: 5 * time.Second, Changed: changed, Log: log,
			Targets: func() map[queue.Key]string {
				return map[queue.Key]string{{Tenant: "acme", Target: "sage"}: settings.Load().(string)}
			}}
		go func() { _ = sweeper.Run(ctx) }()
		if got := <-told; got != "old" {
			t.Error(got)
		}
		synctest.Wait()
		began := time.Now()
		settings.Store("new")
		changed <- struct{}{}
		if got := <-told; got != "new" || time.Since(began) > 0 {
			t.Errorf("%q after %v", got, time.Since(began))
		}
	})
}
