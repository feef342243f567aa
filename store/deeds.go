package store

import "context"

// event is the outcome as the audit has it. An account that the link has let go of is named all
// the same.
func (o *Outcome) event(lease Lease, kind string) event {
	k := o.Next
	e := event{tenant: lease.Tenant, kind: kind, resource: k.Resource, target: lease.Target, version: k.Wanted,
		fault: k.Fault, detail: k.Detail, vendorID: o.ActedOn, did: o.Did}
	if e.vendorID == "" {
		e.vendorID = k.VendorID
	}
	return e
}

// late writes what a turn did at the vendor whose lease was lost before it could be recorded: the
// links are the next owner's, and what was done was done.
func (l *Links) late(ctx context.Context, lease Lease, outcomes []Outcome) error {
	var late []event
	for _, o := range outcomes {
		if o.Did != "" {
			late = append(late, o.event(lease, "link.late"))
		}
	}
	if len(late) == 0 {
		return nil
	}
	return l.db.commit.do(ctx, locks{}, func(_ context.Context, t *tx) error {
		for _, e := range late {
			t.note(e)
		}
		return nil
	})
}
