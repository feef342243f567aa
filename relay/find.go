package relay

import (
	"context"

	"scimrelay/connectors"
)

// find reads the vendor's account, nil when there is none that may be used. An account found
// by its key is adopted unless another link holds it.
func (r *run) find(ctx context.Context) (*connectors.Remote, error) {
	have, err := r.search(ctx, r.record)
	if connectors.Is(err, connectors.NotFound) && r.link.VendorID != "" {
		// The id leads nowhere: gone by another hand, or not shown yet. Look by key.
		r.vanished = true
		byKey := r.record
		byKey.VendorID = ""
		have, err = r.search(ctx, byKey)
	}
	if connectors.Is(err, connectors.NotFound) && r.link.IntentKey != "" && r.link.IntentKey != r.record.Key && !r.link.Intent.IsZero() {
		// A create that may have happened went out under another key: the person was renamed since.
		byOldKey := r.record
		byOldKey.VendorID, byOldKey.Key = "", r.link.IntentKey
		have, err = r.search(ctx, byOldKey)
	}
	if connectors.Is(err, connectors.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.vanished = false
	return &have, r.adopt(ctx, have)
}

func (r *run) search(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	r.called = true
	have, err := r.Connector.Find(ctx, want)
	have.Type = r.link.Type
	r.answered = r.answered || err == nil || connectors.Is(err, connectors.NotFound)
	return have, err
}

// adopt makes the account the link's, unless another link of the target holds it.
func (r *run) adopt(ctx context.Context, have connectors.Remote) error {
	if have.ID == r.link.VendorID {
		return nil
	}
	holders, err := r.relay.Links.Holders(ctx, r.link.Tenant, r.link.Target, r.link.Type, []string{have.ID})
	if err != nil {
		return err
	}
	if holder, held := holders[have.ID]; held && holder != r.link.Resource {
		r.waitsFor = holder
		return taken(holder)
	}
	if err := r.admit(); err != nil {
		return err
	}
	return r.own(have)
}

// own puts the account on the link, unless another link of this chunk was faster.
func (r *run) own(have connectors.Remote) error {
	if holder := r.take(r.link.Type, have.ID, r.link.Resource); holder != r.link.Resource {
		r.waitsFor = holder
		return taken(holder)
	}
	if r.link.VendorID != "" {
		r.link.Generation++ // another account in the place of the one it held
	}
	r.link.VendorID, r.record.VendorID, r.linked = have.ID, have.ID, true
	r.link.Since, r.link.SinceMember = 0, "" // nobody is known to be in this group yet
	return nil
}

func taken(holder string) *connectors.Fault {
	return connectors.Faultf(connectors.Ambiguous, "the vendor's account with this key is that of resource %s", holder)
}
