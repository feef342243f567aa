package session

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// early is how long before its end a token is renewed, at most half of its life.
const early = time.Minute

// Grant is OAuth2's client credentials grant (RFC 6749 section 4.4).
type Grant struct {
	// Client reaches the token endpoint's host, Path is the endpoint below it.
	Client *rest.Client
	Path   string
	ID     string
	Secret configs.Secret
	Scope  string
	// InBody sends id and secret in the form instead of by HTTP Basic (section 2.3.1).
	InBody bool
	// More are further parameters, such as audience.
	More url.Values
}

// Fetch asks for a token. Whatever refuses the client is class Auth.
func (g Grant) Fetch(ctx context.Context) (Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	for name, values := range g.More {
		form[name] = values
	}
	if g.Scope != "" {
		form.Set("scope", g.Scope)
	}
	header := http.Header{}
	if g.InBody {
		form.Set("client_id", g.ID)
		form.Set("client_secret", g.Secret.Reveal())
	} else {
		pair := url.QueryEscape(g.ID) + ":" + url.QueryEscape(g.Secret.Reveal())
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	answer, err := g.Client.Do(ctx, rest.Call{Method: http.MethodPost, Path: g.Path, Body: form, Header: header, Idempotent: true,
		Private: []string{g.ID, g.Secret.Reveal()}})
	if err != nil {
		return Token{}, refusedClient(answer, err)
	}
	var body struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	if err := answer.Decode(&body); err != nil {
		return Token{}, err
	}
	life := time.Duration(0)
	if seconds, err := strconv.ParseFloat(body.ExpiresIn.String(), 64); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, (30*24*time.Hour).Seconds()) * float64(time.Second))
		life -= min(early, life/2)
	}
	return Token{Value: body.AccessToken, Life: life}, nil
}

// refusedClient classes what a token endpoint refuses with 400, 401 or 403 (section 5.2).
func refusedClient(answer rest.Answer, err error) error {
	fault := *connectors.FaultOf(err)
	switch answer.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		if fault.Class != connectors.Nonsense && fault.Class != connectors.Throttled {
			fault.Class = connectors.Auth
		}
	}
	return &fault
}
