package sage_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"scimrelay/connectors"
)

// wiretap notes the requests that pass.
type wiretap struct {
	http.RoundTripper
	mu     sync.Mutex
	passed []*http.Request
}

// RoundTrip implements http.RoundTripper.
func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.passed = append(w.passed, r.Clone(r.Context()))
	w.mu.Unlock()
	return w.RoundTripper.RoundTrip(r)
}

// Where Sage's sources disagree everything is sent, and every answer understood.
func TestBothHeadersForThePageSizeAreSent(t *testing.T) {
	o := newOffice(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	tap := &wiretap{RoundTripper: transport}
	o.Env.Transport = tap
	o.Open()
	o.create("1", "ana@acme.test")
	o.Find(o.record("1", "ana@acme.test", nil))
	lists := 0
	for _, r := range tap.passed {
		if r.Method != http.MethodGet {
			continue
		}
		lists++
		if r.Header.Get("X-FM-Entity-Count") != "50" || r.Header.Get("Count") != "50" || r.URL.Query().Get("page") != "0" {
			t.Errorf("%s is asked for with %v", r.URL.Path, r.Header)
		}
	}
	if lists != 2 {
		t.Errorf("%d lists were read", lists)
	}
}

func TestACreateMayAnswer201(t *testing.T) {
	o := newOffice(t, noTable)
	o.Turn(`{"rules": [{"method": "POST", "path": "/api/v4/users", "status": 201, "body": {"Message": "entity created", "id": 125}},
		{"method": "PUT", "path": "/api/v4/users/*/roles", "status": 200, "body": []}]}`)
	if made := o.create("1", "ana@acme.test"); made.ID != "125" || !made.Active {
		t.Error(made)
	}
}

func TestEnvironmentsAreReadInEveryShape(t *testing.T) {
	o := newOffice(t, noTable)
	o.create("1", "ana@acme.test")
	want := o.record("1", "ana@acme.test", nil)
	want.VendorID, want.Fields["branches"] = "101", []any{int64(16), int64(18)}
	for _, shape := range []string{`{"id": 16, "description": "Main"}`, `[16]`, `[16, 18]`, `[{"id": 16, "description": "Main"}, {"id": 18}]`} {
		o.Turn(`{"rules": [{"method": "GET", "path": "/api/v4/users/101", "status": 200, "body": {"id": 101, "isActive": true, "branches": ` + shape + `}}]}`)
		differ, _ := o.Connector.(connectors.Differ)
		if _, sent := differ.Difference(o.Find(want), want)["branches"]; sent {
			t.Errorf("%s is taken for another environment", shape)
		}
	}
	o.Turn(`{}`)
	if calls := strings.Join(o.update(want), " "); !strings.Contains(calls, "PUT /users/101 200") {
		t.Errorf("the environment is not changed: %s", calls)
	}
	if calls := strings.Join(o.update(want), " "); strings.Contains(calls, "PUT") {
		t.Errorf("the environment is changed again, for Sage shows one of two: %s", calls)
	}
}

func TestTheEmailOfADeletedUserIsAConflict(t *testing.T) {
	o := newOffice(t)
	o.ask("DELETE", "/users/"+o.create("1", "ana@acme.test").ID, "")
	_, err := o.Connector.Create(t.Context(), o.record("2", "ana@acme.test", nil))
	if !connectors.Is(err, connectors.Exists) || !strings.Contains(err.Error(), "a deleted user") {
		t.Error(err)
	}
	have := o.create("3", "eva@acme.test")
	_, err = o.Connector.Update(t.Context(), have, o.record("3", "ana@acme.test", nil))
	if !connectors.Is(err, connectors.Exists) || !strings.Contains(err.Error(), "a deleted user") {
		t.Errorf("somebody takes over the e-mail: %v", err)
	}
	_, err = o.Connector.Create(t.Context(), o.record("4", "eva@acme.test", nil))
	if !connectors.Is(err, connectors.Exists) || strings.Contains(err.Error(), "a deleted user") {
		t.Error(err)
	}
}
