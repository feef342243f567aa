package relay

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/store"
	"scimrelay/tenants"
)

// hostOf is the host of the target's vendor. Products with one address of their own are told
// apart by their names.
func hostOf(target tenants.Target) string {
	if u, err := url.Parse(target.BaseURL); err == nil && u.Host != "" {
		return strings.ToLower(u.Host)
	}
	return target.Product
}

// Policy is by which numbers the session's target rests.
func (s *Session) Policy() quarantine.Policy { return s.relay.Policy }

// Reads reports whether the connector can be asked something without a link.
func (s *Session) Reads() bool { return connectors.Probes(s.Connector) }

// Probe asks whether the target may work again: a cheap authenticated read, and if that goes well
// the trials, one after the other. It returns the trials' outcomes and the target's health
// afterwards. A probe that is cut short says nothing, and the next one is due at once.
func (s *Session) Probe(ctx context.Context, leave <-chan struct{}, lease store.Lease, trials []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State, error) {
	policy := s.relay.Policy
	fault := s.look(ctx)
	if cut(ctx, fault) || stopping(ctx, leave) {
		return nil, health.Abandon(s.relay.Now()), nil
	}
	if unplaced(fault) { // and the vendor has not been asked
		return nil, health.Abandon(s.relay.Now().Add(fault.RetryAfter)), nil
	}
	o := s.observation(fault)
	if o.Signal != quarantine.Good || len(trials) == 0 {
		return nil, policy.Observe(health, o), nil
	}
	most, pass := policy.Tries(health)
	t := &trial{many: most > 1, most: most, pass: pass}
	var outcomes []store.Outcome
	for _, work := range trials {
		done, cut, err := s.try(ctx, leave, lease, work, t, health)
		if outcomes = append(outcomes, done...); err != nil {
			return outcomes, health, err
		}
		if cut || stopping(ctx, leave) {
			return outcomes, health.Abandon(s.relay.Now()), nil
		}
		if t.over() {
			break
		}
	}
	return outcomes, policy.Observe(health, t.verdict(o)), nil
}

// try sends one change of a probe, and reports whether it was cut short by us.
func (s *Session) try(ctx context.Context, leave <-chan struct{}, lease store.Lease, work store.Work, t *trial, health quarantine.State) (_ []store.Outcome, cut bool, _ error) {
	items, err := s.prepare(ctx, lease, []store.Work{work})
	if err != nil {
		return nil, false, err
	}
	c := &chunk{session: s, claims: newClaims(), leave: leave, until: s.relay.Now().Add(chunkTime), health: health, trial: t}
	for _, it := range items {
		err = errors.Join(err, c.work(ctx, it))
	}
	err = errors.Join(err, c.settleTaken(ctx))
	return c.outcomes(items), c.cut || len(c.runs) == 0, err
}

// look is the read of a probe. Without any power to read, the trials have to tell.
func (s *Session) look(ctx context.Context) (fault *connectors.Fault) {
	defer func() {
		if p := recover(); p != nil { // a connector's mistake is none of the target's
			fault = connectors.Panicked(p)
		}
		if fault != nil && fault.Class == connectors.Internal {
			s.relay.log.ErrorContext(ctx, "probe failed", "tenant", s.Target.Tenant, "target", s.Target.ID, "err", fault.Error())
		}
	}()
	return connectors.FaultOf(connectors.Probe(ctx, s.Connector))
}

// observation is what the read of a probe says of the target: here a refusal is not about one
// person, and neither is an absence.
func (s *Session) observation(fault *connectors.Fault) quarantine.Observation {
	o := quarantine.Observation{Signal: quarantine.Good, Now: s.relay.Now(), Jitter: s.relay.Jitter()}
	if fault == nil {
		return o
	}
	o.RetryAfter = fault.RetryAfter
	switch fault.Class {
	case connectors.Auth, connectors.Denied:
		o.Signal = quarantine.Refused
	case connectors.Plan, connectors.Throttled, connectors.Internal:
		o.Signal = consequences[fault.Class].signal
	default:
		o.Signal = quarantine.Bad
	}
	return o
}

// trial is the second part of a probe.
type trial struct {
	many  bool // the target rests because too much was refused
	most  int
	pass  float64
	tried int
	well  int
	ours  bool // one ended with a mistake of ours, which tells nothing
	odd   bool // a read of it went well and the change did not: it may be about this one
	last  quarantine.Observation
	ended bool
}

// add hears of one change.
func (t *trial) add(r *run, o quarantine.Observation) {
	if t.last = o; o.Signal == quarantine.Neutral {
		t.ours = true
		return
	}
	t.tried++
	switch o.Signal {
	case quarantine.Good, quarantine.Answered:
		t.well++
	case quarantine.Rejected:
		if !t.many {
			t.well++
		}
	case quarantine.Bad:
		t.odd = r.answered
		t.ended = !t.odd
	case quarantine.Refused, quarantine.Gated, quarantine.Slowdown:
		t.ended = true
	}
}

// over reports whether no other change has to be sent. One that is odd is followed by another.
func (t *trial) over() bool {
	return t.ended || !t.many && (t.well > 0 || t.tried > t.most)
}

// verdict is what the probe says of the target.
func (t *trial) verdict(read quarantine.Observation) quarantine.Observation {
	switch {
	case t.tried == 0 && t.ours:
		return t.last
	case t.tried == 0, !t.ended && float64(t.well) >= t.pass*float64(t.tried), !t.many && t.well > 0:
		return read
	case t.many && !t.ended && t.last.Signal != quarantine.Bad:
		read.Signal = quarantine.Rejected
		return read
	case !t.many && t.odd && t.tried == 1: // there is nobody else to try
		return read
	}
	return t.last
}

// Capped is the target's health once so many changes are set aside, and so many are parked.
func (s *Session) Capped(health quarantine.State, escrowed, parked int) quarantine.State {
	return s.relay.Policy.Capped(health, escrowed, parked, quarantine.Observation{Now: s.relay.Now(), Jitter: s.relay.Jitter()})
}
