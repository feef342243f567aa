package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"scimrelay/store"
)

// Statuses is what the bell asks of the store.
type Statuses interface {
	Status(ctx context.Context, tenant, target string) (store.Status, error)
}

const (
	maxPending = 20_000 // targets whose rings may wait; beyond that the sweeper finds them
	ringers    = 8
	// sweepEpoch is how long the sweeper's rings of one target collapse. A task of the plain ID
	// that is stuck or archived in Redis then blocks nothing for longer.
	sweepEpoch = time.Minute
)

// Bell rings for targets after a commit. It never blocks its caller and never fails: a ring it
// drops is found by the sweeper.
type Bell struct {
	transport Transport
	statuses  Statuses
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	pending map[Key]call
	wake    chan struct{}
}

// call is a ring on its way.
type call struct {
	class Class
	sweep bool
}

// NewBell returns a bell; it sounds while Run runs.
func NewBell(transport Transport, statuses Statuses, now func() time.Time, log *slog.Logger) *Bell {
	return &Bell{transport: transport, statuses: statuses, now: now, log: log,
		pending: make(map[Key]call), wake: make(chan struct{}, 1)}
}

// Ring asks for a turn for each of the tenant's targets.
func (b *Bell) Ring(tenant string, targets []string, urgency store.Urgency) {
	for _, target := range targets {
		b.add(Key{tenant, target}, call{class: classOf(urgency)})
	}
}

func classOf(u store.Urgency) Class {
	if u <= store.UrgencyDelete {
		return Urgent
	}
	return Default
}

func (b *Bell) add(key Key, c call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.pending[key]; ok {
		c.sweep = c.sweep && old.sweep
		if old.class == Urgent || (old.class == Default && c.class == Bulk) {
			c.class = old.class
		}
	} else if len(b.pending) >= maxPending {
		return
	}
	b.pending[key] = c
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run carries rings to the transport until ctx ends.
func (b *Bell) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		}
		b.mu.Lock()
		calls := b.pending
		b.pending = make(map[Key]call)
		b.mu.Unlock()
		var group errgroup.Group
		group.SetLimit(ringers)
		for key, c := range calls {
			group.Go(func() error { b.sound(ctx, key, c); return nil })
		}
		_ = group.Wait()
	}
}

// sound rings unless a turn would find the door closed. While a turn runs no ring is needed:
// it looks once more after it has given the target up, and by then this commit is visible.
func (b *Bell) sound(ctx context.Context, key Key, c call) {
	status, err := b.statuses.Status(ctx, key.Tenant, key.Target)
	if err == nil && !status.Open(b.now()) {
		return
	}
	if err == nil {
		err = b.transport.Ring(ctx, Ring{Key: key, Class: c.class, ID: b.id(key, status.Fence, c)})
	}
	if err != nil && ctx.Err() == nil {
		b.log.WarnContext(ctx, "ring lost", "tenant", key.Tenant, "target", key.Target, "err", err)
	}
}

// opens reports whether a turn could begin now; one that nobody can tell is left to the ring.
func (b *Bell) opens(ctx context.Context, key Key) bool {
	status, err := b.statuses.Status(ctx, key.Tenant, key.Target)
	return err != nil || status.Open(b.now())
}

// id makes rings of one target collapse until it has had a turn; an urgent one only with
// others like it, for it must not wait in the place of an older one.
func (b *Bell) id(key Key, fence int64, c call) string {
	switch {
	case c.sweep:
		return fmt.Sprintf("%s:%d:%d", key, fence, b.now().Unix()/int64(sweepEpoch.Seconds()))
	case c.class == Urgent:
		return fmt.Sprintf("%s:%d:urgent", key, fence)
	}
	return fmt.Sprintf("%s:%d", key, fence)
}
