package relay

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"scimrelay/connectors"
	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// Chunk works on the due links of one urgency, several at a time, and returns what became of
// each, with the target's health afterwards. Links it did not come to have no outcome and stay
// due. It returns an error only when the gateway itself failed: the lease lost, the store gone.
func (s *Session) Chunk(ctx context.Context, lease store.Lease, work []store.Work, health quarantine.State) ([]store.Outcome, quarantine.State, error) {
	items, err := s.prepare(ctx, lease, work)
	if err != nil {
		return nil, health, err
	}
	c := &chunk{session: s, claims: newClaims(), health: health, done: make(map[string]bool, len(items))}
	var workers errgroup.Group
	workers.SetLimit(max(1, s.Concurrency))
	for _, item := range items {
		if !c.open(ctx) {
			break
		}
		workers.Go(func() error { return c.work(ctx, item) })
	}
	err = workers.Wait()
	return append(c.outcomes, c.untouched(items)...), c.health, err
}

// chunk gathers outcomes and the target's health while links are worked on.
type chunk struct {
	session *Session
	claims  *claims

	mu       sync.Mutex
	health   quarantine.State
	outcomes []store.Outcome
	done     map[string]bool
}

// open reports whether another link may be started.
func (c *chunk) open(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ctx.Err() == nil && !c.health.Resting()
}

func (c *chunk) work(ctx context.Context, it item) error {
	if !c.open(ctx) {
		return nil
	}
	outcome, fault, called, err := c.session.reconcile(ctx, c.claims, it)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if called {
		c.observe(fault)
	}
	if fault != nil && ctx.Err() != nil && fault.Class != connectors.Unknown {
		return nil // cut short by our own end, not by the vendor: as if it had not been tried
	}
	c.outcomes, c.done[it.Link.Resource] = append(c.outcomes, outcome), true
	return nil
}

// untouched takes back the intents of links this chunk did not come to: nothing was sent for
// them, so nothing needs to be searched for.
func (c *chunk) untouched(items []item) []store.Outcome {
	var back []store.Outcome
	for _, it := range items {
		if !c.done[it.Link.Resource] && it.mayCreate(c.session) {
			back = append(back, store.Outcome{Next: it.Link})
		}
	}
	return back
}

func (c *chunk) observe(fault *connectors.Fault) {
	r := c.session.relay
	o := quarantine.Observation{Signal: quarantine.Good, Now: r.Now(), Jitter: r.Jitter()}
	if fault != nil {
		o.Signal, o.RetryAfter = consequences[fault.Class].signal, fault.RetryAfter
	}
	c.health = r.Policy.Observe(c.health, o)
}

// item is one link with what its resource means for this target.
type item struct {
	store.Work
	doc     scim.Document
	record  connectors.Record
	present bool // the vendor should hold the person, active or not
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
	var creations []string
	for i := range items {
		items[i].resolve(linked)
		if items[i].mayCreate(s) {
			creations = append(creations, items[i].Link.Resource)
		}
	}
	if len(creations) == 0 {
		return items, nil
	}
	return items, s.relay.Links.Begin(ctx, lease, creations)
}

// read decodes one resource and asks scope and mapping what it means here.
func (s *Session) read(w store.Work) item {
	it := item{Work: w}
	doc, err := scim.Decode(w.Resource.Body, scim.DefaultLimits().Stored())
	if err != nil {
		it.fault = &connectors.Fault{Class: connectors.Internal, Detail: "the stored resource cannot be read", Err: err}
		return it
	}
	it.doc = doc
	it.record, err = s.Mapping.Record(w.Resource.ID, doc)
	it.record.VendorID = w.Link.VendorID
	inScope, scopeErr := s.Scope.In(doc)
	switch {
	case w.Deleted:
		return it // only what finds the account matters: a deleted person needs no valid record
	case scopeErr != nil:
		it.fault = connectors.FaultOf(scopeErr)
	case err != nil && inScope && w.Link.VendorID != "" && doc["active"] == false:
		it.record = connectors.Record{Resource: w.Resource.ID, VendorID: w.Link.VendorID} // who must go, goes
	case err != nil && inScope:
		it.fault = connectors.FaultOf(err)
	}
	it.present = inScope
	return it
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
	if names := s.Mapping.NotForwarded(it.doc); len(names) > 0 && it.present {
		return "not forwarded: " + strings.Join(names, ", ")
	}
	return ""
}
