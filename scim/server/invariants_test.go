package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

// invariants checks what holds for every answer (INV-1 to INV-10). It keeps in mind which
// ids each tenant was shown, for an id is one tenant's only.
type invariants struct {
	mu     sync.Mutex
	owners map[string]string // tenant by id
	// canaries are texts that belong to one tenant, which is their value.
	canaries map[string]string
	// untagged are tenants whose client wants no entity tags.
	untagged map[string]bool
}

func newInvariants() *invariants {
	return &invariants{owners: make(map[string]string), canaries: make(map[string]string), untagged: make(map[string]bool)}
}

func (v *invariants) plant(canary, tenant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.canaries[canary] = tenant
}

// around wraps a transport so that an answer which breaks an invariant is an error.
func (v *invariants) around(next http.RoundTripper) http.RoundTripper {
	return transport(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		e := &exchange{invariants: v, request: req, next: next, status: resp.StatusCode, header: resp.Header}
		e.body, err = io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
		e.sent = everything(req)
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("%w\nanswer %d: %.2000s", err, e.status, e.body)
		}
		resp.Body = io.NopCloser(bytes.NewReader(e.body))
		return resp, nil
	})
}

// everything is what a request says, for it may be repeated in the answer.
func everything(req *http.Request) string {
	said := req.URL.String()
	if text, err := url.QueryUnescape(said); err == nil {
		said += text
	}
	if req.GetBody == nil {
		return said
	}
	if again, err := req.GetBody(); err == nil {
		body, _ := io.ReadAll(again)
		said += string(body)
	}
	return said
}

// untag expects no entity tags for the tenant.
func (v *invariants) untag(tenant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.untagged[tenant] = true
}

func (e *exchange) tagged() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.untagged[e.tenant()]
}

type transport func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// exchange is one request with its answer.
type exchange struct {
	*invariants
	request *http.Request
	next    http.RoundTripper
	sent    string
	status  int
	header  http.Header
	body    []byte
	found   []error
}

func (e *exchange) broken(rule, format string, args ...any) {
	e.found = append(e.found, fmt.Errorf("INV-%s: "+format, append([]any{rule}, args...)...))
}

func (e *exchange) check() error {
	if e.status == http.StatusUnauthorized && e.header.Get("Www-Authenticate") == "" {
		e.broken("3", "401 without WWW-Authenticate")
	}
	bodyless := e.request.Method == http.MethodHead || e.status == http.StatusNoContent || e.status == http.StatusAccepted || e.status == http.StatusNotModified
	if bodyless {
		if len(e.body) > 0 {
			e.broken("1", "a body where none may be")
		}
		return errors.Join(e.found...)
	}
	want := scim.MediaType
	if e.status == http.StatusOK && !strings.Contains(e.request.URL.Path, "/scim/v2") { // events and keys have types of their own
		want = "application/json"
	}
	if kind, _, _ := strings.Cut(e.header.Get("Content-Type"), ";"); kind != want {
		e.broken("1", "media type %q", kind)
	}
	var doc map[string]any
	decoder := json.NewDecoder(bytes.NewReader(e.body))
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		e.broken("1", "no JSON object: %v", err)
		return errors.Join(e.found...)
	}
	e.values("", doc)
	e.strangers()
	switch {
	case e.status >= 400:
		e.refusal(doc)
	case has(doc["schemas"], scim.MessageList):
		e.list(doc)
	case has(doc["schemas"], scim.MessageBulkResponse):
		e.bulk(doc)
	case e.about("/Users") || e.about("/Groups"):
		e.resource(doc)
		e.location(doc)
	}
	return errors.Join(e.found...)
}

func (e *exchange) tenant() string {
	id, _, _ := strings.Cut(strings.TrimPrefix(e.request.URL.Path, server.Prefix), "/")
	return id
}

func (e *exchange) about(endpoint string) bool {
	_, path, _ := strings.Cut(e.request.URL.Path, "/scim/v2")
	return strings.HasPrefix("/"+strings.TrimLeft(path, "/"), endpoint)
}

// refusal checks an error's form.
func (e *exchange) refusal(doc map[string]any) {
	schemas, _ := doc["schemas"].([]any)
	if len(schemas) != 1 || schemas[0] != scim.MessageError {
		e.broken("2", "schemas %v", doc["schemas"])
	}
	if doc["status"] != strconv.Itoa(e.status) {
		e.broken("2", "status %#v", doc["status"])
	}
	if detail, _ := doc["detail"].(string); detail == "" {
		e.broken("2", "no detail")
	}
	types := []any{nil, scim.TypeInvalidFilter, scim.TypeTooMany, scim.TypeUniqueness, scim.TypeMutability, scim.TypeInvalidSyntax,
		scim.TypeInvalidPath, scim.TypeNoTarget, scim.TypeInvalidValue, scim.TypeInvalidVers, scim.TypeSensitive,
		scim.TypeInvalidCursor, scim.TypeExpiredCursor, scim.TypeInvalidCount}
	if !slices.Contains(types, doc["scimType"]) {
		e.broken("2", "scimType %v", doc["scimType"])
	}
}

// list checks a ListResponse and the resources in it.
func (e *exchange) list(doc map[string]any) {
	resources, ok := doc["Resources"].([]any)
	if !ok {
		e.broken("6", "Resources are %T", doc["Resources"])
	}
	for _, name := range []string{"totalResults", "startIndex", "itemsPerPage"} {
		n, given := doc[name].(json.Number)
		if !given && name != "itemsPerPage" && strings.Contains(e.sent, "cursor") { // RFC 9865 section 2
			continue
		}
		if value, err := n.Int64(); err != nil || name == "itemsPerPage" && int(value) != len(resources) {
			e.broken("6", "%s is %v with %d resources", name, doc[name], len(resources))
		}
	}
	if !e.about("/Users") && !e.about("/Groups") && !e.about("/.search") {
		return
	}
	for _, r := range resources {
		if resource, ok := r.(map[string]any); ok {
			e.resource(resource)
		} else {
			e.broken("6", "a resource is %T", r)
		}
	}
}

// bulk checks the answers to the operations of a bulk request.
func (e *exchange) bulk(doc map[string]any) {
	list, _ := doc["Operations"].([]any)
	for _, o := range list {
		op, _ := o.(map[string]any)
		status, _ := op["status"].(string)
		code, err := strconv.Atoi(status)
		if err != nil || code < 200 || (code >= 400) != (op["response"] != nil) {
			e.broken("2", "an operation with status %#v and response %v", op["status"], op["response"])
		}
		if response, failed := op["response"].(map[string]any); failed {
			inner := *e
			inner.status, inner.found = code, nil
			inner.refusal(response)
			e.found = append(e.found, inner.found...)
		}
	}
}

// partial reports that only a part of a resource was asked for; then little is guaranteed.
func (e *exchange) partial() bool {
	said := strings.ToLower(e.sent)
	return strings.Contains(said, "attributes=") || strings.Contains(said, `attributes"`)
}
