package relay

import (
	"fmt"
	"strings"

	"scimrelay/connectors"
)

// deed is a step with the account or group it was done to, where that is known, and whether
// anybody knows that it was.
type deed struct {
	Step
	vendorID  string
	uncertain bool
}

// ended is the step with what became of it.
func ended(s Step, vendorID string, err error) deed {
	d := deed{Step: s, vendorID: vendorID}
	if fault := connectors.FaultOf(err); fault != nil {
		d.Fault, d.uncertain = string(fault.Class), fault.Uncertain || fault.Class == connectors.Unknown || fault.Class == connectors.Internal
	}
	return d
}

// deeds is what a run has done at the vendor, or may have: the audit names it whatever becomes of
// the link. Refused calls are none.
type deeds struct {
	all []deed
}

// maxSaid is the most the audit says of one run.
const maxSaid = 500

func (d *deeds) saw(s deed) {
	if s.Action == "find" || s.Fault != "" && !s.uncertain && (s.Action != "create" || s.vendorID == "") {
		return
	}
	if last := len(d.all) - 1; s.Action == "members" && last >= 0 && d.all[last].Action == s.Action && !d.all[last].uncertain {
		d.all[last].Add += s.Add
		d.all[last].Remove += s.Remove
		d.all[last].uncertain = s.uncertain
		return
	}
	d.all = append(d.all, s)
}

// said is the deeds in the words of store.Event, and the account they were done to.
func (d *deeds) said() (did, vendorID string) {
	words := make([]string, len(d.all))
	for i, s := range d.all {
		words[i] = s.done()
		if s.vendorID != "" {
			vendorID = s.vendorID
		}
	}
	if did = strings.Join(words, " "); len(did) > maxSaid {
		did = strings.ToValidUTF8(did[:maxSaid], "") + "…"
	}
	return did, vendorID
}

// done is the deed in the past tense.
func (s deed) done() string {
	word := map[string]string{"create": "created", "update": "updated", "delete": "deleted", "deactivate": "deactivated", "reactivate": "reactivated"}[s.Action]
	switch {
	case s.Action == "members":
		word = fmt.Sprintf("members(+%d,-%d)", s.Add, s.Remove)
	case s.Action == "update" && len(s.Fields) > 0:
		word += "(" + strings.Join(s.Fields, ",") + ")"
	}
	if s.uncertain {
		word += "?"
	}
	return word
}
