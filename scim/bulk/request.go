package bulk

import (
	"encoding/json"
	"net/http"
	"strconv"

	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// Limits bounds a request. A zero field stands for its default.
type Limits struct {
	Operations int // of one request: 1000
	PathLength int // bytes of an operation's path: 1024
}

func (l Limits) orDefault() Limits {
	if l.Operations <= 0 {
		l.Operations = 1000
	}
	if l.PathLength <= 0 {
		l.PathLength = 1024
	}
	return l
}

// Request is a bulk request.
type Request struct {
	// FailOnErrors is after how many errors nothing more is processed; 0 for never.
	FailOnErrors int
	Operations   []Operation
	// Base is the SCIM base URL without a slash at the end, which the caller sets: the
	// response names each resource under it.
	Base string
}

// Parse reads a bulk request, which the caller knows to be one. What is wrong with the message as a whole is 400
// invalidSyntax, two POSTs with one bulkId included; more operations than allowed are 413.
// An operation that is wrong by itself is no error: Run refuses it and does the others.
func Parse(doc scim.Document, limits Limits) (Request, error) {
	limits = limits.orDefault()
	v, _ := schema.Member(doc, "Operations")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return Request{}, scim.BadRequest(scim.TypeInvalidSyntax, "Operations must be an array of at least one operation")
	}
	if len(list) > limits.Operations {
		return Request{}, &scim.Error{Status: http.StatusRequestEntityTooLarge,
			Detail: "the request has more operations than maxOperations, " + strconv.Itoa(limits.Operations)}
	}
	fail, err := failOnErrors(doc)
	if err != nil {
		return Request{}, err
	}
	r := Request{FailOnErrors: fail, Operations: make([]Operation, len(list))}
	seen := make(map[string]bool)
	for i, v := range list {
		op := parseOperation(v, limits)
		if op.Method == http.MethodPost && op.BulkID != "" {
			if seen[op.BulkID] {
				return Request{}, scim.BadRequest(scim.TypeInvalidSyntax, "two operations have the bulkId %q", scim.ClipName(op.BulkID))
			}
			seen[op.BulkID] = true
		}
		r.Operations[i] = op
	}
	return r, nil
}

func failOnErrors(doc scim.Document) (int, error) {
	v, _ := schema.Member(doc, "failOnErrors")
	if v == nil {
		return 0, nil
	}
	number, _ := v.(json.Number)
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 {
		return 0, scim.BadRequest(scim.TypeInvalidSyntax, "failOnErrors must be a positive integer")
	}
	return n, nil
}
