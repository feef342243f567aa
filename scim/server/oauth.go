package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"scimrelay/scim"
	"scimrelay/tenants"
)

// Issuer answers a tenant's token endpoint.
type Issuer interface {
	Grant(ctx context.Context, tenantID string, authorization []string, form url.Values) (tenants.Grant, error)
}

// maxForm bounds a request for a token: an assertion and room for the rest.
const maxForm = 16 << 10

// serveTokens puts the token endpoint beside the SCIM base, where nobody has a token yet. Its
// errors have OAuth's form (RFC 6749 section 5.2).
func (s *Server) serveTokens(e *gin.Engine) {
	if s.Issuer != nil {
		e.Any(Prefix+":tenant/oauth2/token", s.token)
	}
}

// token answers one request for an access token.
func (s *Server) token(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	back := s.load.aside() // strangers may send a form as slowly as they like
	form, status, err := tokenForm(c.Request)
	if fits := back(); !fits && err == nil {
		s.refuse(c, overloaded())
		return
	}
	if err != nil {
		s.refuseToken(c, status, tenants.GrantErrorOf(err))
		return
	}
	g, e := s.grant(c, form)
	if e != nil {
		s.refuseToken(c, tokenStatus(e.Code), e)
		return
	}
	s.Log.InfoContext(c.Request.Context(), "access token issued", "tenant", c.Param("tenant"), "client", g.KeyID)
	tokenJSON(c, http.StatusOK, struct {
		Token    string `json:"access_token"`
		Type     string `json:"token_type"`
		Lifetime int    `json:"expires_in"`
		Scope    string `json:"scope,omitempty"`
	}{g.Token.Reveal(), "Bearer", int(g.Lifetime / time.Second), g.Scope})
}

// grant asks the issuer, unless the client's secret is being guessed.
func (s *Server) grant(c *gin.Context, form url.Values) (tenants.Grant, *tenants.GrantError) {
	tenant, shown := c.Param("tenant"), c.Request.Header.Values("Authorization")
	try := attempt{s.sourceOf(c.Request), tenants.GrantClaimOf(tenant, shown, form)}
	if wait := s.guesses.held(try, s.Now()); wait > 0 {
		return tenants.Grant{}, tooManyGrants(wait)
	}
	g, err := s.Issuer.Grant(c.Request.Context(), tenant, shown, form)
	if err == nil {
		s.guesses.succeeded(try, s.Now())
		return g, nil
	}
	e := tenants.GrantErrorOf(err)
	if e.Code == tenants.InvalidClient {
		if wait := s.guesses.failed(try, s.Now()); wait > 0 {
			e = tooManyGrants(wait)
		}
	}
	return g, e
}

func tooManyGrants(wait time.Duration) *tenants.GrantError {
	return &tenants.GrantError{Code: tenants.TooMany, Detail: "too many failed attempts", After: min(wait, mostAfter)}
}

// tokenForm reads the form and nothing else: what stands in the URL ends up in logs, and is no
// place for credentials (RFC 6749 section 2.3.1). The status is for the error.
func tokenForm(r *http.Request) (url.Values, int, error) {
	refuse := func(status int, detail string) (url.Values, int, error) {
		return nil, status, &tenants.GrantError{Code: tenants.InvalidRequest, Detail: detail}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "tokens are asked for with POST")
	case err != nil || kind != "application/x-www-form-urlencoded":
		return refuse(http.StatusUnsupportedMediaType, "send application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxForm))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return refuse(http.StatusRequestEntityTooLarge, "the form is larger than "+strconv.Itoa(maxForm)+" bytes")
	case err != nil:
		return refuse(http.StatusBadRequest, "the form ended early")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(http.StatusBadRequest, "the form cannot be read")
	}
	return form, http.StatusOK, nil
}

func tokenStatus(code tenants.GrantCode) int {
	switch code {
	case tenants.InvalidClient:
		return http.StatusUnauthorized
	case tenants.TooMany:
		return http.StatusTooManyRequests
	case tenants.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// refuseToken answers with an error. The log tells why: whoever sets up a client sees the same
// answer for everything that may be wrong with it.
func (s *Server) refuseToken(c *gin.Context, status int, e *tenants.GrantError) {
	switch status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Basic realm="scimrelay"`)
		s.Log.InfoContext(c.Request.Context(), "access token refused", "tenant", scim.ClipName(c.Param("tenant")), "err", e)
	case http.StatusServiceUnavailable:
		c.Header("Retry-After", seconds(afterTrouble))
		s.Log.ErrorContext(c.Request.Context(), "access token cannot be issued", "tenant", scim.ClipName(c.Param("tenant")), "err", e)
	case http.StatusTooManyRequests:
		c.Header("Retry-After", seconds(e.After))
	case http.StatusMethodNotAllowed:
		c.Header("Allow", http.MethodPost)
	}
	code := e.Code
	if code == tenants.TooMany { // OAuth has no word for it
		code = tenants.Unavailable
	}
	tokenJSON(c, status, struct {
		Code   tenants.GrantCode `json:"error"`
		Detail string            `json:"error_description"`
	}{code, e.Detail})
}

func tokenJSON(c *gin.Context, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // texts and numbers: cannot happen
		status, text = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	c.Data(status, "application/json", text)
}
