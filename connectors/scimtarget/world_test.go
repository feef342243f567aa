package scimtarget_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/scimtarget"
	"scimrelay/connectors/scimtarget/sim"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// office is one customer of a simulated server, and a connector to it.
type office struct {
	*connectortest.Bench[scimConnector]
	mu      sync.Mutex
	sent    [][]byte // bodies of what was sent, in order
	heads   []http.Header
	queries []string
}

type scimConnector interface {
	connectortest.Full
	connectors.MemberEditor
}

func newOffice(t *testing.T, knobs string, changes ...func(*simhost.Sample)) *office {
	t.Helper()
	clock, o := connectortest.NewClock(), &office{}
	o.Bench = connectortest.NewBench[scimConnector](t, connectortest.Setup{Product: scimtarget.Product(),
		Simulator: sim.New(clock.Now), Clock: clock, Front: o.noting, Short: short}, changes...)
	o.Turn(knobs)
	return o
}

// noting notes what is sent before the simulator gets it.
func (o *office) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		o.sent, o.heads, o.queries = append(o.sent, body), append(o.heads, r.Header), append(o.queries, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
		o.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		next.ServeHTTP(w, r)
	})
}

// short writes * for a resource's id.
func short(path string) string {
	path = strings.TrimPrefix(path, "/scim/v2")
	if parts := strings.Split(path, "/"); len(parts) > 2 {
		path = "/" + parts[1] + "/*"
	}
	return path
}

// defaults sets defaults beside the sample's own.
func defaults(values map[string]any) func(*simhost.Sample) {
	return func(s *simhost.Sample) { maps.Copy(s.Defaults, values) }
}

// credentials takes these in the place of the sample's own.
func credentials(values map[string]string) func(*simhost.Sample) {
	return func(s *simhost.Sample) { s.Credentials = values }
}

// removing has leavers deleted.
func removing(s *simhost.Sample) { s.Target["on_deactivate"] = "remove" }

// person is a document with changes; a nil value takes an attribute away.
func person(name string, changes map[string]any) scim.Document {
	return connectortest.Changed(scim.Document{"userName": name, "active": true, "displayName": "Ana Ruiz", "title": "Buyer",
		"name":   map[string]any{"givenName": "Ana", "familyName": "Ruiz"},
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": name}},
		"addresses": []any{map[string]any{"type": "work", "streetAddress": "Calle 1", "locality": "Madrid",
			"region": "M", "country": "ES"}},
		scim.SchemaEnterprise: map[string]any{"department": "Sales"},
	}, changes)
}

func (o *office) record(name string, changes map[string]any) connectors.Record {
	o.T.Helper()
	return o.Record("0190-"+name, person(name, changes))
}

func (o *office) group(name string) connectors.Record {
	o.T.Helper()
	return o.GroupRecord("0190-"+name, scim.Document{"displayName": name, "externalId": "ext-" + name})
}

func (o *office) edit(group connectors.Remote, add, remove []string) {
	o.T.Helper()
	if err := o.Connector.EditMembers(o.T.Context(), group, add, remove); err != nil {
		o.T.Fatal(err)
	}
}

// people makes so many accounts and gives their ids.
func (o *office) people(n int) (ids []string) {
	o.T.Helper()
	for i := range n {
		ids = append(ids, o.Create(o.record(fmt.Sprintf("p%d@acme.test", i), nil)).ID)
	}
	return ids
}

// members are those of the only group, by key.
func (o *office) members() []string {
	o.T.Helper()
	groups := o.State().Groups
	if len(groups) != 1 {
		o.T.Fatalf("%d groups", len(groups))
	}
	return slices.Sorted(slices.Values(groups[0].Members))
}

// last is the last body sent with the method.
func (o *office) last(method string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range slices.Backward(o.queries) {
		if strings.HasPrefix(o.queries[i], method+" ") {
			return string(o.sent[i])
		}
	}
	return ""
}

// head is the header of the last call with the method.
func (o *office) head(method string) http.Header {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range slices.Backward(o.queries) {
		if strings.HasPrefix(o.queries[i], method+" ") {
			return o.heads[i]
		}
	}
	return http.Header{}
}

// operations are those of the last PATCH, each as one line.
func (o *office) operations() (lines []string) {
	o.T.Helper()
	var message struct{ Operations []json.RawMessage }
	if err := json.Unmarshal([]byte(o.last("PATCH")), &message); err != nil {
		o.T.Fatal(err)
	}
	for _, line := range message.Operations {
		lines = append(lines, string(line))
	}
	return lines
}

// hand calls the server as somebody else does, and gives back the answer.
func (o *office) hand(method, path, body string) map[string]any {
	o.T.Helper()
	status, answer := o.ByHand(method, "/scim/v2"+path, body, map[string]string{"Authorization": "Bearer token-acme-1"})
	if status >= 300 {
		o.T.Fatal(method, path, status, answer)
	}
	var doc map[string]any
	_ = json.Unmarshal([]byte(answer), &doc)
	return doc
}

// with is the record with other fields.
func with(record connectors.Record, fields map[string]any) connectors.Record {
	record.Fields = maps.Clone(record.Fields)
	maps.Copy(record.Fields, fields)
	return record
}
