package connectortest_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/simhost"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// The suite itself is held to a product that has everything: an Instant for each customer,
// served over HTTP by clubhouse, with a connector of its own.
func TestTheSuiteOnAProductWithGroups(t *testing.T) {
	connectortest.Run(t, clubs())
}

func clubs() connectortest.Harness {
	return connectortest.Harness{
		Product:   club(),
		Simulator: func() simhost.Simulator { return newClubhouse() },
		Customer:  func(name string) map[string]string { return map[string]string{"key": "key-" + name} },
		Wrong:     map[string]string{"key": "wrong-canary"},
		Paths:     []string{"/User", "/User/*", "/User/*/active", "/Group", "/Group/*", "/Group/*/members"},
	}
}

func TestAnOpenedTargetIsAtASimulatorOfItsOwn(t *testing.T) {
	first, second := connectortest.OpenSample(t, clubs()), connectortest.OpenSample(t, clubs())
	made, err := first.Create(t.Context(), first.Record(1))
	if err != nil || len(first.State().Accounts) != 1 || len(second.State().Accounts) != 0 {
		t.Fatalf("%v: %v, %v", err, first.State(), second.State())
	}
	first.Turn(map[string]any{"rules": []any{map[string]any{"status": 503}}})
	if _, err := first.Find(t.Context(), first.Record(1)); !connectors.Is(err, connectors.Transient) {
		t.Errorf("the knob does nothing: %v", err)
	}
	first.Turn(nil)
	if have, err := first.Find(t.Context(), first.Record(1)); err != nil || have.ID != made.ID {
		t.Errorf("%q, %v", have.ID, err)
	}
}

// club is the product: an Instant's, with another way to it.
func club() connectors.Product {
	product := connectortest.NewInstant().Product("club")
	product.Settings = func(target tenants.Target) (connectors.Settings, []configs.Fault) {
		var s settings
		s.base = target.BaseURL
		faults := target.Credentials.Decode(&s.Credentials)
		return s, faults
	}
	return product
}

type settings struct {
	base        string
	Credentials struct {
		Key configs.Secret `yaml:"key,required"`
	}
}

// Open implements connectors.Settings.
func (s settings) Open(env connectors.Env) (connectors.Connector, error) {
	client, err := rest.New(rest.OptionsOf("club", s.base, env))
	return &member{client: client, header: http.Header{"Authorization": {s.Credentials.Key.Reveal()}}}, err
}

// member is the connector.
type member struct {
	client *rest.Client
	header http.Header
}

var (
	_ connectors.Deactivator  = (*member)(nil)
	_ connectors.MemberEditor = (*member)(nil)
	_ connectors.Prober       = (*member)(nil)
)

// wire is an account or group as the API has it, and a change of members.
type wire struct {
	ID     string         `json:"id"`
	Key    string         `json:"key"`
	Active bool           `json:"active"`
	Fields map[string]any `json:"fields"`
	Add    []string       `json:"add,omitempty"`
	Remove []string       `json:"remove,omitempty"`
}

func (m *member) call(ctx context.Context, call rest.Call, kind, id string) (connectors.Remote, error) {
	call.Header, call.Params = m.header, map[string]string{"type": scim.TypeUser}
	if kind == scim.TypeGroup {
		call.Params["type"] = kind
	}
	if id != "" {
		call.Params["id"] = id
	}
	answer, err := m.client.Do(ctx, call)
	if err != nil || len(answer.Body) == 0 {
		return connectors.Remote{}, err
	}
	var got wire
	if err := answer.Decode(&got); err != nil || got.ID == "" && !call.Idempotent {
		made := call.Method == http.MethodPost // by somebody whom only a search can name now
		return connectors.Remote{}, &connectors.Fault{Class: connectors.Nonsense, Uncertain: made, Detail: "no answer of the club's"}
	}
	return connectors.Remote{Type: kind, ID: got.ID, Key: got.Key, Active: got.Active, Fields: got.Fields}, nil
}

// private are the words a vendor that quotes a request must not get into an error.
func private(want connectors.Record) (words []string) {
	for _, value := range want.Fields {
		text, _ := value.(string)
		words = append(words, strings.Fields(text)...)
	}
	return words
}

// Find implements connectors.Connector.
func (m *member) Find(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	call := rest.Call{Method: http.MethodGet, Path: "/{type}/{id}", Private: append(private(want), want.Key)}
	if want.VendorID == "" {
		call.Path, call.Query = "/{type}", url.Values{"key": {want.Key}}
	}
	return m.call(ctx, call, want.Type, want.VendorID)
}

// Probe implements connectors.Prober.
func (m *member) Probe(ctx context.Context) error {
	_, err := m.Find(ctx, connectors.Record{Key: "nobody"})
	if connectors.Is(err, connectors.NotFound) {
		return nil
	}
	return err
}

// Create implements connectors.Connector.
func (m *member) Create(ctx context.Context, want connectors.Record) (connectors.Remote, error) {
	body := wire{Key: want.Key, Active: want.Active, Fields: want.Fields}
	return m.call(ctx, rest.Call{Method: http.MethodPost, Path: "/{type}", Body: body, Private: private(want)}, want.Type, "")
}

// Update implements connectors.Connector.
func (m *member) Update(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	changes := connectors.Difference(have.Fields, want.Fields)
	if len(changes) == 0 {
		return have, nil
	}
	return m.put(ctx, have, wire{Key: want.Key, Fields: changes}, "/{type}/{id}", private(want))
}

func (m *member) put(ctx context.Context, have connectors.Remote, body wire, path string, private []string) (connectors.Remote, error) {
	return m.call(ctx, rest.Call{Method: http.MethodPut, Path: path, Idempotent: true, Body: body, Private: private}, have.Type, have.ID)
}

// Delete implements connectors.Connector.
func (m *member) Delete(ctx context.Context, have connectors.Remote) error {
	_, err := m.call(ctx, rest.Call{Method: http.MethodDelete, Path: "/{type}/{id}", Idempotent: true}, have.Type, have.ID)
	return err
}

// Deactivate implements connectors.Deactivator.
func (m *member) Deactivate(ctx context.Context, have connectors.Remote) (connectors.Remote, error) {
	return m.put(ctx, have, wire{}, "/{type}/{id}/active", nil)
}

// Reactivate implements connectors.Deactivator.
func (m *member) Reactivate(ctx context.Context, have connectors.Remote, want connectors.Record) (connectors.Remote, error) {
	return m.put(ctx, have, wire{Key: want.Key, Active: true, Fields: want.Fields}, "/{type}/{id}/active", private(want))
}

// EditMembers implements connectors.MemberEditor.
func (m *member) EditMembers(ctx context.Context, group connectors.Remote, add, remove []string) error {
	_, err := m.put(ctx, group, wire{Add: add, Remove: remove}, "/{type}/{id}/members", nil)
	return err
}

// Close lets go of idle connections.
func (m *member) Close() error {
	m.client.Close()
	return nil
}
