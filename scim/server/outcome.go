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
func aside() []string { return []string{stateEscrow, stateHeld} }

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
		var found reasons
		for _, k := range links {
			switch {
			case k.Applied >= n.Version || !slices.Contains(targets, k.Target):
			case !slices.Contains(aside(), k.State):
				waits = true
			default:
				found.add(k)
			}
		}
		return len(found.texts) > 0 || !waits, found.fault, found.detail()
	}
}

// reasons gathers why targets have set a write aside. Their fault is the one with the lowest
// status.
type reasons struct {
	fault string
	texts []string
}

func (x *reasons) add(k store.Link) {
	class, reason := reasonOf(k)
	x.texts = append(x.texts, k.Target+": "+reason)
	if x.fault == "" || failures[class].status < failures[x.fault].status {
		x.fault = class
	}
}

func (x *reasons) detail() string { return strings.Join(x.texts, "; ") }

// refusal is an answer that says why the vendors refuse a write.
type refusal struct {
	*scim.Error
	fault string
}

// refusal is nil where nothing was gathered.
func (x *reasons) refusal() *refusal {
	if len(x.texts) == 0 {
		return nil
	}
	f := failures[x.fault]
	return &refusal{&scim.Error{Status: f.status, Type: f.scimType, Detail: x.detail()}, x.fault}
}

// orNil is the refusal as an error, which is nil when there is none.
func (f *refusal) orNil() error {
	if f == nil {
		return nil
	}
	return f.Error
}

// or is the word for how waiting ended: that of a refusal, else the other one.
func (f *refusal) or(how string) string {
	if f != nil {
		return "refused"
	}
	return how
}

// blames reports whether a fault is one that the person's data is to blame for, so that trying
// again as it is cannot help.
func blames(fault string) bool {
	f, known := failures[fault]
	return known && f.status < http.StatusInternalServerError
}

// blamed lists those faults.
func blamed() (list []string) {
	for fault := range failures {
		if blames(fault) {
			list = append(list, fault)
		}
	}
	slices.Sort(list)
	return list
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
