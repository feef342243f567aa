package session_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/session"
)

// endpoint is a token endpoint that answers the same always, and what it was asked last.
type endpoint struct {
	session.Grant
	form url.Values
	auth string
}

func newEndpoint(t *testing.T, status int, body string) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Client = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.URL.Path != "/oauth2/token" {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		e.form, e.auth = r.PostForm, r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	e.Path, e.ID, e.Secret = "/oauth2/token", "the client:1", configs.NewSecret("s3cret&+")
	return e
}

func TestAGrantAsksForATokenByAForm(t *testing.T) {
	e := newEndpoint(t, http.StatusOK, `{"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600}`)
	e.Scope, e.More = "users:write", url.Values{"audience": {"https://api.acme.example"}}
	for _, inBody := range []bool{false, true} {
		e.InBody = inBody
		token, err := e.Fetch(t.Context())
		if err != nil || token.Value != "t-1" {
			t.Fatal(token, err)
		}
		want := url.Values{"grant_type": {"client_credentials"}, "scope": {"users:write"}, "audience": {"https://api.acme.example"}}
		// RFC 6749 section 2.3.1: both are encoded as a form before they are joined.
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("the+client%3A1:s3cret%26%2B"))
		if inBody {
			want["client_id"], want["client_secret"] = []string{"the client:1"}, []string{"s3cret&+"}
			basic = ""
		}
		if e.form.Encode() != want.Encode() || e.auth != basic {
			t.Errorf("in the body %v: asked with %v and %q", inBody, e.form, e.auth)
		}
	}
}

func TestATokenIsUsedUntilShortlyBeforeItsEnd(t *testing.T) {
	for expires, life := range map[string]time.Duration{
		`, "expires_in": 3600`:   59 * time.Minute,
		`, "expires_in": "3600"`: 59 * time.Minute,
		`, "expires_in": 60`:     30 * time.Second,
		`, "expires_in": 1e12`:   30*24*time.Hour - time.Minute,
		`, "expires_in": 0`:      0,
		`, "expires_in": -5`:     0,
		`, "expires_in": null`:   0,
		``:                       0,
	} {
		e := newEndpoint(t, http.StatusOK, `{"access_token": "t-1"`+expires+`}`)
		if token, err := e.Fetch(t.Context()); err != nil || token.Life != life {
			t.Errorf("%s: %v, %v", expires, token.Life, err)
		}
	}
}

func TestWhatRefusesTheClientIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   connectors.Class
	}{
		"invalid_client":            {400, `{"error": "invalid_client", "error_description": "the client:1 with s3cret&+ is unknown"}`, connectors.Auth},
		"invalid_client by 401":     {401, `{"error": "invalid_client"}`, connectors.Auth},
		"invalid_grant":             {400, `{"error": "invalid_grant"}`, connectors.Auth},
		"a refusal by a proxy":      {401, `<html>`, connectors.Nonsense},
		"forbidden":                 {403, `{"error": "access_denied"}`, connectors.Auth},
		"too many requests":         {429, `{}`, connectors.Throttled},
		"a broken server":           {500, `{}`, connectors.Transient},
		"a page for people":         {400, `<html>`, connectors.Nonsense},
		"no token":                  {200, `{"token_type": "Bearer"}`, connectors.Nonsense},
		"a token of no known shape": {200, `{"access_token": 7}`, connectors.Nonsense},
	} {
		e := newEndpoint(t, c.status, c.body)
		s := &session.Session{Client: e.Client, Header: session.Bearer, Now: time.Now,
			Fetch: func(ctx context.Context) (session.Token, error) { return e.Fetch(ctx) }}
		err := s.Login(t.Context())
		if !connectors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if told := err.Error(); strings.Contains(told, "s3cret") || strings.Contains(told, "the client:1") {
			t.Errorf("%s: %s", name, told)
		}
	}
}
