package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/store"
)

// ErrResting says that the target may not be called now, ErrPaused that somebody has paused it.
// The second is one of the first.
var (
	ErrResting = errors.New("the target may not be called now")
	ErrPaused  = fmt.Errorf("%w: it is paused", ErrResting)
)

// Once works on one person's link now, as a turn would, waiting for a turn that runs. It
// returns what became of the link. The target's rest and pause are respected.
func (t *Turns) Once(ctx context.Context, session *relay.Session, resource string) (store.Outcome, error) {
	lease, ours, status, err := t.await(ctx, Key{session.Target.Tenant, session.Target.ID})
	if err != nil {
		return store.Outcome{}, err
	}
	outcome, err := t.once(ctx, session, lease, ours, status, resource)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return outcome, errors.Join(err, t.Leases.Release(ending, lease))
}

func (t *Turns) once(ctx context.Context, session *relay.Session, lease store.Lease, ours *tenure, status store.Status, resource string) (store.Outcome, error) {
	lease.Host = session.Host
	health, admitted := status.Health.Admit(t.Now())
	if status.Paused {
		return store.Outcome{}, ErrPaused
	}
	if !admitted {
		state := strings.TrimSpace(fmt.Sprintf("%s %s", status.Health.Phase, status.Health.Reason))
		return store.Outcome{}, fmt.Errorf("%w: it is %s until %s", ErrResting, state, status.Health.Rest().UTC().Format(time.RFC3339))
	}
	work, err := t.Links.One(ctx, lease.Tenant, lease.Target, resource)
	if err != nil {
		return store.Outcome{}, err
	}
	ctx, stop := t.keep(ctx, lease, ours)
	defer stop()
	return t.single(ctx, session, lease, work, health)
}

func (t *Turns) single(ctx context.Context, session *relay.Session, lease store.Lease, work store.Work, health quarantine.State) (store.Outcome, error) {
	outcomes, health, err := session.Chunk(ctx, nil, lease, []store.Work{work}, health)
	err = errors.Join(err, t.record(ctx, lease, outcomes, health))
	if errors.Is(err, store.ErrOverruled) { // about the target; the link is recorded
		err = nil
	}
	if err != nil || len(outcomes) == 0 {
		return store.Outcome{}, err
	}
	return outcomes[0], nil
}

// await takes the lease as soon as it is free.
func (t *Turns) await(ctx context.Context, key Key) (store.Lease, *tenure, store.Status, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		lease, ours, status, err := t.acquire(ctx, key)
		if !errors.Is(err, store.ErrFenced) {
			return lease, ours, status, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return lease, ours, status, ctx.Err()
		}
	}
}
