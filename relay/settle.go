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
		k.Applied, k.State, k.Attempts, k.Failing, k.NextAt, k.Staged = k.Wanted, "", 0, time.Time{}, time.Time{}, 0
		return store.Outcome{Next: k}
	case r.verifying:
		if r.missed() {
			r.link.Fault = r.item.Link.Fault
		}
		r.link.Detail = "an account may be there that the vendor does not show; it is searched for again"
		return store.Outcome{Next: r.link, Linked: r.linked, Kind: "link.verifying"}
	case r.recovered:
		r.link.Intent, r.link.IntentKey, r.link.Negatives = time.Time{}, "", 0
		o := r.again("what a lost creation made is found; its changes follow", "link.recovered")
		o.Linked = true
		return o
	case r.ready && r.vanished && r.present:
		r.letGo(r.link.VendorID)
		if r.record.Active {
			return r.again("the vendor's account is gone; a new one is made", "link.vanished")
		}
	case r.ready && r.present:
		return r.unmade()
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

// unmade records that a creation has not happened. One whose answer was lost has failed, as is
// known only now, and is tried ever more rarely; one that a dying process cut off has not.
func (r *run) unmade() store.Outcome {
	const kind = "link.verified"
	o := r.again("the creation that was cut off did not happen", kind)
	if !r.missed() {
		return o
	}
	k := &r.link
	if k.Attempts++; k.Failing.IsZero() {
		k.Failing = r.relay.Now()
	}
	if k.Attempts > 1 {
		r.rest(backoff, r.relay.Now())
	}
	return store.Outcome{Next: *k, Kind: kind}
}

// missed reports whether the creation that is searched for has failed, should nothing be found: its
// answer was lost, or could not be read.
func (r *run) missed() bool {
	fault := r.item.Link.Fault
	return !r.begun() && (fault == string(connectors.Unknown) || fault == string(connectors.Internal))
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
	k.Applied, k.State, k.Attempts, k.Failing, k.NextAt = k.Wanted, "", 0, time.Time{}, time.Time{}
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
	k.State, k.Attempts, k.Failing, k.NextAt, k.WaitsFor = "", 0, time.Time{}, r.relay.Now(), ""
	k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
	k.Detail = "there are more members to go through"
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.progressed"}
}

// parked records that everything but a reference is done, or but some members. It counts as no
// failure, and the link wakes when the other one is linked; a group that waits for members
// waits for itself, and wakes with each of them.
func (r *run) parked(waitsFor, detail string) store.Outcome {
	k := &r.link
	k.State, k.Attempts, k.Failing, k.NextAt, k.WaitsFor = StateParked, 0, time.Time{}, store.Never(), waitsFor
	k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
	k.Detail = detail
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.parked"}
}

// failed records a fault by the table.
func (r *run) failed(fault *connectors.Fault) store.Outcome {
	k, c := &r.link, r.consequence(fault)
	now := r.relay.Now()
	k.Fault, k.Detail, k.State = string(fault.Class), fault.Detail, c.state
	if c.attempt || (fault.Class == connectors.Unknown && k.VendorID != "") { // a lost update is just repeated
		k.Attempts++
	}
	switch {
	case r.item.Link.State == "" && !c.wait.failing(): // nothing has failed yet
		k.Failing = time.Time{}
	case c.wait.failing() && (r.item.Link.State == "" || k.Failing.IsZero()):
		k.Failing = now
	}
	r.rest(c.wait, now)
	k.WaitsFor = r.waitsFor
	switch {
	case k.VendorID != "":
		k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0
		if k.State == StateVerify {
			k.State = StateRetry
		}
	case r.lost(fault):
		k.Intent, k.IntentKey, k.Negatives, k.State, k.Adopted = now, r.record.Key, 0, StateVerify, 0
	case r.item.Link.Intent.IsZero() || r.tried:
		k.Intent, k.IntentKey, k.Negatives = time.Time{}, "", 0 // surely not made
	}
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.failed"}
}

// lost reports whether the run has sent a create that may have been carried out. Where a mistake of
// ours came up behind it, nobody knows how far the call had got.
func (r *run) lost(fault *connectors.Fault) bool {
	return r.tried && (fault.Uncertain || fault.Class == connectors.Unknown || fault.Class == connectors.Internal)
}

// consequence is the table's, with three exceptions. Behind a create our own mistake is an outcome
// nobody knows. What was to take access away and is refused in a way that nobody recognises is not
// tried again before somebody has had the time to look. Credentials that are refused for one person
// may have been revoked in that moment: a few tries soon tell.
func (r *run) consequence(fault *connectors.Fault) consequence {
	c := consequences[fault.Class]
	if fault.Class == connectors.Internal && r.lost(fault) {
		c = consequences[connectors.Unknown]
	}
	if r.turned && fault.Class == connectors.Denied {
		c.state, c.wait = StateRetry, thrice
	}
	if fault.Class == connectors.Unrecognised && r.taking {
		c.state, c.wait = StateEscrow, ladder
	}
	return c
}

// rest sets when the link is tried again, and sets it aside when that is not soon. After four
// weeks time does not help any more: it stays where it is, with its reason, until something is
// wanted of it, its target has new settings, or somebody has it tried.
func (r *run) rest(w wait, now time.Time) {
	k := &r.link
	p := ordeal{attempts: max(k.Attempts, 1), settle: r.Settle}
	if w.failing() {
		p.failing = now.Sub(k.Failing)
	}
	delay, helps := w.delay(p, r.relay.Jitter())
	if k.NextAt = now.Add(delay); !helps {
		k.NextAt = store.Never()
	}
	switch {
	case !w.failing() || w.soon(p) && helps:
	case !helps:
		k.State, k.Detail = StateEscrow, "not tried any more by itself, after four weeks: "+k.Detail
	default:
		k.State = StateEscrow
	}
}

// probed takes it back that a probe has set the link aside for the time it has failed: the target
// rested meanwhile, and that is none of the link's doing.
func (r *run) probed() {
	if r.fault == nil || r.answered || !consequences[r.fault.Class].wait.failing() {
		return
	}
	k, w := &r.outcome.Next, consequences[r.fault.Class].wait
	p := ordeal{attempts: max(k.Attempts, 1), settle: r.Settle}
	if k.State != StateEscrow || !w.soon(p) {
		return
	}
	delay, _ := w.delay(p, r.relay.Jitter())
	k.State, k.NextAt, k.Failing = StateRetry, r.relay.Now().Add(delay), r.relay.Now()
}
