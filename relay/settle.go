package relay

import (
	"fmt"
	"strings"
	"time"

	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/store"
)

// settle turns what happened to a link into what is recorded of it.
func (r *run) settle(fault *connectors.Fault) store.Outcome {
	r.link.Fault, r.link.Detail = "", ""
	if fault == nil || fault.Class != connectors.Confirm {
		r.link.Staged = 0
	}
	switch {
	case fault != nil:
		return r.failed(fault)
	case r.rested:
		k := r.item.Link
		k.Applied, k.State, k.Attempts, k.NextAt, k.Staged = k.Wanted, "", 0, time.Time{}, 0
		return store.Outcome{Next: k}
	case r.verifying:
		r.link.Detail = "an account may be there that the vendor does not show; it is searched for again"
		return store.Outcome{Next: r.link, Linked: r.linked, Kind: "link.verifying"}
	case r.ready && r.vanished && r.present:
		r.link.VendorID = ""
		r.link.Generation++
		if r.record.Active {
			return r.again("the vendor's account is gone; a new one is made", "link.vanished")
		}
	case r.ready && r.present:
		return r.again("the creation that was cut off did not happen", "link.verified")
	case r.unfinished:
		return r.further()
	case r.heldMembers > 0:
		return r.withheld()
	case r.waiting > 0:
		return r.parked(r.link.Resource, fmt.Sprintf("waits for %d members", r.waiting))
	case r.waits != "" && r.present && r.link.VendorID != "":
		return r.parked(r.waits, "waits until "+r.waits+" is linked")
	}
	return r.applied()
}

// again records that the next run, at once, finds the way clear.
func (r *run) again(detail, kind string) store.Outcome {
	k := &r.link
	k.State, k.NextAt, k.Detail = StateRetry, r.relay.Now(), detail
	return store.Outcome{Next: *k, Kind: kind}
}

// applied records that the vendor is as wanted, as far as the target's switches let it be.
func (r *run) applied() store.Outcome {
	k := &r.link
	k.Applied, k.State, k.Attempts, k.NextAt = k.Wanted, "", 0, time.Time{}
	k.WaitsFor, k.Intent, k.IntentKey, k.Negatives = "", time.Time{}, "", 0
	if k.Detail = r.skipped; k.Detail == "" {
		k.Detail = r.said()
	}
	if k.Digest = ""; r.skipped == "" && r.present && !r.spreads {
		k.Digest = r.digest(r.item)
	}
	if r.skipped == "" && k.Type == scim.TypeUser {
		k.Down = k.VendorID != "" && (!r.present || !r.record.Active)
	}
	kind := "link.applied"
	if r.skipped != "" {
		kind = "link.skipped"
	}
	return store.Outcome{Next: *k, Linked: r.linked, Gone: r.Deleted, Kind: kind}
}

// said is what is worth knowing of a link that is done.
func (r *run) said() string {
	notes := r.notes
	if names := r.notForwarded(r.item); names != "" {
		notes = append([]string{names}, notes...)
	}
	return strings.Join(notes, "; ")
}

// further records that a group with many members has more to do, at once.
func (r *run) further() store.Outcome {
	k := &r.link
	k.State, k.Attempts, k.NextAt, k.WaitsFor = "", 0, r.relay.Now(), ""
	k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
	k.Detail = "there are more members to go through"
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.progressed"}
}

// parked records that everything but a reference is done, or but some members. It counts as no
// failure, and the link wakes when the other one is linked; a group that waits for members
// waits for itself, and wakes with each of them.
func (r *run) parked(waitsFor, detail string) store.Outcome {
	k := &r.link
	k.State, k.Attempts, k.NextAt, k.WaitsFor = StateParked, 0, store.Never(), waitsFor
	k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
	k.Detail = detail
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.parked"}
}

// failed records a fault by the table.
func (r *run) failed(fault *connectors.Fault) store.Outcome {
	k, c := &r.link, consequences[fault.Class]
	now := r.relay.Now()
	k.Fault, k.Detail, k.State = string(fault.Class), fault.Detail, c.state
	if c.attempt || (fault.Class == connectors.Unknown && k.VendorID != "") { // a lost update is just repeated
		k.Attempts++
	}
	if c.wait == backoff && k.Attempts > soonTries {
		k.State = StateEscrow
	}
	if k.NextAt = store.Never(); c.wait != forever {
		k.NextAt = now.Add(c.wait.delay(max(k.Attempts, 1), r.relay.Jitter()))
	}
	k.WaitsFor = r.waitsFor
	switch {
	case k.VendorID != "":
		k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
		if k.State == StateVerify {
			k.State = StateRetry
		}
	case r.tried && (fault.Uncertain || fault.Class == connectors.Unknown):
		k.Intent, k.IntentKey, k.Negatives, k.State = now, r.record.Key, 0, StateVerify
	case r.item.Link.Intent.IsZero() || r.tried:
		k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0 // surely not made
	}
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.failed"}
}
