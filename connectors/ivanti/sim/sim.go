package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/connectors/simhost"
)

// Sim is the simulator. Make it with New.
type Sim struct {
	now func() time.Time
	mux *http.ServeMux

	mu       sync.Mutex
	knobs    knobs
	tenants  map[string]*tenant // by name
	uids     map[string]string  // of the cluster, folded, with the tenant that has each
	misses   map[string]int     // bad passwords in a row, by user name
	accounts int64              // the last account's id
	groups   int64              // the last group's id
}

// tenant is one customer's part of the cluster.
type tenant struct {
	name     string
	admin    string
	accounts map[int64]*account
	order    []int64
	groups   map[int64]*group
	lists    simhost.Window // lists of accounts, which have a limit of their own
	others   simhost.Window
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
func (s *Sim) Name() string { return "ivanti" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	return simhost.Sample{
		Title:       "Ivanti Neurons for MDM",
		RateLimit:   200,
		Credentials: map[string]string{"username": "api@acme.test", "password": "key-acme"},
		Defaults: map[string]any{"custom_attributes": []string{"department"}, "on_rename": "keep", "list_rate": 6000,
			"group_delete_limit": 10_000}, // nobody is there to agree
		// Lists lag only when a knob says so.
		Target: map[string]any{"settle": "30s"},
	}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.tenants, s.uids, s.misses = defaultKnobs(), map[string]*tenant{}, map[string]string{}, map[string]int{}
	s.accounts, s.groups = 501233, 879
}

// routes is the surface.
func (s *Sim) routes() {
	for pattern, handle := range map[string]func(*tenant, *http.Request) (any, error){
		"GET /api/v1/metadata/tenant":               s.metadata,
		"GET /api/v1/metadata/account":              s.attributes,
		"POST /api/v1/accounts":                     s.createAccounts,
		"GET /api/v1/account":                       s.listAccounts,
		"GET /api/v1/account/{$}":                   s.listAccounts,
		"DELETE /api/v1/account":                    s.deleteAccounts,
		"GET /api/v1/account/deleteviability":       s.viability,
		"POST /api/v1/account/invite":               s.invite,
		"GET /api/v1/account/{id}":                  s.getAccount,
		"PUT /api/v1/account/{id}":                  s.updateAccount,
		"PUT /api/v1/account/{id}/customattributes": s.updateCustom,
		"POST /api/v1/group":                        s.createGroup,
		"GET /api/v1/group":                         s.listGroups,
		"GET /api/v1/group/{id}":                    s.getGroup,
		"PUT /api/v1/group/{id}":                    s.renameGroup,
		"DELETE /api/v1/group/{id}":                 s.deleteGroup,
		"GET /api/v1/group/{id}/members":            s.listMembers,
		"POST /api/v1/group/{id}/members":           s.editMembers,
		"DELETE /api/v1/group/{id}/members":         s.editMembers,
	} {
		s.mux.HandleFunc(pattern, s.answer(handle))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// Whoever calls another address hears the server, not the API. ASSUMED.
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": 404, "error": "Not Found", "path": r.URL.Path})
	})
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// refusal is an answer that is not a success.
type refusal struct {
	status int
	global string
	fields []fieldError
	pause  time.Duration
}

type fieldError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field"`
}

// Error implements error.
func (r refusal) Error() string { return fmt.Sprint(r.status, " ", r.global, r.fields) }

func bad(code, message, field string) refusal {
	return refusal{status: http.StatusBadRequest, fields: []fieldError{{code, message, field}}}
}

func badly(message string) refusal { return refusal{status: http.StatusBadRequest, global: message} }

func missing() refusal { return refusal{status: http.StatusNotFound, global: "not found"} }

// answer adapts a handler to HTTP, under one lock: one call at a time is fast enough for tests.
func (s *Sim) answer(handle func(*tenant, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		t, err := s.enter(r)
		var result any
		if err == nil {
			result, err = handle(t, r)
		}
		if keyed, ok := result.(keyed); ok {
			w.Header().Set(simhost.KeyHeader, keyed.key)
			result = keyed.result
		}
		s.mu.Unlock()
		status, body := http.StatusOK, map[string]any{"errors": nil, "result": result}
		if err != nil {
			refused := badly("bad request")
			_ = errors.As(err, &refused)
			status, body = refused.status, refused.body()
			if refused.pause > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(int(refused.pause.Seconds())))
			}
		}
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

func (r refusal) body() map[string]any {
	found := map[string]any{"globalErrors": nil, "fieldErrors": r.fields}
	if r.global != "" {
		found["globalErrors"] = []string{r.global}
	}
	return map[string]any{"errors": found, "result": nil}
}

// keyed is a result about the account with the key.
type keyed struct {
	key    string
	result any
}

// enter lets a call in: credentials, the lock, the role, maintenance and the limits.
func (s *Sim) enter(r *http.Request) (*tenant, error) {
	t, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	switch {
	case s.knobs.Maintenance:
		return nil, refusal{status: http.StatusServiceUnavailable, global: "maintenance", pause: 10 * time.Minute}
	case s.knobs.MissingRole:
		return nil, refusal{status: http.StatusForbidden, global: "the role User Management is required"}
	}
	window, limit := &t.others, s.knobs.RateLimit
	if r.Method == http.MethodGet && strings.TrimSuffix(r.URL.Path, "/") == "/api/v1/account" {
		window, limit = &t.lists, s.knobs.ListLimit
	}
	if now := s.now(); window.Over(now, limit) {
		return t, refusal{status: http.StatusTooManyRequests, global: "too many requests", pause: window.Left(now).Round(time.Second)}
	}
	return t, nil
}

// authenticate checks the Basic credentials; misses lock the account.
func (s *Sim) authenticate(r *http.Request) (*tenant, error) {
	denied := refusal{status: http.StatusUnauthorized, global: "bad credentials"}
	user, password, _ := r.BasicAuth()
	if s.knobs.Locked || s.misses[fold(user)] >= s.knobs.Lockout {
		return nil, refusal{status: http.StatusUnauthorized, global: "the account is locked"}
	}
	name := strings.TrimSuffix(strings.TrimPrefix(user, "api@"), ".test")
	if name == "" || user != "api@"+name+".test" || password != "key-"+name || s.knobs.CredentialsRevoked {
		if user != "" {
			s.misses[fold(user)]++
		}
		return nil, denied
	}
	s.misses[fold(user)] = 0
	if s.tenants[name] == nil {
		s.tenants[name] = s.found(name, user)
	}
	return s.tenants[name], nil
}

// found makes a tenant with its administrator.
func (s *Sim) found(name, admin string) *tenant {
	t := &tenant{name: name, admin: admin, accounts: map[int64]*account{}, groups: map[int64]*group{}}
	a := s.add(t, admin)
	a.superUser = true
	maps.Copy(a.fields, map[string]string{"emailAddress": admin, "firstName": "API", "lastName": "Account", "displayName": "API Account"})
	return t
}

// Misses tells how many bad passwords in a row the user name has had, for tests.
func (s *Sim) Misses(user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.misses[fold(user)]
}

// State implements simhost.Simulator: everybody but the administrators, and the groups, by id.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var state simhost.State
	keys := map[int64]string{}
	for _, t := range s.tenants {
		for id, a := range t.accounts {
			if keys[id] = a.uid; a.uid == t.admin || a.deleted {
				continue
			}
			state.Accounts = append(state.Accounts, simhost.Account{ID: fmt.Sprint(id), Key: a.uid, Active: a.enabled, Native: s.row(t, a)})
		}
	}
	for _, t := range s.tenants {
		for id, g := range t.groups {
			members := []string{}
			for _, member := range g.members {
				members = append(members, keys[member])
			}
			state.Groups = append(state.Groups, simhost.Group{ID: fmt.Sprint(id), Name: g.name, Members: members, Native: g.row()})
		}
	}
	slices.SortFunc(state.Accounts, func(a, b simhost.Account) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(state.Groups, func(a, b simhost.Group) int { return strings.Compare(a.ID, b.ID) })
	return state
}

func fold(text string) string { return strings.ToLower(text) }
