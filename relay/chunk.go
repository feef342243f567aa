package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/store"
)

// chunkTime is how long a chunk starts links: what is more urgent must not wait for the end of
// a long one at a vendor that has become slow.
const chunkTime = time.Second

// Chunk works on the due links of one urgency, several at a time, and returns what became of
// each, with the target's health afterwards. It starts no link once leave is closed or its time
// is over; the calls under way end, with ctx at the latest. Links it did not come to stay due.
// It returns an error only when the gateway itself failed: the lease lost, the store gone; what was
// done until then comes with it, to be recorded all the same.
func (s *Session) Chunk(ctx context.Context, leave <-chan struct{}, lease store.Lease, work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State, error) {
	if connectors.MayCall(ctx) != nil { // nothing is begun that no call may follow
		return nil, health, nil
	}
	items, err := s.prepare(ctx, lease, work)
	if err != nil {
		return nil, health, err
	}
	c := &chunk{session: s, claims: newClaims(), leave: leave, until: s.relay.Now().Add(chunkTime), health: health}
	var workers errgroup.Group
	workers.SetLimit(s.width(ctx, health))
	for _, item := range items {
		if !c.open(ctx) {
			break
		}
		workers.Go(func() error { return c.work(ctx, item) })
	}
	err = errors.Join(workers.Wait(), c.settleTaken(ctx))
	return c.outcomes(items), c.health, err
}

// chunk gathers outcomes and the target's health while links are worked on.
type chunk struct {
	session *Session
	claims  *claims
	leave   <-chan struct{}
	until   time.Time

	mu     sync.Mutex
	health quarantine.State
	trial  *trial // of a probe, nil elsewhere
	cut    bool   // one was ended by us
	broken bool   // one was ended by an error of the gateway's own
	runs   []*run // what was worked on
}

// open reports whether another link may be started.
func (c *chunk) open(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := len(c.runs) > 0 && c.session.relay.Now().After(c.until) // one at least: a turn gets somewhere
	return !stopping(ctx, c.leave) && !late && !c.broken && !c.health.Resting()
}

// enough reports whether a link that takes long must leave the rest of its work for later.
func (c *chunk) enough(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ctx.Err() != nil || closed(c.leave) || c.health.Resting() || c.session.relay.Now().After(c.until)
}

// stopping reports whether nothing more may be started: the turn is told to stop or over, or its
// lease may be another's.
func stopping(ctx context.Context, leave <-chan struct{}) bool {
	return ctx.Err() != nil || closed(leave) || connectors.MayCall(ctx) != nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (c *chunk) work(ctx context.Context, it item) error {
	if !c.open(ctx) {
		return nil
	}
	began := c.session.relay.Now()
	if r, postponed := c.postpone(it, began); postponed {
		c.add(r)
		return nil
	}
	r, err := c.session.reconcile(ctx, c.claims, it, func() bool { return c.enough(ctx) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.broken, r.broken = true, true
		c.runs = append(c.runs, r)
		return err
	}
	if r.cut(ctx) {
		c.cut = true
		if !r.linked && r.fault.Class != connectors.Unknown && len(r.deeds.all) == 0 {
			return nil // cut short by our own end, not by the vendor: as if it had not been tried
		}
	} else if r.called {
		if c.health.Phase == quarantine.Probing {
			r.probed()
		}
		c.observe(r)
		c.session.learn(it.Link, r.fault, began)
	}
	c.runs = append(c.runs, r)
	return nil
}

// settleTaken asks the store, for all accounts of the chunk that became known, whether another
// link holds one: then the link gets nothing, and says so.
func (c *chunk) settleTaken(ctx context.Context) error {
	ids := make(map[string][]string) // by type
	for _, r := range c.runs {
		if r.outcome.Linked {
			ids[r.link.Type] = append(ids[r.link.Type], r.outcome.Next.VendorID)
		}
	}
	t := c.session.Target
	holders := make(map[string]map[string]string)
	for kind, known := range ids {
		var err error
		holders[kind], err = c.session.relay.Links.Holders(context.WithoutCancel(ctx), t.Tenant, t.ID, kind, known)
		if err != nil {
			c.breakLinked()
			return err
		}
	}
	for _, r := range c.runs {
		holder := holders[r.link.Type][r.outcome.Next.VendorID]
		if r.outcome.Linked && holder != "" && holder != r.outcome.Next.Resource {
			r.lose(holder)
		}
	}
	return nil
}

// breakLinked keeps accounts off their links of which nobody can say whose they are.
func (c *chunk) breakLinked() {
	for _, r := range c.runs {
		r.broken = r.broken || r.outcome.Linked
	}
}

// outcomes are those of the runs, and for links this chunk did not come to what takes back
// their intents: nothing was sent for them, so nothing needs to be searched for.
func (c *chunk) outcomes(items []item) []store.Outcome {
	all := make([]store.Outcome, 0, len(items))
	done := make(map[string]bool, len(c.runs))
	for _, r := range c.runs {
		done[r.link.Resource] = true
		if o, ok := r.recorded(); ok {
			all = append(all, o)
		}
	}
	for _, it := range items {
		if !done[it.Link.Resource] && it.mayCreate(c.session) {
			all = append(all, store.Outcome{Next: it.Link})
		}
	}
	return all
}

// recorded is what is to be recorded of the run, if anything. One that the gateway itself has
// ended leaves its link as it was, as a crash would, but for the audit of what it did.
func (r *run) recorded() (o store.Outcome, ok bool) {
	if o = r.outcome; r.broken {
		o = store.Outcome{Next: r.intended()}
	}
	o.Did, o.ActedOn = r.deeds.said()
	return o, !r.broken || o.Did != ""
}

// intended is the link as the run found it, with the intent that was committed before.
func (r *run) intended() store.Link {
	k := r.item.Link
	if r.mayCreate(r.Session) {
		k.Intent, k.IntentKey, k.Negatives, k.Adopted = r.relay.Now(), r.record.Key, 0, k.Wanted
	}
	return k
}

// observe tells the target's health what the link's calls said of the vendor, and the link what
// was counted of it. A probe is judged when it has ended.
func (c *chunk) observe(r *run) {
	relay := c.session.relay
	o := quarantine.Observation{Signal: r.signal(), Resource: r.link.Resource, Before: r.item.Link.Tried, Now: relay.Now(), Jitter: relay.Jitter()}
	if r.fault != nil {
		o.RetryAfter = r.fault.RetryAfter
	}
	if counts, refused := o.Signal.Counts(); counts {
		r.outcome.Next.Tried = quarantine.TriedAt(o.Now, refused)
	}
	if c.trial != nil {
		c.trial.add(r, o)
		return
	}
	if c.health.Phase == quarantine.Probing && o.Signal == quarantine.Bad && r.answered {
		o.Signal = quarantine.Answered // it is about this one person
	}
	c.health = relay.Policy.Observe(c.health, o)
}

// signal is what the run says of the vendor. What is not done yet, as where a reference is
// awaited, counts for nothing and shows that the vendor answers.
func (r *run) signal() quarantine.Signal {
	switch {
	case r.fault != nil:
		return consequences[r.fault.Class].signal
	case r.outcome.Next.Applied == r.outcome.Next.Wanted:
		return quarantine.Good
	}
	return quarantine.Answered
}

// width is how many of the target's links may be worked on at once.
func (s *Session) width(ctx context.Context, health quarantine.State) int {
	return max(1, s.relay.Policy.Concurrency(health, s.atOnce(ctx)))
}
