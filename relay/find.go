package relay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"scimrelay/connectors"
)

// find reads the vendor's account, nil when there is none that may be used. An account found
// by its key is adopted unless another link holds it.
func (r *run) find(ctx context.Context) (*connectors.Remote, error) {
	want := r.record
	if want.VendorID == "" {
		want.Key = r.sought()
	}
	have, err := r.search(ctx, want)
	if connectors.Is(err, connectors.NotFound) && want.VendorID != "" {
		// The id leads nowhere: gone by another hand, or not shown yet. Look by key.
		r.vanished = true
		want.VendorID = ""
		have, err = r.search(ctx, want)
	}
	if connectors.Is(err, connectors.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.vanished = false
	err = r.adopt(ctx, have, want.Key)
	if r.waitsFor != "" && want.Key != r.record.Key {
		// What was made under the old key is another's now, or was theirs from the start: the
		// person needs nothing of it, and gets an account under the new key.
		r.waitsFor = ""
		return nil, nil
	}
	return &have, err
}

// sought is the key to search by, where the link holds no account. While a create may have
// happened it is the one that went out, whatever the person is called since: what was made is
// theirs, and what has their new key is not.
func (r *run) sought() string {
	if r.link.Intent.IsZero() {
		return r.record.Key
	}
	return cmp.Or(r.link.IntentKey, r.record.Key)
}

func (r *run) search(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	r.called = true
	have, err := r.Connector.Find(ctx, want)
	have.Type = r.link.Type
	r.answered = r.answered || err == nil || connectors.Is(err, connectors.NotFound)
	if err == nil && want.VendorID != "" {
		r.link.VendorKey = cmp.Or(keyMark(have.Key), r.link.VendorKey)
	}
	return have, err
}

// adopt makes the account that was found by the key the link's, unless another link of the target
// holds it.
func (r *run) adopt(ctx context.Context, have connectors.Remote, key string) error {
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
	adopted, err := r.admit(have, key)
	if err != nil {
		return err
	}
	if err := r.own(have, key); err != nil {
		return err
	}
	r.link.Adopted = adopted
	return nil
}

// own puts the account with the key on the link, unless another link of this chunk was faster.
func (r *run) own(have connectors.Remote, key string) error {
	if holder := r.take(r.link.Type, have.ID, r.link.Resource); holder != r.link.Resource {
		r.waitsFor = holder
		return taken(holder)
	}
	if r.link.VendorID != "" {
		r.letGo(r.link.VendorID) // for another in its place
	}
	r.link.VendorID, r.record.VendorID, r.linked = have.ID, have.ID, true
	r.link.VendorKey, r.link.Adopted = keyMark(key), 0
	r.link.Since, r.link.SinceMember = 0, "" // nobody is known to be in this group yet
	return nil
}

// letGo ends the link's hold on an account and remembers it: should it be found again, by its key
// or under its id, it is the link's own.
func (r *run) letGo(id string) {
	r.link.VendorID, r.link.FormerID, r.link.Adopted = "", id, 0
	r.link.Generation++
}

// taken is the fault of an account that is another's.
func taken(holder string) *connectors.Fault {
	return connectors.Faultf(connectors.Ambiguous, "the vendor's account with this key is that of resource %s", holder)
}

// keyMark is by what a link remembers a key that it held: it may be somebody's address, and has to be
// known again only, by no other than who knows it.
func keyMark(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("scimrelay match key\x00" + strings.ToLower(key)))
	return hex.EncodeToString(sum[:16])
}

// sameKey compares match keys; one that is not known is like none.
func sameKey(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
