package scimtarget

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// call makes a call as the target's client and adds what every SCIM call carries.
func (c *connector) call(ctx context.Context, call rest.Call) (rest.Answer, error) {
	header := http.Header{"Accept": {c.accept()}}
	for name, values := range call.Header {
		header[name] = values
	}
	call.Header = header
	if call.Body != nil {
		call.ContentType = c.defaults.ContentType
	}
	answer, err := c.login.Do(ctx, call)
	if err == nil {
		return answer, nil
	}
	fault := *connectors.FaultOf(err)
	if kind := errorIn(answer).kind; fault.Class == connectors.Invalid && passedOn(kind) {
		fault.SCIMType = kind
	}
	return answer, &fault
}

func (c *connector) accept() string {
	if c.defaults.ContentType == scim.MediaType {
		return scim.MediaType + ", application/json;q=0.9"
	}
	return c.defaults.ContentType
}

// passedOn says which scimTypes mean the same to the identity provider as they did to us.
func passedOn(kind string) bool {
	return kind == scim.TypeMutability || kind == scim.TypeInvalidValue
}

// classify overrules what a status means by the words of RFC 7644 section 3.12.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	said := errorIn(answer)
	switch {
	case class == connectors.Throttled:
		return class
	case answer.Status == http.StatusNotFound || answer.Status == http.StatusGone:
		// In another shape, or about a whole endpoint, it is a wrong address speaking.
		if said.scim && (strings.HasSuffix(call.Path, oneSuffix) || call.Query.Has("filter")) {
			return connectors.NotFound
		}
		return connectors.Nonsense
	case said.kind == scim.TypeUniqueness:
		return connectors.Exists
	case said.kind == scim.TypeNoTarget && call.Method == http.MethodPatch:
		return connectors.EditConflict // the element was there when we read
	case said.kind == scim.TypeInvalidVers:
		return connectors.Nonsense
	case said.kind == scim.TypeTooMany && call.Method == http.MethodGet:
		return connectors.Denied
	case answer.Status == http.StatusForbidden || answer.Status == http.StatusPaymentRequired:
		if writes(call) && speaksOfSeats(said.detail) {
			return connectors.Seats
		}
		return class
	case unsupported(answer):
		return connectors.Denied
	default:
		return class
	}
}

func writes(call rest.Call) bool {
	return call.Method == http.MethodPost || call.Method == http.MethodPatch || call.Method == http.MethodPut
}

// speaksOfSeats finds a full licence in a refusal. The words are ASSUMED.
func speaksOfSeats(detail string) bool {
	detail = strings.ToLower(detail)
	return slices.ContainsFunc([]string{"seat", "licence", "license", "quota", "user limit"},
		func(word string) bool { return strings.Contains(detail, word) })
}

// unsupported says whether the server lacks the method.
func unsupported(answer rest.Answer) bool {
	return answer.Status == http.StatusMethodNotAllowed || answer.Status == http.StatusNotImplemented
}

// refusal is an error body.
type refusal struct {
	scim   bool // it has the shape of a SCIM error
	kind   string
	detail string
}

// errorIn reads an error body. Servers leave out schemas, or misspell it, but not everything.
func errorIn(answer rest.Answer) refusal {
	if answer.Status < 400 {
		return refusal{}
	}
	doc, err := documentIn(answer)
	if err != nil {
		return refusal{}
	}
	kind, detail := connectors.TextOf(get(doc, "scimType")), connectors.TextOf(get(doc, "detail"))
	named := slices.ContainsFunc(listOf(get(doc, "schemas")), func(s any) bool {
		return strings.HasSuffix(strings.ToLower(connectors.TextOf(s)), ":error")
	})
	return refusal{scim: named || detail != "" && connectors.TextOf(get(doc, "status")) != "", kind: kind, detail: detail}
}

// documentIn reads one JSON object.
func documentIn(answer rest.Answer) (scim.Document, error) {
	decoder := json.NewDecoder(bytes.NewReader(answer.Body))
	decoder.UseNumber()
	var doc scim.Document
	if err := decoder.Decode(&doc); err != nil || doc == nil {
		return nil, connectors.Faultf(connectors.Nonsense, "the answer is no SCIM resource")
	}
	return doc, nil
}

// get reads a member of an object, whatever the case of its name.
func get(object any, name string) any {
	doc, _ := object.(map[string]any)
	if value, ok := doc[name]; ok {
		return value
	}
	value, _ := schema.Member(doc, name)
	return value
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}
