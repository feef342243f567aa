package server

import (
	"context"
	"strings"
	"time"

	"scimrelay/quarantine"
	"scimrelay/scim"
	"scimrelay/store"
)

// Why a link that is not at its wanted version waits, as relay names it.
const (
	stateRetry  = "retry"
	stateEscrow = "escrow"
	stateHeld   = "held"
	stateParked = "parked"
	stateVerify = "verify"
)

// What the status says beside these: of the link alone, and of its target.
const (
	stateInSync       = "in-sync"
	stateDue          = "due"
	stateResting      = "resting"
	stateDisabled     = "disabled"
	statePaused       = "paused"
	stateNotActivated = "not-activated"
)

// statusTargets is the attribute of the status extension.
const statusTargets = scim.SchemaRelay + ":targets"

// asksStatus puts the extension's attribute in the place of its URN: that is what whoever names
// the extension asks for, and an attribute that is returned on request wants to be named.
func asksStatus(names []string) []string {
	for i, name := range names {
		if scim.EqualName(strings.TrimSpace(name), scim.SchemaRelay) {
			names[i] = statusTargets
		}
	}
	return names
}

// standings reads how far the targets are with all the resources together, where that is asked for.
func (v *view) standings(ctx context.Context, list []scim.Resource) (map[string][]store.Standing, error) {
	if !v.status || len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i, res := range list {
		ids[i] = res.ID
	}
	return v.server.Links.Standings(ctx, v.request.principal.Tenant.ID, ids)
}

// tell adds the status extension to a resource: an element for each of the tenant's targets.
func (v *view) tell(doc scim.Document, res scim.Resource, standings []store.Standing) {
	now := v.server.Now()
	var list []any
	for i := range v.request.principal.Tenant.Targets {
		t := &v.request.principal.Tenant.Targets[i]
		k := store.Standing{Link: store.Link{Target: t.ID, Wanted: res.Version}} // of a new target, which gets its links in a moment
		for _, one := range standings {
			if one.Link.Target == t.ID {
				k = one
			}
		}
		element := standingDocument(k, stateOf(k, t.Activate, now), now)
		element["target"], element["product"] = t.ID, t.Product
		list = append(list, element)
	}
	if len(list) == 0 {
		return
	}
	schemas, _ := doc["schemas"].([]any)
	doc["schemas"] = append(schemas, scim.SchemaRelay)
	doc[scim.SchemaRelay] = scim.Document{"targets": list}
}

// stateOf is the one state of a link. What waits for a person, for another link or for a new want
// says so whatever its target does; everything else waits for a target that is closed.
func stateOf(k store.Standing, activated bool, now time.Time) string {
	shut := closed(k, now)
	if !activated {
		shut = stateNotActivated
	}
	switch {
	case k.Link.Wanted == k.Link.Applied:
		return stateInSync
	case k.Link.State == stateEscrow || k.Link.State == stateHeld || k.Link.State == stateParked:
		return k.Link.State
	case shut != "":
		return shut
	case k.Link.State == "":
		return stateDue
	}
	return k.Link.State
}

// closed says why no turn starts at the link's target, and is empty when one may.
func closed(k store.Standing, now time.Time) string {
	switch {
	case k.Phase == quarantine.Disabled:
		return stateDisabled
	case k.Paused:
		return statePaused
	case k.RestUntil.After(now):
		return stateResting
	}
	return ""
}

// standingDocument is what the extension says of one link. Nothing of it is another person's.
func standingDocument(k store.Standing, state string, now time.Time) scim.Document {
	doc := scim.Document{"state": state, "wantedVersion": int(k.Link.Wanted), "appliedVersion": int(max(k.Link.Applied, 0))}
	for name, text := range map[string]string{"fault": k.Link.Fault, "detail": k.Link.Detail, "vendorId": k.Link.VendorID} {
		if text != "" {
			doc[name] = text
		}
	}
	if k.Link.State != "" || state == stateInSync && !k.Changed.IsZero() {
		doc["lastAttempt"] = k.Changed.UTC().Format(timeFormat)
	}
	if at := nextAttempt(k, state, now); !at.IsZero() {
		doc["nextAttempt"] = at.UTC().Format(timeFormat)
	}
	return doc
}

// nextAttempt is when the link is tried next, zero where that depends on something else than time.
func nextAttempt(k store.Standing, state string, now time.Time) time.Time {
	at := k.Link.NextAt
	switch {
	case state == stateInSync, state == statePaused, state == stateDisabled, state == stateNotActivated:
		return time.Time{}
	case at.Equal(store.Never()), k.RestUntil.Equal(store.Never()): // a person or another target's probe ends such a rest
		return time.Time{}
	case k.RestUntil.After(now) && k.RestUntil.After(at):
		return k.RestUntil
	}
	return at
}
