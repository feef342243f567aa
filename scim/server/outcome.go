package server

import (
	"net/http"
	"slices"
	"strings"

	"scimrelay/scim"
	"scimrelay/store"
)

// aside are the states of a link that is given up for now: set aside with its reason, or held
// until a person does something.
func aside() []string { return []string{"escrow", "held"} }

// failure is the SCIM answer to a fault.
type failure struct {
	status   int
	scimType string
}

// failures is the one table from the class of a vendor's fault to the answer that a client gets
// who asked to hear later. What the person's data is to blame for is the client's; everything
// else is the gateway's to get over, and never a 401 or 404, which identity providers act on.
var failures = map[string]failure{
	"not_found":     {http.StatusServiceUnavailable, ""},
	"exists":        {http.StatusConflict, scim.TypeUniqueness},
	"ambiguous":     {http.StatusConflict, scim.TypeUniqueness},
	"invalid":       {http.StatusBadRequest, scim.TypeInvalidValue},
	"denied":        {http.StatusForbidden, ""},
	"auth":          {http.StatusServiceUnavailable, ""},
	"plan":          {http.StatusServiceUnavailable, ""},
	"seats":         {http.StatusServiceUnavailable, ""},
	"throttled":     {http.StatusServiceUnavailable, ""},
	"transient":     {http.StatusServiceUnavailable, ""},
	"unknown":       {http.StatusServiceUnavailable, ""},
	"edit_conflict": {http.StatusServiceUnavailable, ""},
	"nonsense":      {http.StatusServiceUnavailable, ""},
	"unrecognised":  {http.StatusServiceUnavailable, ""},
	"confirm":       {http.StatusServiceUnavailable, ""},
	internalFault:   {http.StatusInternalServerError, ""},
}

const internalFault = "internal"

// failureOf is why a transaction failed, nil when it did not.
func failureOf(n store.Transaction) *scim.Error {
	if n.Fault == "" {
		return nil
	}
	f, known := failures[n.Fault]
	if !known {
		f = failures[internalFault]
	}
	return &scim.Error{Status: f.status, Type: f.scimType, Detail: n.Detail}
}

// judge says whether a transaction has ended and why it failed. It has failed as soon as one of
// the targets has set it aside: others may still get there, but the whole is not as wanted. The
// fault is the one with the lowest status, so that what the client can mend comes first; the
// detail has every target's reason.
func judge(targets []string) func(store.Transaction, []store.Link) (bool, string, string) {
	return func(n store.Transaction, links []store.Link) (ended bool, fault, detail string) {
		waits := false
		var reasons []string
		for _, k := range links {
			switch {
			case k.Applied >= n.Version || !slices.Contains(targets, k.Target):
			case !slices.Contains(aside(), k.State):
				waits = true
			default:
				class, reason := reasonOf(k)
				reasons = append(reasons, k.Target+": "+reason)
				if fault == "" || failures[class].status < failures[fault].status {
					fault = class
				}
			}
		}
		return len(reasons) > 0 || !waits, fault, strings.Join(reasons, "; ")
	}
}

// reasonOf is a link's fault, of a class in the table, and the vendor's reason.
func reasonOf(k store.Link) (class, reason string) {
	class, reason = k.Fault, k.Detail
	if _, known := failures[class]; !known {
		class = internalFault
	}
	if reason == "" {
		reason = class
	}
	return class, reason
}
