package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"scimrelay/scim"
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

// Finder is the part of the store the server searches in.
type Finder interface {
	Find(ctx context.Context, tenant, kind string, field store.Field, value string) ([]scim.Resource, error)
	List(ctx context.Context, tenant, kind string, offset, limit int) ([]scim.Resource, int, error)
	After(ctx context.Context, tenant, kind, id string, limit int) ([]scim.Resource, error)
}

// Doorbell announces that targets have something to do. It never blocks and never fails.
type Doorbell interface {
	Ring(tenant string, targets []string, urgency store.Urgency)
}

// Limits bounds what one request may ask for.
type Limits struct {
	Body  int64 // bytes of a body
	JSON  scim.Limits
	Count int // resources of a page
	Page  int // of a page whose size was not asked for
	Time  time.Duration
}

// DefaultLimits are the limits of reliability rules 4.2.
func DefaultLimits() Limits {
	return Limits{Body: 1 << 20, JSON: scim.DefaultLimits(), Count: 200, Page: 100, Time: 15 * time.Second}
}

// Server answers at /t/{tenant}/scim/v2. Fill every field.
type Server struct {
	Auth      Authenticator
	Issuer    Issuer // of /t/{tenant}/oauth2/token, which is not there when it is nil
	Directory Directory
	Finder    Finder
	Bell      Doorbell
	Schemas   *schema.Set
	PublicURL string // without a slash at the end
	Limits    Limits
	NewID     func() (string, error)
	Log       *slog.Logger
	Tracer    trace.Tracer
	Meter     metric.Meter

	metrics instruments
}

// Prefix is where every tenant's SCIM URLs begin.
const Prefix = "/t/"

// Handler returns the server's HTTP handler, for paths under Prefix.
func (s *Server) Handler() (http.Handler, error) {
	var err error
	if s.metrics, err = newInstruments(s.Meter); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false // a redirect loses the body and, with some clients, the token
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	e.Use(s.observe, s.recover, s.limit)
	s.serveTokens(e) // before authentication, which is for what follows
	e.Use(s.authenticate)
	e.NoRoute(s.answer(nil, notFound))
	e.NoMethod(s.answer(nil, notAllowed))
	for _, r := range s.routes() {
		e.Handle(r.method, Prefix+":tenant/scim/v2"+r.path, s.answer(r.kind, r.do))
	}
	return tolerant(e), nil
}

// route is one row of the table of routes.
type route struct {
	method, path string
	kind         *schema.ResourceType
	do           handler
}

func (s *Server) routes() []route {
	table := []route{
		{http.MethodGet, "/ServiceProviderConfig", nil, s.serviceProviderConfig},
		{http.MethodGet, "/Schemas", nil, s.schemas},
		{http.MethodGet, "/Schemas/:id", nil, s.schema},
		{http.MethodGet, "/ResourceTypes", nil, s.resourceTypes},
		{http.MethodGet, "/ResourceTypes/:id", nil, s.resourceType},
	}
	for _, kind := range s.Schemas.Types() {
		table = append(table,
			route{http.MethodPost, kind.Endpoint, kind, s.create},
			route{http.MethodGet, kind.Endpoint, kind, s.list},
			route{http.MethodGet, kind.Endpoint + "/:id", kind, s.get},
			route{http.MethodPut, kind.Endpoint + "/:id", kind, s.replace},
			route{http.MethodPatch, kind.Endpoint + "/:id", kind, s.patch},
			route{http.MethodDelete, kind.Endpoint + "/:id", kind, s.delete},
		)
	}
	return table
}

// tolerant takes the spellings of a path that clients arrive at by joining URLs: a slash at
// the end (C-40) and doubled ones (C-22).
func tolerant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		for strings.Contains(path, "//") {
			path = strings.ReplaceAll(path, "//", "/")
		}
		if path = strings.TrimRight(path, "/"); path != r.URL.Path {
			u := *r.URL
			u.Path, u.RawPath = path, ""
			clean := *r
			clean.URL = &u
			r = &clean
		}
		next.ServeHTTP(w, r)
	})
}

func notFound(*request) (reply, error) {
	return reply{}, &scim.Error{Status: http.StatusNotFound, Detail: "there is no such SCIM endpoint; the base URL ends in /scim/v2"}
}

func notAllowed(r *request) (reply, error) {
	return reply{}, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: r.http.Method + " is not possible here"}
}
