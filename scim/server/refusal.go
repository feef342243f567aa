package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/store"
	"scimrelay/tenants"
)

// refuse answers with the SCIM error for err. A caller learns what it did wrong and, of our
// own troubles, only when to come again; the cause goes to the log.
func (s *Server) refuse(c *gin.Context, err error) {
	e := classify(err)
	var turned *notNow
	if errors.As(err, &turned) {
		s.turnedAway(c.Request.Context(), turned.reason)
	} else if e.Status >= http.StatusInternalServerError && e.Status != http.StatusNotImplemented {
		s.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(),
			"tenant", c.Param("tenant"), "status", e.Status, "err", err)
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="scimrelay"`)
		c.Writer.Header().Del("Allow") // routing has set it: it would tell which paths exist
	case turned != nil:
		c.Header("Retry-After", turned.seconds())
	case errors.Is(err, store.ErrBusy):
		c.Header("Retry-After", seconds(afterBusy))
	case e.Status == http.StatusServiceUnavailable:
		c.Header("Retry-After", seconds(afterTrouble))
	}
	c.Abort()
	s.write(c, reply{status: e.Status, body: e.Body()})
}

// classify gives every layer's error its SCIM form. What is not known is a 500 that says
// nothing; it is never a 401, 403, 404 or an empty list, which identity providers act on.
func classify(err error) *scim.Error {
	unavailable := &scim.Error{Status: http.StatusServiceUnavailable, Detail: "temporarily unavailable, try again later", Err: err}
	var missing *store.MissingMemberError
	var turned *notNow
	switch {
	case errors.As(err, &turned):
		return &scim.Error{Status: turned.status, Detail: turned.detail, Err: err}
	case errors.Is(err, tenants.ErrUnauthorized):
		return &scim.Error{Status: http.StatusUnauthorized, Detail: "a valid token of this tenant is required", Err: err}
	case errors.As(err, &missing): // never a 500, which would be retried for ever (E-54)
		return scim.BadRequest(scim.TypeInvalidValue, "members: there is no User or Group %q", scim.ClipName(missing.ID))
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, tenants.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unavailable
	}
	return scim.AsError(err)
}

func notFound(*request) (reply, error) {
	return reply{}, &scim.Error{Status: http.StatusNotFound, Detail: "there is no such SCIM endpoint; the base URL ends in /scim/v2"}
}

func notAllowed(r *request) (reply, error) {
	return reply{}, &scim.Error{Status: http.StatusMethodNotAllowed, Detail: r.http.Method + " is not possible here"}
}

// notImplemented is for what RFC 7644 offers and a machine's token has no use for (section 3.11).
func notImplemented(*request) (reply, error) {
	return reply{}, &scim.Error{Status: http.StatusNotImplemented, Detail: "/Me is not supported: a token of this tenant speaks for no person"}
}
