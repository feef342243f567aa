package sim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"scimrelay/connectors/simhost"
)

// Sim is the simulator. Make it with New.
type Sim struct {
	now func() time.Time
	mux *http.ServeMux

	mu        sync.Mutex
	knobs     knobs
	customers map[string]*customer
	sessions  map[string]session
	users     int64 // the last user's id
	logins    int
}

// customer is one customer's database.
type customer struct {
	users   map[int64]*user
	order   []int64
	byEmail map[string]int64 // by e-mail in lower case, deleted users included
	minute  simhost.Window
}

type session struct {
	customer string
	issued   time.Time
}

var _ simhost.Simulator = (*Sim)(nil)

// New returns an empty simulator that reads the time from now, time.Now when it is nil.
func New(now func() time.Time) *Sim {
	s := &Sim{now: simhost.Clock(now), mux: http.NewServeMux()}
	s.Reset()
	s.routes()
	return s
}

// Name implements simhost.Simulator.
func (s *Sim) Name() string { return "sage" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	return simhost.Sample{
		Title: "Sage Sales Management", Path: "/api/v4", RateLimit: 200,
		Credentials: map[string]string{"public_key": "pub-acme-1", "private_key": "priv-acme-1"},
		Defaults: map[string]any{"role_id": 3, "branch_id": 1, "level": 1, "user_type_id": 1,
			"roles": map[string]int{"Sales Managers": 30, "Area Managers": 32},
			"phone": "000000000", "id_prefix": 69, "id_prefixes": map[string]int{"+34": 69, "+33": 75}},
	}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.customers, s.sessions, s.users = defaultKnobs(), map[string]*customer{}, map[string]session{}, 100
}

// routes is the surface.
func (s *Sim) routes() {
	s.mux.HandleFunc("POST /api/v4/login", s.answer(s.login))
	for pattern, handle := range map[string]func(*customer, *http.Request) (any, error){
		"GET /api/v4/users":               s.listUsers,
		"POST /api/v4/users":              s.createUser,
		"GET /api/v4/users/schema":        s.schema,
		"GET /api/v4/users/{id}":          s.getUser,
		"PUT /api/v4/users/{id}":          s.updateUser,
		"DELETE /api/v4/users/{id}":       s.deleteUser,
		"GET /api/v4/users/{id}/roles":    s.getRoles,
		"PUT /api/v4/users/{id}/roles":    s.addRoles,
		"DELETE /api/v4/users/{id}/roles": s.removeRoles,
		"GET /api/v4/roles":               s.listOf(roles),
		"GET /api/v4/roles/{id}":          oneOf(roles),
		"GET /api/v4/roles/{id}/users":    s.roleUsers,
		"GET /api/v4/branches":            s.listOf(branches),
		"GET /api/v4/branches/{id}":       oneOf(branches),
		"GET /api/v4/userTypes":           s.listOf(userTypes),
		"GET /api/v4/userTypes/{id}":      oneOf(userTypes),
	} {
		s.mux.HandleFunc(pattern, s.answer(s.within(handle)))
	}
	s.mux.HandleFunc("/", s.answer(func(http.ResponseWriter, *http.Request) (any, error) {
		return nil, refusal{http.StatusNotFound, "Not Found", 0}
	}))
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// refusal is an answer that is not a success.
type refusal struct {
	status  int
	message string
	code    int
}

// Error implements error.
func (r refusal) Error() string { return r.message }

// bad is the vendor's 400, with a reason where the vendor may give one.
func bad(reason string) refusal {
	if reason == "" {
		return refusal{http.StatusBadRequest, "Bad Request", 0}
	}
	return refusal{http.StatusBadRequest, "Bad Request: " + reason, 0}
}

// answer adapts a handler to HTTP. Everything happens under one lock: a database of one row
// at a time is simple, and fast enough for tests.
func (s *Sim) answer(handle func(http.ResponseWriter, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		body, err := handle(w, r)
		s.mu.Unlock()
		status := http.StatusOK
		if err != nil {
			refused := bad("")
			_ = errors.As(err, &refused)
			problem := map[string]any{"Message": refused.message}
			if refused.code != 0 {
				problem["code"] = refused.code
			}
			status, body = refused.status, problem
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// within lets a handler run in the customer's database that the session opens.
func (s *Sim) within(handle func(*customer, *http.Request) (any, error)) func(http.ResponseWriter, *http.Request) (any, error) {
	return func(w http.ResponseWriter, r *http.Request) (any, error) {
		open, ok := s.sessions[r.Header.Get("X-Session-Key")]
		if !ok || s.knobs.KeysRevoked || s.now().Sub(open.issued) >= time.Duration(s.knobs.SessionLifetime) {
			return nil, refusal{http.StatusUnauthorized, "Unauthorized", 0}
		}
		c := s.customers[open.customer]
		if err := s.count(w, c); err != nil {
			return nil, err
		}
		if s.knobs.Error900 != 0 {
			return nil, refusal{s.knobs.Error900, "Database connection error", 900}
		}
		body, err := handle(c, r)
		note(w, c, r, body)
		return body, err
	}
}

// note tells the host whose account the answer is about, and moves paging to the headers.
func note(w http.ResponseWriter, c *customer, r *http.Request, body any) {
	switch b := body.(type) {
	case page:
		w.Header().Set("X-FM-Entity-Count", fmt.Sprint(len(b.rows)))
		if b.next > 0 {
			w.Header().Set("X-FM-Next-Page", fmt.Sprint(b.next))
		}
		if b.number > 0 {
			w.Header().Set("X-FM-Prev-Page", fmt.Sprint(b.number-1))
		}
	case created:
		w.Header().Set(simhost.KeyHeader, b.email)
	}
	if id, err := idOf(r); err == nil && strings.Contains(r.URL.Path, "/users/") {
		if u := c.users[id]; u != nil {
			w.Header().Set(simhost.KeyHeader, u.email())
		}
	}
}

// count refuses calls over the limit of the minute.
func (s *Sim) count(w http.ResponseWriter, c *customer) error {
	if s.knobs.RateLimit != 0 && c.minute.Over(s.now(), s.knobs.RateLimit) {
		w.Header().Set("Retry-After", "20")
		return refusal{http.StatusTooManyRequests, "Too Many Requests", 0}
	}
	return nil
}

// login opens a session.
func (s *Sim) login(w http.ResponseWriter, r *http.Request) (any, error) {
	var body struct{ Username, Password string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, bad("")
	}
	name, ok := strings.CutPrefix(body.Username, "pub-")
	if !ok || name == "" || body.Password != "priv-"+name || s.knobs.KeysRevoked {
		return nil, refusal{http.StatusUnauthorized, "Unauthorized", 0}
	}
	c := s.customers[name]
	if c == nil {
		c = &customer{users: map[int64]*user{}, byEmail: map[string]int64{}}
		s.customers[name] = c
	}
	if err := s.count(w, c); err != nil {
		return nil, err
	}
	s.logins++
	token := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d|%s|%d", s.now().Unix(), name, s.logins))
	s.sessions[token] = session{name, s.now()}
	return map[string]string{"token": token}, nil
}
