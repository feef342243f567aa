package relay

import (
	"maps"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// admit decides about an account that the search has found by the key and no link holds. What this
// link made or held is its own; any other was there by another hand, and the target says what is
// done with those. It returns the version whose step adopts carefully, 0 when there is no need.
func (r *run) admit(have connectors.Remote, key string) (adopted int64, err error) {
	weak := r.Target.Adopt != tenants.AdoptFully && r.addresses(key)
	switch {
	case r.link.Type == scim.TypeGroup, r.owned(have, key):
		return 0, nil
	case r.begun() && weak:
		// The process died, and nobody knows whether it made this account or was about to adopt
		// it. With what was wanted then the two are treated alike.
		return r.link.Adopted, nil
	case r.begun():
		return 0, nil
	case r.Target.Adopt == tenants.AdoptNever:
		return 0, connectors.Faultf(connectors.Ambiguous, "the vendor has an account with this key already, and the target adopts none (adopt: never)")
	case weak:
		return r.link.Wanted, nil
	}
	return 0, nil
}

// owned reports whether the account is one that the link held, or has the key of the one it held
// last or of a create that was sent. Under any other key it is somebody else's, whoever the person
// was here before.
func (r *run) owned(have connectors.Remote, key string) bool {
	sent := !r.link.Intent.IsZero() && !r.begun() && sameKey(r.link.IntentKey, key)
	return sent || have.ID == r.link.FormerID || key != "" && r.link.VendorKey == keyMark(key)
}

// begun reports whether a create was about to be sent by a process that has died, so that nobody
// knows whether it was.
func (r *run) begun() bool {
	k := r.item.Link
	return k.VendorID == "" && !k.Intent.IsZero() && k.Adopted != 0
}

// careful is the record without what the account logs in with, while it is adopted by no more than
// an e-mail address or a user name: whoever can write those to the directory must not take over
// somebody's account by it (reliability rules 3.2, step 5). The person's next change brings it,
// however many runs this one takes.
func (r *run) careful(have connectors.Remote) connectors.Record {
	if r.link.Adopted == 0 || r.link.Adopted != r.link.Wanted || r.Target.Adopt == tenants.AdoptFully {
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
