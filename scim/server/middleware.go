package server

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/tenants"
)

// recover turns a panic into a SCIM 500 for this one request.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if broken, ok := p.(error); ok && errors.Is(broken, http.ErrAbortHandler) { // and logged already
			panic(p)
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
	c.Set(wholeKey, c.Request.Context())
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
	shown := c.Request.Header.Values("Authorization")
	try := attempt{s.sourceOf(c.Request), tenants.ClaimOf(tenant, shown)}
	if wait := s.guesses.held(try, s.Now()); wait > 0 {
		s.refuse(c, tooManyGuesses(wait))
		return
	}
	principal, err := s.Auth.Authenticate(c.Request.Context(), tenant, shown)
	if err != nil && len(shown) == 0 {
		if t, open := s.openDiscovery(c, tenant); open {
			principal, err = tenants.Principal{Tenant: t}, nil
		}
	}
	if err != nil {
		s.Log.DebugContext(c.Request.Context(), "caller refused", "tenant", scim.ClipName(tenant), "err", err)
		if guessed(err) && len(shown) > 0 {
			if wait := s.guesses.failed(try, s.Now()); wait > 0 {
				err = tooManyGuesses(wait)
			}
		}
		s.refuse(c, err)
		return
	}
	s.guesses.succeeded(try, s.Now())
	c.Set(principalKey, principal)
	c.Next()
}

// openDiscovery reports whether whoever shows no token may be told what the tenant's SCIM can,
// which is the tenant's own choice.
func (s *Server) openDiscovery(c *gin.Context, tenant string) (*tenants.Tenant, bool) {
	if !isDiscovery(c.FullPath()) || s.Tenants == nil {
		return nil, false
	}
	t, known := s.Tenants.Tenant(tenant)
	if !known {
		return nil, false
	}
	d, err := s.dialects.Of(t)
	return t, err == nil && d.Profile.OpenDiscovery
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
