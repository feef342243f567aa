package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"scimrelay/connectors"
	"scimrelay/tenants"
)

// digest is of everything that decides what the vendor's account must be. A link that is due
// because the settings changed needs no call when it is what it was.
func (r *run) digest() string {
	return digestOf(struct {
		Present      bool
		Record       connectors.Record
		Sync         tenants.Sync
		OnDelete     string
		Deactivate   connectors.DeactivateKind
		Entitlements string
	}{r.present, r.known(), r.Target.Sync, r.Target.OnDelete, r.Capabilities.Deactivate, r.entitlements()})
}

// known is the record without what the account itself decides.
func (r *run) known() connectors.Record {
	record := r.record
	record.VendorID, record.OnCreate = "", nil
	return record
}

// entitlements is of the settings that say what the person's groups give.
func (r *run) entitlements() string {
	if len(r.record.Groups) == 0 {
		return ""
	}
	return r.Target.Defaults.Fingerprint()
}

// unchanged reports whether the link is due for new settings only, and they leave it alone.
func (r *run) unchanged() bool {
	return r.item.Link.Recheck && r.item.Link.Digest != "" && r.item.Link.Digest == r.digest()
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
