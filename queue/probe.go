package queue

import (
	"context"
	"errors"

	"scimrelay/quarantine"
	"scimrelay/relay"
	"scimrelay/store"
)

// Hosts hears of a vendor that may be down for all its targets, or up again.
type Hosts interface {
	Survey(ctx context.Context, host string) error
}

// probe asks a resting target's vendor, in the turn whose lease makes it the only one, whether it
// works again. That it does is recorded first: whoever finds a probe that nobody has ended for a
// minute makes another.
func (t *Turns) probe(ctx context.Context, leave <-chan struct{}, session *relay.Session, lease store.Lease, health quarantine.State) (quarantine.State, error) {
	policy := session.Policy()
	health = policy.Begin(health, t.Now())
	if err := t.record(ctx, lease, nil, health); err != nil {
		return health, err
	}
	most, _ := policy.Tries(health)
	trials, err := t.Links.Trials(ctx, lease.Tenant, lease.Target, max(2, most), !session.Reads())
	if err != nil {
		return health, err
	}
	outcomes, health, err := session.Probe(ctx, leave, lease, trials, health)
	return health, errors.Join(err, t.record(ctx, lease, outcomes, health))
}

// idle ends a recovery that was waiting for the work to end.
func (t *Turns) idle(ctx context.Context, session *relay.Session, lease store.Lease, health quarantine.State, err error) (quarantine.State, error) {
	settled := session.Policy().Settle(health, t.Now(), true)
	if err != nil || settled.Phase == health.Phase {
		return health, err
	}
	return settled, t.record(ctx, lease, nil, settled)
}

// cap counts what is set aside once the chunk has set something aside.
func (t *Turns) cap(ctx context.Context, session *relay.Session, lease store.Lease, outcomes []store.Outcome, health quarantine.State) (quarantine.State, error) {
	aside := false
	for _, o := range outcomes {
		aside = aside || o.Next.State == relay.StateEscrow
	}
	if !aside || health.Resting() {
		return health, nil
	}
	policy := session.Policy()
	escrowed, parked, err := t.Links.SetAside(ctx, lease.Tenant, lease.Target, max(policy.MaxEscrows, policy.MaxWithReferences)+1)
	if err != nil {
		return health, err
	}
	capped := session.Capped(health, escrowed, parked)
	if capped.Phase == health.Phase {
		return health, nil
	}
	return capped, t.record(ctx, lease, nil, capped)
}

// survey asks at once whether a target's vendor is down for all, or works again for all.
func (t *Turns) survey(ctx context.Context, host string, before, after quarantine.State) error {
	opened := after.Open() && !before.Open()
	if t.Hosts == nil || host == "" || !opened && (!before.Canary || after.Canary) {
		return nil
	}
	return t.Hosts.Survey(ctx, host)
}
