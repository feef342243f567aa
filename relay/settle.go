package relay

import (
	"time"

	"scimrelay/connectors"
	"scimrelay/store"
)

// settle turns what happened to a link into what is recorded of it.
func (r *run) settle(fault *connectors.Fault) store.Outcome {
	r.link.Fault, r.link.Detail = "", ""
	switch {
	case fault != nil:
		return r.failed(fault)
	case r.verifying:
		r.link.Detail = "a creation was cut off; searching before another is tried"
		return store.Outcome{Next: r.link, Linked: r.linked, Kind: "link.verifying"}
	case r.vanished:
		r.link.State, r.link.NextAt = StateRetry, r.relay.Now()
		r.link.Detail = "the vendor's account is gone; a new one is made"
		return store.Outcome{Next: r.link, Kind: "link.vanished"}
	case r.waits != "" && r.present && r.link.VendorID != "":
		return r.parked()
	}
	return r.applied()
}

// applied records that the vendor is as wanted, as far as the target's switches let it be.
func (r *run) applied() store.Outcome {
	k := &r.link
	k.Applied, k.State, k.Attempts, k.NextAt = k.Wanted, "", 0, time.Time{}
	k.WaitsFor, k.Intent, k.Negatives = "", time.Time{}, 0
	if k.Detail = r.skipped; k.Detail == "" {
		k.Detail = r.notForwarded(r.item)
	}
	kind := "link.applied"
	if r.skipped != "" {
		kind = "link.skipped"
	}
	return store.Outcome{Next: *k, Linked: r.linked, Gone: r.Deleted, Kind: kind}
}

// parked records that everything but a reference is done. It counts as no failure, and the
// link wakes when the other one is linked.
func (r *run) parked() store.Outcome {
	k := &r.link
	k.State, k.Attempts, k.NextAt, k.WaitsFor = StateParked, 0, store.Never(), r.waits
	k.Intent, k.Negatives = time.Time{}, 0
	k.Detail = "waits until " + r.waits + " is linked"
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.parked"}
}

// failed records a fault by the table.
func (r *run) failed(fault *connectors.Fault) store.Outcome {
	k, c := &r.link, consequences[fault.Class]
	now := r.relay.Now()
	k.Fault, k.Detail, k.State = string(fault.Class), fault.Detail, c.state
	if c.attempt {
		k.Attempts++
	}
	if c.wait == backoff && k.Attempts > soonTries {
		k.State = StateEscrow
	}
	k.NextAt = now.Add(c.wait.delay(max(k.Attempts, 1), r.relay.Jitter()))
	k.WaitsFor = ""
	switch {
	case k.VendorID != "":
		k.Intent, k.Negatives = time.Time{}, 0
	case r.tried && (fault.Uncertain || fault.Class == connectors.Unknown):
		k.Intent, k.Negatives, k.State = now, 0, StateVerify // the clock starts at the lost call
	case r.item.Link.Intent.IsZero() || r.tried:
		k.Intent, k.Negatives = time.Time{}, 0 // surely not made
	}
	return store.Outcome{Next: *k, Linked: r.linked, Kind: "link.failed"}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
