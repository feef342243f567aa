package relay

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// chunkTime is how long a chunk starts links: what is more urgent must not wait for the end of
// a long one at a vendor that has become slow.
const chunkTime = time.Second

// Chunk works on the due links of one urgency, several at a time, and returns what became of
// each, with the target's health afterwards. It starts no link once leave is closed or its time
// is over; the calls under way end, with ctx at the latest. Links it did not come to stay due.
// It returns an error only when the gateway itself failed: the lease lost, the store gone.
func (s *Session) Chunk(ctx context.Context, leave <-chan struct{}, lease store.Lease, work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State, error) {
	items, err := s.prepare(ctx, lease, work)
	if err != nil {
		return nil, health, err
	}
	c := &chunk{session: s, claims: newClaims(), leave: leave, until: s.relay.Now().Add(chunkTime), health: health}
	var workers errgroup.Group
	workers.SetLimit(max(1, s.Concurrency))
	for _, item := range items {
		if !c.open(ctx) {
			break
		}
		workers.Go(func() error { return c.work(ctx, item) })
	}
	if err := errors.Join(workers.Wait(), c.settleTaken(ctx)); err != nil {
		return nil, c.health, err
	}
	return c.outcomes(items), c.health, nil
}

// chunk gathers outcomes and the target's health while links are worked on.
type chunk struct {
	session *Session
	claims  *claims
	leave   <-chan struct{}
	until   time.Time

	mu     sync.Mutex
	health quarantine.State
	runs   []*run // what was worked on
}

// open reports whether another link may be started.
func (c *chunk) open(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := len(c.runs) > 0 && c.session.relay.Now().After(c.until) // one at least: a turn gets somewhere
	return ctx.Err() == nil && !closed(c.leave) && !late && !c.health.Resting()
}

// enough reports whether a link that takes long must leave the rest of its work for later.
func (c *chunk) enough(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ctx.Err() != nil || closed(c.leave) || c.health.Resting() || c.session.relay.Now().After(c.until)
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
	r, err := c.session.reconcile(ctx, c.claims, it, func() bool { return c.enough(ctx) })
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.fault != nil && ctx.Err() != nil {
		if !r.linked && r.fault.Class != connectors.Unknown {
			return nil // cut short by our own end, not by the vendor: as if it had not been tried
		}
	} else if r.called {
		c.observe(r)
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
			return err
		}
	}
	for _, r := range c.runs {
		holder := holders[r.link.Type][r.outcome.Next.VendorID]
		if r.outcome.Linked && holder != "" && holder != r.outcome.Next.Resource {
			r.link, r.waitsFor, r.linked = r.item.Link, holder, false
			r.outcome = r.settle(taken(holder))
		}
	}
	return nil
}

// outcomes are those of the runs, and for links this chunk did not come to what takes back
// their intents: nothing was sent for them, so nothing needs to be searched for.
func (c *chunk) outcomes(items []item) []store.Outcome {
	all := make([]store.Outcome, 0, len(items))
	done := make(map[string]bool, len(c.runs))
	for _, r := range c.runs {
		all = append(all, r.outcome)
		done[r.link.Resource] = true
	}
	for _, it := range items {
		if !done[it.Link.Resource] && it.mayCreate(c.session) {
			all = append(all, store.Outcome{Next: it.Link})
		}
	}
	return all
}

// observe tells the target's health what the link's calls said of the vendor. A read that went
// well passes a probe, whatever became of this one person afterwards.
func (c *chunk) observe(r *run) {
	relay := c.session.relay
	o := quarantine.Observation{Signal: quarantine.Good, Now: relay.Now(), Jitter: relay.Jitter()}
	if r.fault == nil || (r.answered && c.health.Phase == quarantine.Probing) {
		c.health = relay.Policy.Observe(c.health, o)
	}
	if r.fault != nil {
		o.Signal, o.RetryAfter = consequences[r.fault.Class].signal, r.fault.RetryAfter
		c.health = relay.Policy.Observe(c.health, o)
	}
}

// item is one link with what its resource means for this target.
type item struct {
	store.Work
	doc     scim.Document
	record  connectors.Record
	present bool // the vendor should hold the person, active or not, or the group
	foreign bool // the product has nothing of this type
	waits   string
	fault   *connectors.Fault // the record could not be made
}

// prepare reads every resource's meaning, resolves references together and commits the
// intents of those that may be created.
func (s *Session) prepare(ctx context.Context, lease store.Lease, work []store.Work) ([]item, error) {
	items := make([]item, len(work))
	var wanted []string
	for i, w := range work {
		items[i] = s.read(w)
		for _, id := range items[i].record.References {
			wanted = append(wanted, id)
		}
	}
	linked := map[string]string{}
	if len(wanted) > 0 {
		var err error
		if linked, err = s.relay.Links.VendorIDs(ctx, lease.Tenant, lease.Target, wanted); err != nil {
			return nil, err
		}
	}
	var creations []store.Intent
	for i := range items {
		items[i].resolve(linked)
		if items[i].mayCreate(s) {
			creations = append(creations, store.Intent{Resource: items[i].Link.Resource, Key: items[i].record.Key})
		}
	}
	if len(creations) == 0 {
		return items, nil
	}
	return items, s.relay.Links.Begin(ctx, lease, creations)
}

// read decodes one resource and asks mapping and scope what it means here.
func (s *Session) read(w store.Work) item {
	it := item{Work: w}
	if w.Link.Type == scim.TypeGroup && !s.hasGroups() {
		it.foreign = true
		return it
	}
	doc, err := scim.Decode(w.Resource.Body, scim.DefaultLimits().Stored())
	if err != nil {
		it.fault = &connectors.Fault{Class: connectors.Internal, Detail: "the stored resource cannot be read", Err: err}
		return it
	}
	it.doc = doc
	it.record, err = s.Mapping.For(w.Link.Type).Record(w.Resource.ID, doc)
	it.record.VendorID = w.Link.VendorID
	inScope, scopeErr := s.within(w.Link.Type, doc)
	switch leaver := w.Link.VendorID != "" && doc["active"] == false; {
	case w.Deleted:
		return it // only what finds the account matters: a deleted person needs no valid record
	case leaver && scopeErr != nil:
		inScope = true // who must go, goes
	case leaver && inScope && err != nil:
		it.record = connectors.Record{Type: w.Link.Type, Resource: w.Resource.ID, VendorID: w.Link.VendorID}
	case scopeErr != nil:
		it.fault = connectors.FaultOf(scopeErr)
	case err != nil && inScope:
		it.fault = connectors.FaultOf(err)
	}
	it.present = inScope
	return it
}

// within asks the scope, which is about people only.
func (s *Session) within(kind string, doc scim.Document) (bool, error) {
	if kind == scim.TypeGroup {
		return true, nil
	}
	return s.Scope.In(doc)
}

// resolve turns references into vendor ids. One that is not linked yet is left out, and the
// link waits for it once everything else is done.
func (it *item) resolve(linked map[string]string) {
	for field, id := range it.record.References {
		vendorID, ok := linked[id]
		if !ok {
			it.waits = id
			continue
		}
		it.record.Fields[field] = vendorID
	}
}

// mayCreate reports whether reconciling may lead to a create whose intent is not committed yet.
func (it *item) mayCreate(s *Session) bool {
	return it.present && it.fault == nil && it.Link.VendorID == "" && it.Link.Intent.IsZero() && s.Target.Sync.Create
}

// notForwarded says which attributes have no home at the vendor.
func (s *Session) notForwarded(it item) string {
	if !it.present {
		return ""
	}
	if names := s.Mapping.For(it.Link.Type).NotForwarded(it.doc); len(names) > 0 {
		return "not forwarded: " + strings.Join(names, ", ")
	}
	return ""
}
