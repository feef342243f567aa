package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// token is an OAuth2 token that was given.
type token struct {
	organisation string
	issued       time.Time
}

// token gives one for client credentials.
func (s *Sim) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, status := s.grant(r)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Sim) grant(r *http.Request) (map[string]any, int) {
	refuse := func(reason string) (map[string]any, int) {
		return map[string]any{"error": reason}, http.StatusBadRequest
	}
	id, secret, ok := r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	name, ours := strings.CutPrefix(id, "id-")
	switch {
	case !ok || errID != nil || errSecret != nil || !ours || name == "" || secret != "secret-"+name || s.knobs.KeysRevoked:
		return refuse("invalid_client")
	case r.PostFormValue("grant_type") != "client_credentials":
		return refuse("unsupported_grant_type")
	case r.PostFormValue("scope") != "api1":
		return refuse("invalid_scope")
	}
	s.issued++
	text := fmt.Sprintf("sim-%s-%d", name, s.issued)
	s.tokens[text] = token{name, s.now()}
	return map[string]any{"access_token": text, "expires_in": int(time.Duration(s.knobs.TokenLifetime).Seconds()),
		"token_type": "Bearer", "scope": "api1"}, http.StatusOK
}

// keyed opens the organisation of an API key or a token.
func (s *Sim) keyed(r *http.Request) (*organisation, error) {
	if s.knobs.KeysRevoked {
		return nil, unauthorized()
	}
	if name, ok := strings.CutPrefix(r.Header.Get("X-API-Key"), "key-"); ok && name != "" {
		return s.organisation(name), nil
	}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given, ok := s.tokens[bearer]
	if !ok || s.now().Sub(given.issued) >= time.Duration(s.knobs.TokenLifetime) {
		return nil, unauthorized()
	}
	return s.organisation(given.organisation), nil
}

// relayed opens the organisation of a SCIM token.
func (s *Sim) relayed(r *http.Request) (*organisation, error) {
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer scim-")
	switch {
	case !ok || name == "" || s.knobs.SCIMRevoked:
		return nil, unauthorized()
	case s.knobs.Plan != planEnterprise:
		return nil, gated()
	}
	return s.organisation(name), nil
}

// The vendor's own limits.
const (
	perMinute     = 500
	perTenMinutes = 10_000
)

// count refuses calls over either limit.
func (s *Sim) count(w http.ResponseWriter, o *organisation) error {
	if s.knobs.RateLimit == 0 {
		return nil
	}
	full := &o.minute
	if !full.Over(s.now(), s.knobs.RateLimit) {
		if full = &o.ten; !full.Over(s.now(), perTenMinutes) {
			return nil
		}
	}
	if s.knobs.RetryAfter {
		pause := full.Left(s.now())
		w.Header().Set("Retry-After", strconv.Itoa(int(pause/time.Second)+1))
	}
	return refusal{status: http.StatusTooManyRequests, title: "Too Many Requests"}
}

func (s *Sim) me(o *organisation, _ *http.Request) (any, error) {
	return map[string]any{"email": "owner@" + o.name + ".example", "tenantId": o.number, "role": "API"}, nil
}

func (s *Sim) status(*organisation, *http.Request) (any, error) {
	return map[string]any{"status": "Healthy"}, nil
}

func (s *Sim) limitState(o *organisation, _ *http.Request) (any, error) {
	limit := perMinute
	if s.knobs.RateLimit > 0 {
		limit = s.knobs.RateLimit
	}
	return map[string]any{"limit": limit, "remaining": limit - o.minute.Calls(), "period": "1m"}, nil
}

// number reads an id of a path, 0 when it is none.
func number(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
