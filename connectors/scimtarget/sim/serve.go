package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
	"scimrelay/scim"
)

// answer is what a call is answered with.
type answer struct {
	status  int
	body    any
	key     string // whose it is
	version string
	at      string // Location
}

// serve finds the customer, counts the call, and writes the answer.
func (s *Sim) serve(handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c, err := s.customer(w, r)
		var a answer
		if err == nil {
			a, err = handle(c, r)
		}
		if err != nil {
			s.refuse(w, scim.AsError(err))
			return
		}
		for name, value := range map[string]string{simhost.KeyHeader: a.key, "ETag": a.version, "Location": a.at} {
			if value != "" {
				w.Header().Set(name, value)
			}
		}
		if a.body == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		say(w, a.status, a.body)
	}
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", scim.MediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Sim) refuse(w http.ResponseWriter, e *scim.Error) {
	if s.knobs.ErrorsAsHTML {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(e.Status)
		fmt.Fprintf(w, "<html><body>%d</body></html>", e.Status)
		return
	}
	say(w, e.Status, e.Document())
}

// customer tells whose call it is by its credentials, and holds it to the rate limit.
func (s *Sim) customer(w http.ResponseWriter, r *http.Request) (*customer, error) {
	name, way := s.credentials(r)
	if name == "" || s.knobs.Revoked || s.knobs.Auth != "" && s.knobs.Auth != way {
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		return nil, &scim.Error{Status: http.StatusUnauthorized, Detail: "The credentials are not accepted."}
	}
	c := s.customers[name]
	if c == nil {
		c = &customer{name: name, users: map[string]*resource{}, groups: map[string]*resource{}, byName: map[string]string{}}
		s.customers[name] = c
	}
	if c.minute.Over(s.now(), s.knobs.RateLimit) {
		w.Header().Set("Retry-After", "20")
		return nil, &scim.Error{Status: http.StatusTooManyRequests, Detail: "Too many requests."}
	}
	return c, nil
}

func (s *Sim) credentials(r *http.Request) (name, way string) {
	if user, password, ok := r.BasicAuth(); ok {
		name, known := strings.CutPrefix(user, "user-")
		if !known || password != "pass-"+name {
			return "", ""
		}
		return name, "basic"
	}
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", ""
	}
	if name, ok := strings.CutPrefix(bearer, "token-"); ok {
		return name, "bearer"
	}
	t, ok := s.tokens[bearer]
	if !ok || !s.now().Before(t.until) {
		return "", ""
	}
	return t.customer, "oauth"
}

// grant gives a token to a client (RFC 6749 section 4.4), by HTTP Basic or in the form.
func (s *Sim) grant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	name, known := strings.CutPrefix(id, "client-")
	if !known || name == "" || secret != "secret-"+name || s.knobs.Revoked {
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client"})
		return
	}
	if r.PostFormValue("grant_type") != "client_credentials" {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "unsupported_grant_type"})
		return
	}
	life := time.Duration(s.knobs.TokenLife)
	value := "granted-" + s.nextID()
	s.tokens[value] = token{name, s.now().Add(life)}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": value, "token_type": "Bearer", "expires_in": int(life.Seconds())})
}

// body reads a request's document.
func body(r *http.Request) (scim.Document, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return scim.Decode(raw, scim.DefaultLimits())
}
