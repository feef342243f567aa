package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/scim"
	"scimrelay/scim/cursor"
	"scimrelay/scim/dialect"
	"scimrelay/scim/event"
	"scimrelay/scim/schema"
	"scimrelay/store"
	"scimrelay/tenants"
)

// Authenticator says who speaks at a tenant's URL.
type Authenticator interface {
	Authenticate(ctx context.Context, tenantID string, authorization []string) (tenants.Principal, error)
}

// Directory is the part of the store the server writes to.
type Directory interface {
	Create(ctx context.Context, w store.Write, kind, id string, rev store.Revision) (scim.Resource, error)
	Get(ctx context.Context, tenant, kind, id string) (scim.Resource, error)
	Update(ctx context.Context, w store.Write, kind, id string, change func(scim.Resource) (store.Revision, error)) (scim.Resource, error)
	Delete(ctx context.Context, w store.Write, kind, id string, admit func(scim.Resource) error) error
}

// Groups is the part of the store that knows who is in which group.
type Groups interface {
	Members(ctx context.Context, tenant, group, after string, limit int) ([]scim.Member, error)
	MemberOf(ctx context.Context, tenant string, members []string) (map[string][]scim.Resource, error)
	IsMember(ctx context.Context, tenant, group string, members []string) (map[string]bool, error)
}

// Finder is the part of the store the server searches in.
type Finder interface {
	Find(ctx context.Context, tenant, kind string, field store.Field, value string) ([]scim.Resource, error)
	List(ctx context.Context, tenant, kind string, offset, limit int) ([]scim.Resource, int, error)
	After(ctx context.Context, tenant, kind, id string, limit int) ([]scim.Resource, error)
	Count(ctx context.Context, tenant, kind string) (int, error)
}

// Doorbell announces that targets have something to do. It never blocks and never fails.
type Doorbell interface {
	Ring(tenant string, targets []string, urgency store.Urgency)
}

// Limits bounds what one request may ask for.
type Limits struct {
	Body  int64 // bytes of a body
	Group int64 // bytes of a group's body
	Large int   // bodies longer than Body that are read at a time
	// Bodies are those that are read beside the requests that are answered.
	Bodies Bodies
	JSON   scim.Limits
	Count  int // resources of a page
	Page   int // of a page whose size was not asked for
	Bulk   int // operations of a bulk request
	Time   time.Duration
	// InFlight is how many requests are answered at a time, those that wait for the store included
	// and those that only wait for their body or their outcome not; 0 is any number. Rate is what a tenant's identity provider may send, unless the tenant's file
	// says otherwise. Source and Key are how many credentials that are nobody's may come from one
	// address, and be tried from it for one key id, user or client.
	InFlight          int
	Rate, Source, Key Rate
	// LargeTime is the time for a request with a body longer than Body.
	LargeTime time.Duration
	Cursor    time.Duration // how long a page's cursor is good for
	// Transactions are those of a tenant whose end is still to be told, Events those of one
	// answer to a request for events, Polls the requests of a tenant that wait for one.
	Transactions, Events, Polls int
	Poll, PollEvery             time.Duration // how long such a request waits, and how often it looks
	Waiting                     Waiting       // for the outcome of a write
}

// DefaultLimits are the limits of reliability rules 4.2 and 5.1.
func DefaultLimits() Limits {
	return Limits{Body: 1 << 20, Group: 32 << 20, Large: 2, Bodies: Bodies{Tenant: 128, Process: 1024}, JSON: scim.DefaultLimits(), Count: 200, Page: 100, Bulk: 100,
		Time: 15 * time.Second, InFlight: 1000, Rate: Rate{PerSecond: 25, Burst: 100},
		Source: Rate{PerSecond: 5, Burst: 300}, Key: Rate{PerSecond: 0.5, Burst: 30}, LargeTime: 2 * time.Minute, Cursor: time.Hour,
		Transactions: 10_000, Events: 100, Polls: 4, Poll: 20 * time.Second, PollEvery: 500 * time.Millisecond,
		Waiting: DefaultWaiting()}
}

// Server answers at /t/{tenant}/scim/v2. Fill every field.
type Server struct {
	Auth      Authenticator
	Tenants   tenants.Directory // for discovery without a token, which is refused when it is nil
	Issuer    Issuer            // of /t/{tenant}/oauth2/token, which is not there when it is nil
	Directory Directory
	Finder    Finder
	Groups    Groups
	Bell      Doorbell
	// Links tell how far the targets are. Nil tells nothing, and no write waits.
	Links Links
	// Targets knows which targets are disabled. Nil is none.
	Targets Targets
	// Proxies are those whose word counts on where a request comes from.
	Proxies []netip.Prefix
	// Vendors may refuse a change of a person that a vendor will never take. Nil refuses none.
	Vendors Vendors
	// Transactions and Signer are for asynchronous answers, which there are none of when Signer
	// is nil. NewTxn makes what nobody may guess. Leaving is closed when the process wants to
	// end: nobody is kept waiting then.
	Transactions Transactions
	Signer       *event.Signer
	NewTxn       func() string
	Leaving      <-chan struct{}

	Schemas   *schema.Set
	PublicURL string // without a slash at the end
	Limits    Limits
	NewID     func() (string, error)
	Now       func() time.Time
	// CursorKey seals the cursors of pages; it is the same in every process.
	CursorKey []byte
	Log       *slog.Logger
	Tracer    trace.Tracer
	Meter     metric.Meter

	metrics  instruments
	dialects *dialect.Cache
	cursors  *cursor.Sealer
	trail    trail
	oddities oddities
	polls    polls
	waits    waits
	intake   intake
	large    *gate
	load     load
	paces    paces
	guesses  *guesses
	givenUp  givenUp
}

// Vendors knows what vendors never take.
type Vendors interface {
	// Refuse returns why the change of the person must not be accepted, as a *scim.Error.
	Refuse(ctx context.Context, tenant string, current scim.Resource, after scim.Document) error
}

// Prefix is where every tenant's SCIM URLs begin.
const Prefix = "/t/"

// Handler returns the server's HTTP handler, for paths under Prefix.
func (s *Server) Handler() (http.Handler, error) {
	var err error
	if s.metrics, err = newInstruments(s.Meter); err != nil {
		return nil, err
	}
	s.dialects = dialect.NewCache(s.Schemas)
	s.large = newGate(s.Limits.Large)
	s.load.most = int64(s.Limits.InFlight)
	s.guesses = newGuesses(s.Limits.Source, s.Limits.Key)
	if s.cursors, err = cursor.New(s.CursorKey, s.Limits.Cursor, s.Now); err != nil {
		return nil, err
	}
	e, err := s.engine()
	if err != nil {
		return nil, err
	}
	return s.shed(s.tolerant(e)), nil
}

// engine is Gin with every route there is.
func (s *Server) engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false // a redirect loses the body and, with some clients, the token
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	e.Use(s.observe, s.recover, s.limit)
	s.serveTokens(e) // before authentication, which is for what follows
	s.serveKeys(e)
	e.Use(s.authenticate, s.pace)
	e.NoRoute(s.answer(route{do: notFound}))
	e.NoMethod(s.answer(route{do: notAllowed}))
	for _, r := range s.routes() {
		e.Handle(r.method, Prefix+":tenant/scim/v2"+r.path, s.answer(r))
		if r.method == http.MethodGet { // net/http leaves the body away
			e.Handle(http.MethodHead, Prefix+":tenant/scim/v2"+r.path, s.answer(r))
		}
	}
	for _, r := range s.beside() {
		e.Handle(r.method, Prefix+":tenant"+r.path, s.answer(r))
	}
	return e, nil
}

// route is one row of the table of routes.
type route struct {
	method, path string
	kind         string // resource type, empty where the path names none
	do           handler
	body         int64 // how long a body may be, 0 where none is read
}

func (s *Server) routes() []route {
	short := s.Limits.Body
	table := []route{
		{http.MethodGet, "/ServiceProviderConfig", "", unfiltered(s.serviceProviderConfig), 0},
		{http.MethodGet, "/Schemas", "", unfiltered(s.schemas), 0},
		{http.MethodGet, "/Schemas/:id", "", unfiltered(s.schema), 0},
		{http.MethodGet, "/ResourceTypes", "", unfiltered(s.resourceTypes), 0},
		{http.MethodGet, "/ResourceTypes/:id", "", unfiltered(s.resourceType), 0},
		{http.MethodPost, "/Bulk", "", s.bulk, short},
		{http.MethodPost, "/.search", "", s.searchAll, short},
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		table = append(table, route{method, "/Me", "", notImplemented, 0})
	}
	for _, kind := range s.Schemas.Types() {
		name, path, long := kind.Name, kind.Endpoint, short
		if name == scim.TypeGroup {
			long = s.Limits.Group
		}
		table = append(table,
			route{http.MethodPost, path, name, s.later(s.create), long},
			route{http.MethodGet, path, name, s.list, 0},
			route{http.MethodPost, path + "/.search", name, s.searchType, short},
			route{http.MethodGet, path + "/:id", name, s.get, 0},
			route{http.MethodPut, path + "/:id", name, s.later(s.replace), long},
			route{http.MethodPatch, path + "/:id", name, s.later(s.patch), long},
			route{http.MethodDelete, path + "/:id", name, s.later(s.delete), 0},
		)
	}
	return table
}
