package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
)

// recover turns a panic into a SCIM 500 for this one request.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		if c.Writer.Written() {
			s.Log.ErrorContext(c.Request.Context(), "request failed after its answer", "err", err)
			return
		}
		s.refuse(c, err)
	}()
	c.Next()
}

// limit bounds a request's time. The context is the request's, so that what the store does for
// it ends with it.
func (s *Server) limit(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Limits.Time)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// authenticate lets in who has a token of the tenant in the path. It comes before routing's
// own answers too: without a token nobody learns which paths exist.
func (s *Server) authenticate(c *gin.Context) {
	tenant := c.Param("tenant")
	if tenant == "" {
		tenant, _, _ = strings.Cut(strings.TrimPrefix(c.Request.URL.Path, Prefix), "/")
	}
	principal, err := s.Auth.Authenticate(c.Request.Context(), tenant, c.Request.Header.Values("Authorization"))
	if err != nil {
		s.Log.DebugContext(c.Request.Context(), "caller refused", "tenant", scim.ClipName(tenant), "err", err)
		s.refuse(c, err)
		return
	}
	c.Set(principalKey, principal)
	c.Next()
}

// readBody reads a body within its limit, of a type that can hold JSON.
func (s *Server) readBody(r *request) ([]byte, error) {
	switch r.http.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return nil, nil
	}
	if kind := r.http.Header.Get("Content-Type"); !jsonType(kind) {
		return nil, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "send " + scim.MediaType + " or application/json"}
	}
	if r.http.ContentLength > s.Limits.Body {
		return nil, s.tooLarge()
	}
	var body bytes.Buffer
	if n := r.http.ContentLength; n > 0 {
		body.Grow(int(n) + bytes.MinRead) // one allocation for a length that was announced
	}
	_, err := body.ReadFrom(http.MaxBytesReader(nil, r.http.Body, s.Limits.Body))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, s.tooLarge()
	case err != nil && r.Err() != nil: // too late, or the client has gone
		return nil, r.Err()
	case err != nil:
		return nil, scim.BadRequest(scim.TypeInvalidSyntax, "the body ended early")
	}
	return body.Bytes(), nil
}

func (s *Server) tooLarge() error {
	return &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a body may have %d bytes at most", s.Limits.Body)}
}

// jsonType accepts what clients send for JSON: either media type, any parameters (C-43), or
// none at all.
func jsonType(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if errors.Is(err, mime.ErrInvalidMediaParameter) || (err != nil && kind == "") {
		kind, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		kind = strings.TrimSpace(kind)
	}
	return kind == scim.MediaType || kind == "application/json"
}
