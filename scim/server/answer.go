package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/store"
	"scimrelay/tenants"
)

// request is what a handler gets: who asks, for what, and the HTTP request.
type request struct {
	context.Context
	http      *http.Request
	principal tenants.Principal
	kind      *schema.ResourceType
	id        string // of the path, empty where it has none
	base      string // the tenant's SCIM base URL
	body      []byte
	notes     []string // leniencies, for counting
}

// reply is a handler's answer.
type reply struct {
	status   int
	body     []byte
	location string
	etag     string
}

// handler decodes, does one thing and returns its answer or why not.
type handler func(*request) (reply, error)

const principalKey = "principal"

// answer is the one adapter from handlers to HTTP.
func (s *Server) answer(kind *schema.ResourceType, do handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := &request{Context: c.Request.Context(), http: c.Request, kind: kind, id: c.Param("id")}
		r.principal, _ = c.MustGet(principalKey).(tenants.Principal)
		r.base = s.base(r.principal.Tenant.ID)
		answer, err := s.run(r, do)
		s.count(c, r)
		if err != nil {
			s.refuse(c, err)
			return
		}
		write(c, answer)
	}
}

func (s *Server) run(r *request, do handler) (reply, error) {
	if r.kind == nil { // nothing that takes a body, an unknown path included
		return do(r)
	}
	if r.id != "" && !validID(r.id) {
		return reply{}, scim.NotFound(r.kind.Name, scim.ClipName(r.id))
	}
	var err error
	if r.body, err = s.readBody(r); err != nil {
		return reply{}, err
	}
	return do(r)
}

func (s *Server) base(tenant string) string { return s.PublicURL + Prefix + tenant + "/scim/v2" }

// validID keeps out of look-ups and messages what no id of ours ever was.
func validID(id string) bool {
	if len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return true
}

func write(c *gin.Context, r reply) {
	h := c.Writer.Header()
	if r.location != "" {
		h.Set("Location", r.location)
	}
	if r.etag != "" {
		h.Set("ETag", r.etag)
	}
	if len(r.body) == 0 {
		c.Status(r.status)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Data(r.status, scim.MediaType+"; charset=utf-8", r.body)
}

// refuse answers with the SCIM error for err. A caller learns what it did wrong and, of our
// own troubles, only when to come again; the cause goes to the log.
func (s *Server) refuse(c *gin.Context, err error) {
	e := classify(err)
	if e.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(),
			"tenant", c.Param("tenant"), "status", e.Status, "err", err)
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="scimrelay"`)
		c.Writer.Header().Del("Allow") // routing has set it: it would tell which paths exist
	case errors.Is(err, store.ErrBusy):
		c.Header("Retry-After", "5")
	case e.Status == http.StatusServiceUnavailable:
		c.Header("Retry-After", "30")
	}
	c.Abort()
	write(c, reply{status: e.Status, body: errorBody(e)})
}

// classify gives every layer's error its SCIM form. What is not known is a 500 that says
// nothing; it is never a 401, 403, 404 or an empty list, which identity providers act on.
func classify(err error) *scim.Error {
	unavailable := &scim.Error{Status: http.StatusServiceUnavailable, Detail: "temporarily unavailable, try again later", Err: err}
	switch {
	case errors.Is(err, tenants.ErrUnauthorized):
		return &scim.Error{Status: http.StatusUnauthorized, Detail: "a valid token of this tenant is required", Err: err}
	case errors.Is(err, store.ErrConflict):
		return scim.Conflict("userName")
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, tenants.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unavailable
	}
	return scim.AsError(err)
}

func errorBody(e *scim.Error) []byte {
	doc := scim.Document{"schemas": []any{scim.MessageError}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		doc["scimType"] = e.Type
	}
	body, err := scim.Encode(doc)
	if err != nil { // a detail that is no text: the status still says enough
		return []byte(`{"schemas":["` + scim.MessageError + `"],"status":"` + strconv.Itoa(e.Status) + `","detail":"error"}`)
	}
	return body
}
