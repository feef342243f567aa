package event

import (
	"encoding/json"
	"math"
	"strconv"

	"scimrelay/scim"
)

// Poll is a request for events (RFC 8936 section 2.2).
type Poll struct {
	Most int  // how many are wanted; math.MaxInt when the client did not say
	Wait bool // answer only once there is one
	// Received are the ids of events that need not be sent again.
	Received []string
	// Refused are the ids of events the client could not use, with its name for the reason. They
	// need not be sent again either: the next time they would be the same.
	Refused map[string]string
}

// mostReceived bounds what one request may acknowledge.
const mostReceived = 1000

// ParsePoll reads a request for events. What it does not know it ignores.
func ParsePoll(body []byte, limits scim.Limits) (Poll, error) {
	doc, err := scim.Decode(body, limits)
	if err != nil {
		return Poll{}, err
	}
	p := Poll{Most: math.MaxInt, Wait: true}
	if value := doc["maxEvents"]; value != nil {
		number, _ := value.(json.Number)
		if p.Most, err = strconv.Atoi(number.String()); err != nil || p.Most < 0 {
			return p, scim.BadRequest(scim.TypeInvalidValue, "maxEvents must be a number from 0 on")
		}
	}
	if value := doc["returnImmediately"]; value != nil {
		now, ok := value.(bool)
		if !ok {
			return p, scim.BadRequest(scim.TypeInvalidValue, "returnImmediately must be true or false")
		}
		p.Wait = !now
	}
	if p.Received, err = received(doc["ack"]); err != nil {
		return p, err
	}
	p.Refused, err = refused(doc["setErrs"])
	return p, err
}

func received(value any) (ids []string, err error) {
	list, ok := value.([]any)
	if value != nil && !ok {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "ack must be an array of ids")
	}
	if len(list) > mostReceived {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "ack may have %d ids at most", mostReceived)
	}
	for _, item := range list {
		id, ok := item.(string)
		if !ok {
			return nil, scim.BadRequest(scim.TypeInvalidValue, "ack must be an array of ids")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func refused(value any) (map[string]string, error) {
	doc, ok := value.(scim.Document)
	if value != nil && !ok {
		return nil, scim.BadRequest(scim.TypeInvalidValue, "setErrs must be an object")
	}
	reasons := make(map[string]string, len(doc))
	for id, item := range doc {
		reason, ok := item.(scim.Document)
		if !ok {
			return nil, scim.BadRequest(scim.TypeInvalidValue, "setErrs must hold an object for each id")
		}
		reasons[id], _ = reason["err"].(string)
	}
	return reasons, nil
}

// Answer is the answer to a request for events: signed tokens by their ids, and whether there
// are more.
func Answer(tokens map[string]string, more bool) ([]byte, error) {
	sets := make(scim.Document, len(tokens))
	for id, token := range tokens {
		sets[id] = token
	}
	return scim.Encode(scim.Document{"sets": sets, "moreAvailable": more})
}
