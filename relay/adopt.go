package relay

import (
	"maps"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// admit decides about an account that the search has found and no link holds. One that this link
// made, or held before, is its own; any other was there by another hand, and the target says what
// is done with those.
func (r *run) admit() error {
	own := !r.item.Link.Intent.IsZero() || r.item.Link.VendorID != "" || r.item.Link.Generation > 1
	switch {
	case own || r.link.Type == scim.TypeGroup:
	case r.Target.Adopt == tenants.AdoptNever:
		return connectors.Faultf(connectors.Ambiguous, "the vendor has an account with this key already, and the target adopts none (adopt: never)")
	case r.Target.Adopt != tenants.AdoptFully:
		r.adopting = r.addresses(r.record.Key)
	}
	return nil
}

// careful is the record without what the account logs in with, while it is adopted by no more than
// an e-mail address or a user name: whoever can write those to the directory must not take over
// somebody's account by it (reliability rules 3.2, step 5). The person's next change brings it.
func (r *run) careful(have connectors.Remote) connectors.Record {
	if !r.adopting {
		return r.record
	}
	record := r.record
	record.Fields = maps.Clone(record.Fields)
	var kept []string
	for name, want := range r.record.Fields {
		if !r.addresses(want) && !r.addresses(have.Fields[name]) {
			continue
		}
		delete(record.Fields, name)
		if !connectors.SameText(connectors.TextOf(want), connectors.TextOf(have.Fields[name])) {
			kept = append(kept, name)
		}
	}
	if len(kept) > 0 {
		slices.Sort(kept)
		r.note("the account was there before: what it logs in with is left as it is until the next change (" + strings.Join(kept, ", ") + ")")
	}
	return record
}

// addresses reports whether a value is an e-mail address, or the person's user name.
func (r *run) addresses(value any) bool {
	text, ok := value.(string)
	if !ok || text == "" {
		return false
	}
	name, _ := r.doc["userName"].(string)
	return strings.Contains(text, "@") || strings.EqualFold(text, name)
}
