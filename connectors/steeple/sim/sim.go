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
	organisations map[string]*organisation // by the subject of their tokens
	people        int                      // made so far
}

// organisation is one customer. Accounts of people who were removed stay: they are Steeple's.
type organisation struct {
	people map[string]*person
	order  []*person
	minute simhost.Window
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
func (s *Sim) Name() string { return "steeple" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	grant := func(group, community, role string) map[string]any {
		return map[string]any{"group": group, "community_id": community, "role": role}
	}
	return simhost.Sample{
		Title:       "Steeple",
		RateLimit:   300,
		Credentials: map[string]string{"token": Token("acme")},
		Defaults: map[string]any{"sso_ready": true, "invite": "later", "communities": []any{
			grant("Steeple Siege", Siege, "member"), grant("Steeple Siege Admins", Siege, "administrator"),
			grant("Steeple Lyon", Lyon, "member"), grant("Steeple Lyon Admins", Lyon, "administrator"),
			// The groups of the demonstration's company; two of them are for one community.
			grant("Everybody", Lyon, "member"), grant("Area Managers", Siege, "member"), grant("Sales Managers", Siege, "administrator"),
		}},
	}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.organisations, s.people = defaultKnobs(), map[string]*organisation{}, 0
}

// routes is the surface.
func (s *Sim) routes() {
	for pattern, handle := range map[string]func(*organisation, *http.Request) (answer, error){
		"GET /v1/communities":                               s.listCommunities,
		"GET /v1/communities/{community}/members":           s.listMembers,
		"PUT /v1/communities/{community}/members/{user}":    s.putMember,
		"DELETE /v1/communities/{community}/members/{user}": s.deleteMember,
		"GET /v1/users":                 s.listPeople,
		"POST /v1/users":                s.createPerson,
		"GET /v1/users/{user}":          s.getPerson,
		"PATCH /v1/users/{user}":        s.updatePerson,
		"DELETE /v1/users/{user}":       s.removePerson,
		"POST /v1/users/{user}/suspend": s.suspend,
		"POST /v1/users/{user}/restore": s.restore,
	} {
		s.mux.HandleFunc(pattern, s.answer(handle))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusNotFound, map[string]any{"status": http.StatusNotFound, "error": "Not Found"})
	})
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer is a success: the status, what it is about, and the body, if any.
type answer struct {
	status int
	about  *person
	body   any
}

// data wraps one thing in the envelope.
func data(status int, about *person, value any) answer {
	return answer{status, about, map[string]any{"data": value}}
}

// refusal is an answer that is not a success.
type refusal struct {
	status              int
	code, field, detail string
}

// Error implements error.
func (r refusal) Error() string { return r.code }

func missing(field string) refusal {
	return refusal{http.StatusNotFound, "not_found", field, "not found"}
}

func invalid(field, detail string) refusal {
	return refusal{http.StatusUnprocessableEntity, "invalid", field, detail}
}

// answer adapts a handler to HTTP. Everything happens under one lock.
func (s *Sim) answer(handle func(*organisation, *http.Request) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		o, err := s.enter(w, r)
		var a answer
		if err == nil {
			a, err = handle(o, r)
		}
		if p := o.person(r.PathValue("user")); p != nil {
			a.about = p
		}
		if a.about != nil {
			w.Header().Set(simhost.KeyHeader, a.about.text("email"))
		}
		s.mu.Unlock()
		if err != nil {
			refused := refusal{http.StatusBadRequest, "bad_request", "", "the request cannot be read"}
			_ = errors.As(err, &refused)
			a.status, a.body = refused.status, map[string]any{"errors": []any{
				map[string]any{"code": refused.code, "field": orNull(refused.field), "detail": refused.detail}}}
		}
		write(w, a.status, a.body)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	if body != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// enter finds the organisation that the token opens, and counts the call.
func (s *Sim) enter(w http.ResponseWriter, r *http.Request) (*organisation, error) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sub, ok := subject(token)
	if !bearer || !ok || s.knobs.TokenRevoked {
		return nil, refusal{http.StatusUnauthorized, "unauthorized", "", "the token is missing or revoked"}
	}
	o := s.organisations[sub]
	if o == nil {
		o = &organisation{people: map[string]*person{}}
		s.organisations[sub] = o
	}
	over := o.minute.Over(s.now(), s.knobs.RateLimit)
	switch {
	case over:
		w.Header().Set("Retry-After", "20")
		return o, refusal{http.StatusTooManyRequests, "too_many_requests", "", "too many calls"}
	case s.knobs.ChildCommunity:
		return o, refusal{http.StatusForbidden, "child_community", "", "the token's community is not directly tied to the organisation"}
	case s.knobs.NotAdministrator:
		return o, refusal{http.StatusForbidden, "not_administrator", "", "the token's user is no administrator"}
	}
	return o, nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
