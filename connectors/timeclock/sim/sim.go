package sim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/connectors/simhost"
)

// endpoint is the one URL.
const endpoint = "/api/v1/json-rpc"

// Sim is the simulator. Make it with New.
type Sim struct {
	now func() time.Time

	mu        sync.Mutex
	knobs     knobs
	customers map[string]*customer
	users     int64 // the last user's id
}

// customer is one customer's company.
type customer struct {
	users      map[int64]*user
	order      []int64
	byUsername map[string]int64 // both in lower case
	byEmail    map[string]int64
	licences   int // that are assigned
	minute     simhost.Window
}

var (
	_ simhost.Simulator = (*Sim)(nil)
	_ simhost.Operator  = (*Sim)(nil)
)

// New returns an empty simulator that reads the time from now, time.Now when it is nil.
func New(now func() time.Time) *Sim {
	s := &Sim{now: simhost.Clock(now)}
	s.Reset()
	return s
}

// Name implements simhost.Simulator.
func (s *Sim) Name() string { return "timeclock" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	return simhost.Sample{
		Title: "TimeClock 365", Path: strings.TrimSuffix(endpoint, "/json-rpc"), RateLimit: 60,
		Credentials: map[string]string{"api_key": "key-acme-1"},
		Defaults:    map[string]any{"role_id": 1, "invite": 0, "release_licence": true},
	}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.customers, s.users = defaultKnobs(), map[string]*customer{}, 90_210
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.knobs.Maintenance:
		page(w, http.StatusOK, "We are down for maintenance.")
	case r.URL.Path != endpoint:
		page(w, http.StatusNotFound, "Page not found.")
	case r.Method != http.MethodPost:
		page(w, http.StatusMethodNotAllowed, "Method not allowed.")
	default:
		s.answer(w, r)
	}
}

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><body>%s</body></html>", text)
}

// open finds the customer whose key the request has.
func (s *Sim) open(r *http.Request) (*customer, error) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name, known := strings.CutPrefix(key, "key-")
	if !bearer || !known || name == "" || s.knobs.KeysRevoked {
		return nil, refuse(1401, "API key refused", "")
	}
	c := s.customers[name]
	if c == nil {
		c = &customer{users: map[int64]*user{}, byUsername: map[string]int64{}, byEmail: map[string]int64{}}
		s.customers[name] = c
	}
	if s.over(c) {
		return nil, refuse(1429, "Too many requests", "")
	}
	if s.knobs.NotAdministrator {
		return nil, refuse(1403, "Administrator permissions required", "")
	}
	return c, nil
}

// over counts a call, and says whether it is one too many in its minute.
func (s *Sim) over(c *customer) bool {
	return c.minute.Over(s.now(), s.knobs.RateLimit) || s.knobs.Throttled
}

// State implements simhost.Simulator: the users of all customers, by id.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*user
	for _, c := range s.customers {
		for _, u := range c.users {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *user) int { return cmp.Compare(a.id, b.id) })
	var state simhost.State
	for _, u := range all {
		state.Accounts = append(state.Accounts, simhost.Account{ID: fmt.Sprint(u.id), Key: u.text("username"), Active: u.active, Native: u.row()})
	}
	return state
}
