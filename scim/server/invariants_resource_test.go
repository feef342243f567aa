package server_test

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"scimrelay/scim"
	"scimrelay/scim/server"
)

func has(list any, value string) bool {
	values, _ := list.([]any)
	return slices.Contains(values, any(value))
}

// values checks every value of the body, however deep: no null, no password, booleans that
// are booleans, a manager that is an object.
func (e *exchange) values(name string, value any) {
	switch v := value.(type) {
	case nil:
		e.broken("7", "%s is null", name)
	case []any:
		for _, element := range v {
			e.values(name, element)
		}
	case map[string]any:
		for key, member := range v {
			e.member(key, member)
			e.values(key, member)
		}
	}
}

func (e *exchange) member(name string, value any) {
	switch strings.ToLower(name) {
	case "password":
		e.broken("7", "a password")
	case "active", "primary":
		if _, ok := value.(bool); !ok {
			e.broken("7", "%s is %#v", name, value)
		}
	case "manager":
		if _, ok := value.(map[string]any); !ok {
			e.broken("8", "manager is %#v", value)
		}
	}
}

// resource checks a full representation.
func (e *exchange) resource(doc map[string]any) {
	id, _ := doc["id"].(string)
	if id == "" || strings.Contains(id, "bulkId") {
		e.broken("9", "id %#v", doc["id"])
	}
	e.schemas(doc)
	e.owned(id)
	if e.partial() {
		return
	}
	meta, _ := doc["meta"].(map[string]any)
	kind, _ := meta["resourceType"].(string)
	if kind != scim.TypeUser && kind != scim.TypeGroup {
		e.broken("4", "resourceType %#v", meta["resourceType"])
	}
	for _, name := range []string{"created", "lastModified"} {
		text, _ := meta[name].(string)
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
			e.broken("4", "%s: %v", name, err)
		}
	}
	if version, _ := meta["version"].(string); (version != "") != e.tagged() {
		e.broken("4", "version %v", meta["version"])
	}
	base := "http://" + e.request.URL.Host + server.Prefix + e.tenant() + "/scim/v2/" + kind + "s/"
	if meta["location"] != base+id {
		e.broken("4", "location %v", meta["location"])
	}
}

func (e *exchange) schemas(doc map[string]any) {
	urns, _ := doc["schemas"].([]any)
	if len(urns) == 0 {
		e.broken("4", "no schemas")
	}
	seen := make(map[any]bool)
	for _, urn := range urns {
		name, _ := urn.(string)
		_, carried := doc[name]
		if seen[urn] || !carried && name != scim.SchemaUser && name != scim.SchemaGroup {
			e.broken("4", "schemas %v", urns)
		}
		seen[urn] = true
	}
	for key := range doc {
		if strings.HasPrefix(key, "urn:") && !seen[key] {
			e.broken("4", "%s is not in schemas %v", key, urns)
		}
	}
}

// owned checks that the id was never another tenant's.
func (e *exchange) owned(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if owner, known := e.owners[id]; known && owner != e.tenant() {
		e.broken("10", "the id %s of %s was shown to %s", id, owner, e.tenant())
	}
	e.owners[id] = e.tenant()
}

// strangers looks for what belongs to another tenant and was not in the request.
func (e *exchange) strangers() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for canary, tenant := range e.canaries {
		if tenant != e.tenant() && strings.Contains(string(e.body), canary) && !strings.Contains(e.sent, canary) {
			e.broken("10", "%s of %s was shown to %s", canary, tenant, e.tenant())
		}
	}
}

// location checks that the resource is where it says it is.
func (e *exchange) location(doc map[string]any) {
	if e.partial() {
		return
	}
	meta, _ := doc["meta"].(map[string]any)
	location, _ := meta["location"].(string)
	if e.status == http.StatusCreated && (location == "" || e.header.Get("Location") != location) {
		e.broken("5", "Location %q, meta.location %q", e.header.Get("Location"), location)
	}
	if tag := e.header.Get("Etag"); e.tagged() && tag != meta["version"] {
		e.broken("4", "ETag %q, meta.version %v", tag, meta["version"])
	}
	if e.request.Method == http.MethodGet && e.request.URL.String() == location {
		return
	}
	req, err := http.NewRequestWithContext(e.request.Context(), http.MethodGet, location, nil)
	if err != nil {
		e.broken("5", "location %q: %v", location, err)
		return
	}
	req.Header[token] = e.request.Header[token]
	resp, err := e.next.RoundTrip(req)
	if err != nil {
		e.broken("5", "location %q: %v", location, err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		e.broken("5", "location %q answers %d", location, resp.StatusCode)
	}
}
