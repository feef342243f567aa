package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/scim/bulk"
	"scimrelay/scim/dialect"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
	"scimrelay/tenants"
)

// request is what a handler gets: who asks, for what, and the HTTP request.
type request struct {
	*span                     // ends when the request's time is over
	whole     context.Context // the client's own, for what takes longer
	timing                    // of the connection
	http      *http.Request
	principal tenants.Principal
	dialect   *dialect.Dialect     // how the tenant's client is read and answered
	kind      *schema.ResourceType // nil where the path names none
	id        string               // of the path, empty where it has none
	base      string               // the tenant's SCIM base URL
	query     query
	shown     projection.Projection // what of a resource the answer holds
	body      []byte
	operation *bulk.Operation    // what a bulk request asks for in the place of the body
	notes     []string           // leniencies, for counting
	allow     string             // the methods there are, when this one is not
	cancel    context.CancelFunc // ends the time of a long body, nil without one
	place     func()             // leaves the place of a long body, nil without one
}

// unload gives up the body, which has been read, and a long one's place.
func (r *request) unload() {
	r.body = nil
	if r.place != nil {
		r.place()
		r.place = nil
	}
}

func (r *request) finish() {
	if r.cancel != nil {
		r.cancel()
	}
}

// reply is a handler's answer. A long one is streamed; it must not fail for a reason that was
// to be foreseen, for its status has gone out by then.
type reply struct {
	status   int
	body     []byte
	stream   func(io.Writer) error
	location string
	etag     string
	header   http.Header // whatever else
	wrote    written     // of an answer to a write
}

// handler decodes, does one thing and returns its answer or why not.
type handler func(*request) (reply, error)

// What middleware leaves for answer.
const (
	principalKey = "principal"
	wholeKey     = "whole"
)

// answer is the one adapter from handlers to HTTP.
func (s *Server) answer(rt route) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := &request{span: newSpan(c.Request.Context()), http: c.Request, id: c.Param("id")}
		r.whole, _ = c.MustGet(wholeKey).(context.Context)
		r.timing = timing{http.NewResponseController(c.Writer)}
		r.principal, _ = c.MustGet(principalKey).(tenants.Principal)
		r.base = s.base(r.principal.Tenant.ID)
		defer r.finish() // a streamed answer still needs what the request holds
		answer, err := s.run(r, rt)
		s.count(c, r)
		if err != nil {
			if r.allow != "" {
				c.Header("Allow", r.allow)
			}
			s.refuse(c, err)
			return
		}
		s.write(c, answer)
	}
}

// run prepares what every handler needs and calls the route's.
func (s *Server) run(r *request, rt route) (_ reply, err error) {
	if r.dialect, err = s.dialects.Of(r.principal.Tenant); err != nil {
		return reply{}, err
	}
	if !r.dialect.Profile.AnyCasePaths && !spelled(rt, r.http.RequestURI) {
		return notFound(r)
	}
	if err := s.takesWrites(r, rt); err != nil {
		return reply{}, err
	}
	if r.query, err = parseQuery(r.http.URL.RawQuery); err != nil {
		return reply{}, err
	}
	if rt.kind == "" {
		return s.carryOut(r, rt)
	}
	var known bool
	if r.kind, known = r.dialect.Schemas.Type(rt.kind); !known {
		return notFound(r)
	}
	if r.id != "" && !validID(r.id) {
		return reply{}, scim.NotFound(r.kind.Name, scim.ClipName(r.id))
	}
	if r.shown, err = r.projection(r.kind); err != nil {
		return reply{}, err
	}
	return s.carryOut(r, rt)
}

// carryOut calls the route's handler once the body is there.
func (s *Server) carryOut(r *request, rt route) (reply, error) {
	defer r.unload()
	if rt.body > 0 {
		if err := s.takeIn(r, rt.body); err != nil {
			return reply{}, err
		}
	}
	return rt.do(r)
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

func (s *Server) write(c *gin.Context, r reply) {
	h := c.Writer.Header()
	for name, values := range r.header {
		h[name] = values
	}
	if r.location != "" {
		h.Set("Location", r.location)
	}
	if r.etag != "" {
		h.Set("ETag", r.etag)
	}
	switch {
	case r.stream != nil:
		s.stream(c, r)
	case len(r.body) == 0:
		c.Status(r.status)
		c.Writer.WriteHeaderNow()
	default:
		c.Data(r.status, contentType, r.body)
	}
}

const contentType = scim.MediaType + "; charset=utf-8"

// stream sends a long body piece by piece. When it breaks, the connection does: half a list
// must never look like a whole one.
func (s *Server) stream(c *gin.Context, r reply) {
	c.Header("Content-Type", contentType)
	c.Status(r.status)
	out := bufio.NewWriterSize(c.Writer, 32<<10)
	err := r.stream(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		return
	}
	if !errors.Is(err, context.Canceled) {
		s.Log.ErrorContext(c.Request.Context(), "an answer broke off", "route", c.FullPath(), "tenant", c.Param("tenant"), "err", err)
	}
	panic(http.ErrAbortHandler)
}
