package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"scimrelay/connectors/simhost"
)

// Sim is the simulator of one of the products. Make it with GitLab or Zendesk.
type Sim struct {
	now    func() time.Time
	mux    *http.ServeMux
	vendor vendor

	mu        sync.Mutex
	knobs     knobs
	customers map[string]*customer
	last      int64 // the last account's id
}

// vendor is what the two products do not share.
type vendor struct {
	name   string
	sample simhost.Sample
	knobs  []simhost.Knob
	// customer names whose credentials a request carries, and refuses those it does not know.
	customer func(s *Sim, r *http.Request) (string, error)
	// throttle is the answer over the limit.
	throttle refusal
	// isActive says whether the account works.
	isActive func(a *account) bool
}

// customer is one customer's data.
type customer struct {
	accounts map[int64]*account
	order    []int64
	minute   simhost.Window
}

// account is one user, in the vendor's own shape.
type account struct {
	id      int64
	native  map[string]any
	created time.Time
	past    simhost.Past[map[string]any]
}

var _ simhost.Simulator = (*Sim)(nil)

func newSim(now func() time.Time, v vendor) *Sim {
	s := &Sim{now: simhost.Clock(now), mux: http.NewServeMux(), vendor: v}
	s.Reset()
	return s
}

// Name implements simhost.Simulator.
func (s *Sim) Name() string { return s.vendor.name }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample { return s.vendor.sample }

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob { return slices.Clone(s.vendor.knobs) }

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.customers, s.last = knobs{}, map[string]*customer{}, 100
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// State implements simhost.Simulator: the accounts of all customers, by id.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*account
	for _, c := range s.customers {
		for _, a := range c.accounts {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *account) int { return int(a.id - b.id) })
	var state simhost.State
	for _, a := range all {
		state.Accounts = append(state.Accounts, simhost.Account{ID: strconv.FormatInt(a.id, 10), Key: a.text("email"),
			Active: s.vendor.isActive(a), Native: clone(a.native)})
	}
	return state
}

// refusal is an answer that is not a success.
type refusal struct {
	status int
	body   any // text is sent as such
}

// Error implements error.
func (r refusal) Error() string { return fmt.Sprint(r.body) }

// answer is a success that is more than 200 and a body.
type answer struct {
	status int
	body   any
	header map[string]string
	about  *account
}

// handler answers a call of one customer.
type handler func(c *customer, r *http.Request) (answer, error)

// handle serves the pattern. Everything happens under one lock: simple, and fast enough for tests.
func (s *Sim) handle(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		made, err := s.within(w, r, h)
		key := ""
		if made.about != nil {
			key = made.about.text("email")
		}
		s.mu.Unlock()
		if key != "" {
			w.Header().Set(simhost.KeyHeader, key)
		}
		write(w, made, err)
	})
}

func (s *Sim) within(w http.ResponseWriter, r *http.Request, h handler) (answer, error) {
	name, err := s.vendor.customer(s, r)
	if err != nil {
		return answer{}, err
	}
	c := s.customers[name]
	if c == nil {
		c = &customer{accounts: map[int64]*account{}}
		s.customers[name] = c
	}
	if c.minute.Over(s.now(), s.knobs.RateLimit) {
		w.Header().Set("Retry-After", "30")
		return answer{}, s.vendor.throttle
	}
	return h(c, r)
}

func write(w http.ResponseWriter, made answer, err error) {
	status, body := made.status, made.body
	if err != nil {
		var refused refusal
		if !errors.As(err, &refused) {
			refused = refusal{http.StatusInternalServerError, map[string]string{"error": err.Error()}}
		}
		status, body = refused.status, refused.body
	}
	for name, value := range made.header {
		w.Header().Set(name, value)
	}
	if text, ok := body.(string); ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
		return
	}
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
