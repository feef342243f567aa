package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"scimrelay/queue"
	"scimrelay/relay"
	"scimrelay/relay/relaytest"
	"scimrelay/store"
	"scimrelay/store/storetest"
)

// lateLeases does something right before the first lease is given back: behind the turn's last
// look, while the target is still held.
type lateLeases struct {
	*store.Targets
	once sync.Once
	late func()
}

func (l *lateLeases) Release(ctx context.Context, lease store.Lease) error {
	l.once.Do(l.late)
	return l.Targets.Release(ctx, lease)
}

// askedStatuses tells when the bell has looked whether a target is free.
type askedStatuses struct {
	*store.Targets
	asked chan bool
}

func (a askedStatuses) Status(ctx context.Context, tenant, target string) (store.Status, error) {
	s, err := a.Targets.Status(ctx, tenant, target)
	a.asked <- s.Held
	return s, err
}

// P4: the bell does not ring for a target that is held. What is committed between the turn's
// last look and its end is found by the look after it, not by a sweep.
func TestAChangeBehindTheLastLookIsNotLeftToTheSweeper(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	vendor, log, line := &relaytest.Vendor{}, slog.New(slog.DiscardHandler), queue.NewInProcess()
	asked := make(chan bool, 100)
	bell := queue.NewBell(line, askedStatuses{s.Targets, asked}, s.Now, log)
	p := &process{store: s, bell: bell, sessions: &sessions{open: map[queue.Key]*relay.Session{}}}
	p.serve(t, relaytest.Tenant, vendor)
	leases := &lateLeases{Targets: s.Targets, late: func() {
		<-asked // the first ring's
		p.create(t, relaytest.Tenant, "late")
		if held := <-asked; !held {
			t.Error("the target was free already")
		}
	}}
	turns := &queue.Turns{Sessions: p.sessions, Leases: leases, Links: s.Links, Bell: bell, Transport: line, Owner: "me",
		Limit: 4, Now: time.Now, Log: log}
	ctx, stop := context.WithCancel(t.Context())
	var all errgroup.Group
	all.Go(func() error { return bell.Run(ctx) })
	all.Go(func() error { return turns.Run(ctx) })
	defer func() { stop(); _ = all.Wait() }()
	p.create(t, relaytest.Tenant, "early")
	eventually(t, "everybody has an account, and there is no sweeper here", func() bool { return vendor.Accounts() == 2 })
}

// What is left when a slice is over is rung for by the turn itself.
func TestWhatASliceLeavesIsTakenUpWithoutASweep(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.Fresh(t, t.TempDir()))
	vendor, log, line := &relaytest.Vendor{}, slog.New(slog.DiscardHandler), queue.NewInProcess()
	bell := queue.NewBell(line, s.Targets, s.Now, log)
	p := &process{store: s, bell: bell, sessions: &sessions{open: map[queue.Key]*relay.Session{}}}
	p.serve(t, relaytest.Tenant, vendor)
	turns := &queue.Turns{Sessions: p.sessions, Leases: s.Targets, Links: s.Links, Bell: bell, Transport: line, Owner: "me",
		Limit: 1, Now: time.Now, Log: log} // one place, which is taken: every turn is a slice of 200 links
	const people = 700
	for i := range people {
		p.commit(t, relaytest.Tenant, fmt.Sprint("user", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	var all errgroup.Group
	all.Go(func() error { return bell.Run(ctx) })
	all.Go(func() error { return turns.Run(ctx) })
	defer func() { stop(); _ = all.Wait() }()
	bell.Ring(relaytest.Tenant, []string{relaytest.Target}, store.UrgencyCreate)
	eventually(t, "everybody has an account, and there is no sweeper here", func() bool { return vendor.Accounts() == people })
}
