package connectortest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
)

// clubhouse serves an Instant for each customer over HTTP.
type clubhouse struct {
	*http.ServeMux
	mu        sync.Mutex
	customers map[string]*connectortest.Instant
}

func newClubhouse() *clubhouse {
	c := &clubhouse{ServeMux: http.NewServeMux(), customers: map[string]*connectortest.Instant{}}
	c.HandleFunc("GET /{type}", c.on(func(i *connectortest.Instant, r *http.Request, _ wire) (connectors.Remote, error) {
		return i.Find(r.Context(), connectors.Record{Type: r.PathValue("type"), Key: r.URL.Query().Get("key")})
	}))
	c.HandleFunc("POST /{type}", c.on(func(i *connectortest.Instant, r *http.Request, body wire) (connectors.Remote, error) {
		return i.Create(r.Context(), connectors.Record{Type: r.PathValue("type"), Key: body.Key, Active: body.Active, Fields: body.Fields})
	}))
	c.HandleFunc("GET /{type}/{id}", c.on(func(i *connectortest.Instant, r *http.Request, _ wire) (connectors.Remote, error) {
		return i.Find(r.Context(), connectors.Record{Type: r.PathValue("type"), VendorID: r.PathValue("id")})
	}))
	c.HandleFunc("PUT /{type}/{id}", c.on(func(i *connectortest.Instant, r *http.Request, body wire) (connectors.Remote, error) {
		return i.Update(r.Context(), which(r), connectors.Record{Key: body.Key, Fields: body.Fields})
	}))
	c.HandleFunc("DELETE /{type}/{id}", c.on(func(i *connectortest.Instant, r *http.Request, _ wire) (connectors.Remote, error) {
		return connectors.Remote{}, i.Delete(r.Context(), which(r))
	}))
	c.HandleFunc("PUT /{type}/{id}/active", c.on(func(i *connectortest.Instant, r *http.Request, body wire) (connectors.Remote, error) {
		if !body.Active {
			return i.Deactivate(r.Context(), which(r))
		}
		return i.Reactivate(r.Context(), which(r), connectors.Record{Key: body.Key, Fields: body.Fields})
	}))
	c.HandleFunc("PUT /Group/{id}/members", c.on(func(i *connectortest.Instant, r *http.Request, body wire) (connectors.Remote, error) {
		return connectors.Remote{}, i.EditMembers(r.Context(), which(r), body.Add, body.Remove)
	}))
	return c
}

func which(r *http.Request) connectors.Remote {
	return connectors.Remote{Type: r.PathValue("type"), ID: r.PathValue("id")}
}

// on answers for the customer whose key the request brings.
func (c *clubhouse) on(do func(*connectortest.Instant, *http.Request, wire) (connectors.Remote, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		customer := r.Header.Get("Authorization")
		if !strings.HasPrefix(customer, "key-") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"Message":"no such key"}`))
			return
		}
		var body wire
		if r.Method != http.MethodGet && r.Method != http.MethodDelete && json.NewDecoder(r.Body).Decode(&body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		have, err := do(c.of(customer), r, body)
		if fault := connectors.FaultOf(err); fault != nil {
			w.WriteHeader(map[connectors.Class]int{connectors.NotFound: http.StatusNotFound, connectors.Exists: http.StatusConflict,
				connectors.Invalid: http.StatusUnprocessableEntity}[fault.Class])
			_, _ = w.Write([]byte(`{"Message":"refused"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(wire{ID: have.ID, Key: have.Key, Active: have.Active, Fields: have.Fields})
	}
}

func (c *clubhouse) of(customer string) *connectortest.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.customers[customer] == nil {
		c.customers[customer] = connectortest.NewInstant()
	}
	return c.customers[customer]
}

// Name implements simhost.Simulator.
func (c *clubhouse) Name() string { return "club" }

// State implements simhost.Simulator.
func (c *clubhouse) State() (state simhost.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range c.customers {
		keys := map[string]string{}
		for _, a := range i.Accounts() {
			keys[a.ID] = a.Key
			state.Accounts = append(state.Accounts, simhost.Account{ID: a.ID, Key: a.Key, Active: a.Active})
		}
		for _, g := range i.Groups() {
			group := simhost.Group{ID: g.ID, Name: g.Key}
			for _, id := range g.Members {
				group.Members = append(group.Members, keys[id])
			}
			state.Groups = append(state.Groups, group)
		}
	}
	return state
}

// SetKnobs implements simhost.Simulator: there is none to turn.
func (c *clubhouse) SetKnobs(map[string]json.RawMessage) error { return nil }

// Knobs implements simhost.Simulator.
func (c *clubhouse) Knobs() []simhost.Knob { return nil }

// Reset implements simhost.Simulator.
func (c *clubhouse) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.customers)
}

// Sample implements simhost.Simulator.
func (c *clubhouse) Sample() simhost.Sample {
	return simhost.Sample{Title: "Club", Credentials: map[string]string{"key": "key-sample"}}
}
