package sim

import (
	"encoding/json"
	"errors"
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

	mu            sync.Mutex
	knobs         knobs
	organisations map[string]*organisation
	tokens        map[string]token
	ids           int64 // the last id of a person or team
	issued        int   // tokens
}

// organisation is one customer.
type organisation struct {
	name    string
	number  int64 // tenantId
	people  map[int64]*person
	order   []int64          // of people
	byEmail map[string]int64 // by e-mail in lower case, those who are anonymised or detached left out
	teams   map[int64]*team
	lineUp  []int64 // of teams
	minute  simhost.Window
	ten     simhost.Window // minutes
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
func (s *Sim) Name() string { return "dastra" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	return simhost.Sample{
		Title:       "Dastra",
		RateLimit:   500,
		Credentials: map[string]string{"api_key": "key-acme-1"},
		Defaults: map[string]any{"account_url": simhost.HostAddress + "/dastra/account", "workspace_id": ourWorkspace,
			"role_id": 3},
	}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.organisations, s.tokens, s.ids = defaultKnobs(), map[string]*organisation{}, map[string]token{}, 4000
}

// organisation gives the customer's, which begins with its owner.
func (s *Sim) organisation(name string) *organisation {
	if o := s.organisations[name]; o != nil {
		return o
	}
	o := &organisation{name: name, number: int64(len(s.organisations) + 12), people: map[int64]*person{},
		byEmail: map[string]int64{}, teams: map[int64]*team{}, ten: simhost.Window{Length: 10 * time.Minute}}
	s.organisations[name] = o
	owner := s.add(o, map[string]any{"email": "owner@" + name + ".example", "givenName": "Olympe", "familyName": "Owner"})
	owner.owner, owner.roles[ourWorkspace] = true, []int64{1}
	return o
}

// handler answers one call in the organisation that the credentials open.
type handler func(*organisation, *http.Request) (any, error)

// routes is the surface.
func (s *Sim) routes() {
	s.mux.HandleFunc("POST /account/connect/token", s.token)
	for pattern, handle := range map[string]handler{
		"GET /me":                  s.me,
		"GET /status":              s.status,
		"GET /rate-limiting-state": s.limitState,
		"GET /v1/Workspaces":       s.listWorkspaces,
		"GET /v1/Roles":            s.listRoles,

		"GET /v1/TenantUsers":              s.listPeople,
		"POST /v1/TenantUsers":             s.licensed(s.createPerson),
		"GET /v1/TenantUsers/count":        s.countPeople,
		"GET /v1/TenantUsers/{id}":         s.getPerson,
		"PUT /v1/TenantUsers/{id}":         s.licensed(s.replacePerson),
		"DELETE /v1/TenantUsers/{id}":      s.deletePerson,
		"POST /v1/TenantUsers/{id}/{call}": s.aboutPerson,

		"GET /v1/ws/{ws}/Users":                             s.listMembers,
		"GET /v1/ws/{ws}/Users/{id}":                        s.getMember,
		"POST /v1/ws/{ws}/Users/{id}/revoke":                s.revoke,
		"GET /v1/ws/{ws}/RoleUserWorkSpaces/{id}":           s.rolesOf,
		"POST /v1/ws/{ws}/RoleUserWorkSpaces/{id}/{role}":   s.giveRole,
		"DELETE /v1/ws/{ws}/RoleUserWorkSpaces/{id}/{role}": s.takeRole,
		"GET /v1/ws/{ws}/Users/{id}/teams":                  s.teamsOf,
		"POST /v1/ws/{ws}/Users/{id}/teams/{team}":          s.join,
		"DELETE /v1/ws/{ws}/Users/{id}/teams/{team}":        s.leave,
		"GET /v1/ws/{ws}/Teams":                             s.listTeams,
		"POST /v1/ws/{ws}/Teams":                            s.createTeam,
		"GET /v1/ws/{ws}/Teams/{team}":                      s.getTeam,
		"PUT /v1/ws/{ws}/Teams/{team}":                      s.replaceTeam,
		"DELETE /v1/ws/{ws}/Teams/{team}":                   s.deleteTeam,
	} {
		s.mux.HandleFunc(pattern, s.answer(s.keyed, false, handle))
	}
	s.scimRoutes()
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { write(w, missing("page"), false) })
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer adapts a handler to HTTP. Everything happens under one lock.
func (s *Sim) answer(enter func(*http.Request) (*organisation, error), scim bool, handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		o, err := enter(r)
		if err == nil {
			err = s.count(w, o)
		}
		if err == nil && s.knobs.Plan == planNone && r.URL.Path != "/me" && r.URL.Path != "/status" {
			err = gated()
		}
		var body any
		if err == nil {
			body, err = handle(o, r)
		}
		if err != nil {
			write(w, err, scim)
			return
		}
		note(w, o, r, body)
		write(w, body, scim)
	}
}

// licensed keeps a call from those whose plan lacks the feature.
func (s *Sim) licensed(handle handler) handler {
	return func(o *organisation, r *http.Request) (any, error) {
		if s.knobs.Plan != planEnterprise {
			return nil, gated()
		}
		return handle(o, r)
	}
}

// note tells the host whose account the answer is about.
func note(w http.ResponseWriter, o *organisation, r *http.Request, body any) {
	p := o.people[number(r.PathValue("id"))]
	if made, ok := body.(about); ok {
		p = made.person
	}
	if p != nil {
		w.Header().Set(simhost.KeyHeader, p.email())
	}
}

// about is an answer that concerns one person.
type about struct {
	person *person
	status int
	body   any
}

// refusal is an answer that is not a success.
type refusal struct {
	status int
	title  string
	detail string
	errors map[string][]string
}

// Error implements error.
func (r refusal) Error() string { return r.title }

func missing(what string) refusal {
	return refusal{status: http.StatusNotFound, title: "Not Found", detail: "there is no such " + what}
}

func invalid(field, reason string) refusal {
	return refusal{status: http.StatusBadRequest, title: "One or more validation errors occurred.", errors: map[string][]string{field: {reason}}}
}

func conflict(detail string) refusal {
	return refusal{status: http.StatusConflict, title: "Conflict", detail: detail}
}

func gated() refusal { return refusal{status: http.StatusForbidden, title: "Feature not available"} }

func unauthorized() refusal { return refusal{status: http.StatusUnauthorized, title: "Unauthorized"} }

// write sends an answer: nil is an empty one.
func write(w http.ResponseWriter, body any, scim bool) {
	status, media := http.StatusOK, "application/json; charset=utf-8"
	if scim {
		media = "application/scim+json"
	}
	switch b := body.(type) {
	case about:
		body = b.body
		if b.status != 0 {
			status = b.status
		}
	case error:
		status, body = problem(b, scim)
		if !scim {
			media = "application/problem+json"
		}
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// problem is the body of an error, in the form of either API.
func problem(err error, scim bool) (int, any) {
	refused := refusal{status: http.StatusInternalServerError, title: "Internal Server Error"}
	_ = errors.As(err, &refused)
	if scim {
		return refused.status, refused.scim()
	}
	body := map[string]any{"title": refused.title, "status": refused.status}
	if refused.detail != "" {
		body["detail"] = refused.detail
	}
	if len(refused.errors) > 0 {
		body["errors"] = refused.errors
	}
	return refused.status, body
}

func fold(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
