package relay

import (
	"context"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// item is one link with what its resource means for this target.
type item struct {
	store.Work
	doc     scim.Document
	record  connectors.Record
	present bool // the vendor should hold the person, active or not, or the group
	foreign bool // the product has nothing of this type
	spreads bool // what changes of the group changes its members here
	waits   string
	suspect string            // why a person has to agree before the account is lost for good
	burst   string            // how many are leaving, where the deletion guard holds them
	through bool              // the deletion guard has let it through
	gate    *gate             // what the deletion guard is asked by
	fault   *connectors.Fault // the record could not be made
}

// prepare reads every resource's meaning, completes the records together and commits the intents
// of those that may be created.
func (s *Session) prepare(ctx context.Context, lease store.Lease, work []store.Work) ([]item, error) {
	items := make([]item, len(work))
	for i, w := range work {
		items[i] = s.meaning(w)
	}
	if err := s.complete(ctx, &lease, items); err != nil {
		return nil, err
	}
	if err := s.stir(ctx, lease, items); err != nil {
		return nil, err
	}
	var creations []store.Intent
	for i := range items {
		if items[i].mayCreate(s) {
			creations = append(creations, store.Intent{Resource: items[i].Link.Resource, Version: items[i].Link.Wanted, Key: items[i].record.Key})
		}
	}
	if len(creations) == 0 {
		return items, nil
	}
	return items, s.relay.Links.Begin(ctx, lease, creations)
}

// complete adds to the records what other resources give: references, groups, and whether too
// many are leaving.
func (s *Session) complete(ctx context.Context, lease *store.Lease, items []item) error {
	if err := s.refer(ctx, items); err != nil {
		return err
	}
	if err := s.enrol(ctx, items); err != nil {
		return err
	}
	return s.guard(ctx, lease, items)
}

// refer resolves the references of all records.
func (s *Session) refer(ctx context.Context, items []item) error {
	var wanted []string
	for i := range items {
		for _, id := range items[i].record.References {
			wanted = append(wanted, id)
		}
	}
	linked := map[string]string{}
	if len(wanted) > 0 {
		var err error
		if linked, err = s.relay.Links.VendorIDs(ctx, s.Target.Tenant, s.Target.ID, wanted); err != nil {
			return err
		}
	}
	for i := range items {
		items[i].resolve(linked)
	}
	return nil
}

// enrol gives the records of people their groups, where groups give something.
func (s *Session) enrol(ctx context.Context, items []item) error {
	if !s.Capabilities.Entitlements {
		return nil
	}
	var people []string
	for i := range items {
		if items[i].Link.Type == scim.TypeUser && items[i].present {
			people = append(people, items[i].Link.Resource)
		}
	}
	if len(people) == 0 {
		return nil
	}
	of, err := s.relay.Links.GroupsOf(ctx, s.Target.Tenant, people)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].join(of[items[i].Link.Resource])
	}
	return nil
}

// join adds the groups to the record. One that cannot be read is the fault of who is in it, but
// keeps nobody from losing access.
func (it *item) join(groups []scim.Resource) {
	for _, r := range groups {
		group, err := groupOf(r)
		switch {
		case err == nil:
			it.record.Groups = append(it.record.Groups, group)
		case it.fault == nil && it.record.Active:
			it.fault = &connectors.Fault{Class: connectors.Internal, Detail: "a stored group cannot be read", Err: err}
		}
	}
}

// read decodes one resource and asks mapping and scope what it means here.
func (s *Session) read(w store.Work) item {
	it := item{Work: w}
	if w.Link.Type == scim.TypeGroup && s.Capabilities.Entitlements {
		it.spreads, it.present = true, !w.Deleted
		return it
	}
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
