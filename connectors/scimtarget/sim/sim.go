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
	"scimrelay/scim"
	"scimrelay/scim/schema"
)

// root is where the SCIM server is below the product's address; tokens are beside it.
const root = "/scim/v2"

// PayrollURN is an extension that only this server has.
const PayrollURN = "urn:example:params:scim:schemas:extension:payroll:2.0:User"

// Sim is the simulator. Make it with New.
type Sim struct {
	now  func() time.Time
	mux  *http.ServeMux
	set  *schema.Set
	user *schema.ResourceType
	club *schema.ResourceType

	mu        sync.Mutex
	knobs     knobs
	customers map[string]*customer
	tokens    map[string]token
	made      int // resources and tokens so far
}

// customer is one customer's directory.
type customer struct {
	name   string
	users  map[string]*resource
	groups map[string]*resource
	order  []string          // ids of both, in the order they were made
	byName map[string]string // ids of users by userName
	minute simhost.Window
}

type token struct {
	customer string
	until    time.Time
}

var _ simhost.Simulator = (*Sim)(nil)

// New returns an empty simulator that reads the time from now, time.Now when it is nil.
func New(now func() time.Time) *Sim {
	s := &Sim{now: simhost.Clock(now), mux: http.NewServeMux()}
	s.set = schemas()
	s.user, _ = s.set.Type(scim.TypeUser)
	s.club, _ = s.set.Type(scim.TypeGroup)
	s.Reset()
	s.routes()
	return s
}

// schemas are the RFC's, and the server's own extension. They are compiled in: that they cannot
// be read is a programmer's mistake.
func schemas() *schema.Set {
	set, err := schema.Load()
	if err == nil {
		code := &schema.Attribute{Name: "costGroup", Type: schema.String, Mutability: schema.ReadWrite, Returned: schema.Default, Uniqueness: "none"}
		set, err = set.With(schema.Addition{Type: scim.TypeUser, Schema: &schema.Schema{URN: PayrollURN, Name: "Payroll",
			Attributes: []*schema.Attribute{code}}})
	}
	if err != nil {
		panic(err)
	}
	return set
}

// Name implements simhost.Simulator.
func (s *Sim) Name() string { return "scimtarget" }

// Sample implements simhost.Simulator.
func (s *Sim) Sample() simhost.Sample {
	return simhost.Sample{Title: "SCIM 2.0 server", Path: root, RateLimit: 640, Credentials: map[string]string{"token": "token-acme-1"},
		Defaults: map[string]any{"members_per_request": 100}}
}

// Reset implements simhost.Simulator.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs, s.customers, s.tokens, s.made = defaultKnobs(), map[string]*customer{}, map[string]token{}, 0
}

// handler serves one call of a customer.
type handler func(c *customer, r *http.Request) (answer, error)

// routes is the surface.
func (s *Sim) routes() {
	s.mux.HandleFunc("POST /oauth2/token", s.grant)
	for pattern, handle := range map[string]handler{
		"GET /ServiceProviderConfig": s.discovered(s.config),
		"GET /ResourceTypes":         s.discovered(s.types),
		"GET /Schemas":               s.discovered(s.schemas),
		"POST /Users":                s.create(scim.TypeUser),
		"GET /Users":                 s.list(scim.TypeUser),
		"GET /Users/{id}":            s.read(scim.TypeUser),
		"PUT /Users/{id}":            s.replace(scim.TypeUser),
		"PATCH /Users/{id}":          s.patch(scim.TypeUser),
		"DELETE /Users/{id}":         s.remove(scim.TypeUser),
		"POST /Groups":               s.create(scim.TypeGroup),
		"GET /Groups":                s.list(scim.TypeGroup),
		"GET /Groups/{id}":           s.read(scim.TypeGroup),
		"PUT /Groups/{id}":           s.replace(scim.TypeGroup),
		"PATCH /Groups/{id}":         s.patch(scim.TypeGroup),
		"DELETE /Groups/{id}":        s.remove(scim.TypeGroup),
	} {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" "+root+path, s.serve(handle))
	}
	s.mux.HandleFunc("/", s.serve(func(*customer, *http.Request) (answer, error) {
		return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "There is nothing here."}
	}))
}

// ServeHTTP implements http.Handler.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// State implements simhost.Simulator: the users and groups of all customers.
func (s *Sim) State() simhost.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	var state simhost.State
	for _, c := range s.sorted() {
		for _, id := range c.order {
			if u := c.users[id]; u != nil {
				native := s.view(u)
				state.Accounts = append(state.Accounts, simhost.Account{ID: id, Key: u.name(), Active: u.active(), Native: native})
			}
			if g := c.groups[id]; g != nil {
				group := simhost.Group{ID: id, Name: g.name(), Members: []string{}, Native: s.view(g)}
				for _, member := range g.members {
					group.Members = append(group.Members, c.key(member))
				}
				state.Groups = append(state.Groups, group)
			}
		}
	}
	return state
}

func (s *Sim) sorted() (all []*customer) {
	for _, c := range s.customers {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *customer) int { return cmp.Compare(a.name, b.name) })
	return all
}

// key names a member: a user by userName, a group by its name.
func (c *customer) key(id string) string {
	if u := c.users[id]; u != nil {
		return u.name()
	}
	if g := c.groups[id]; g != nil {
		return g.name()
	}
	return id
}

func (s *Sim) nextID() string {
	s.made++
	return fmt.Sprintf("5a1d-%06d", s.made)
}
