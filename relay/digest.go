package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"scimrelay/connectors"
	"scimrelay/store"
	"scimrelay/tenants"
)

// digest is of everything that decides what the vendor's account must be. A link that is only
// looked at again, after new settings or a change of groups, needs no call when it is what it was.
func (s *Session) digest(it item) string {
	record := it.record
	record.VendorID, record.OnCreate, record.Groups = "", nil, s.giving(record.Groups)
	entitlements := ""
	if len(record.Groups) > 0 {
		entitlements = s.Target.Defaults.Fingerprint() // they say what the groups give
	}
	return digestOf(struct {
		Present      bool
		Record       connectors.Record
		Sync         tenants.Sync
		OnDelete     string
		Deactivate   connectors.DeactivateKind
		Entitlements string
	}{it.present, record, s.Target.Sync, s.Target.OnDelete, s.Capabilities.Deactivate, entitlements})
}

// giving leaves out the groups that give nothing.
func (s *Session) giving(groups []connectors.Group) []connectors.Group {
	var giving []connectors.Group
	for _, g := range groups {
		if s.entitler == nil || s.entitler.Gives(g) {
			giving = append(giving, g)
		}
	}
	return giving
}

// unchanged reports whether the link is only looked at again, and is what it was.
func (s *Session) unchanged(it item) bool {
	return it.Link.Recheck && it.Link.Digest != "" && it.Link.Digest == s.digest(it)
}

// stir notes, before anything is sent, which of the links that were only to be looked at are
// changed: should this process die, what it sent must not be taken for what was there before.
func (s *Session) stir(ctx context.Context, lease store.Lease, items []item) error {
	var changed []string
	for i := range items {
		if it := &items[i]; it.Link.Recheck && it.asked(func() bool { return !s.unchanged(*it) }) {
			changed = append(changed, it.Link.Resource)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return s.relay.Links.Stir(ctx, lease, changed)
}

// digestOf is short and says nothing of what it is made of. What cannot be written has none.
func digestOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
