package scimtarget

import (
	"context"
	"encoding/base64"
	"net/http"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
)

// login makes calls as the target's client.
type login interface {
	Do(ctx context.Context, call rest.Call) (rest.Answer, error)
}

// loginWith gives the way to log in that the credentials are for.
func (c *connector) loginWith(with Credentials, env connectors.Env) (login, error) {
	switch {
	case !with.Token.Empty():
		name, value := session.Bearer(with.Token.Reveal())
		return standing{c.client, name, value}, nil
	case !with.Username.Empty():
		pair := with.Username.Reveal() + ":" + with.Password.Reveal()
		return standing{c.client, "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}, nil
	default:
		return c.granted(with, env)
	}
}

// granted is the login of an OAuth2 client. The token endpoint may be on another host, so that
// it has a client of its own.
func (c *connector) granted(with Credentials, env connectors.Env) (login, error) {
	base, path := splitURL(c.defaults.TokenURL)
	tokens, err := rest.New(rest.OptionsOf("scimtarget", base, env))
	if err != nil {
		return nil, err
	}
	c.clients = append(c.clients, tokens)
	grant := session.Grant{Client: tokens, Path: path, ID: with.ClientID.Reveal(), Secret: with.ClientSecret,
		Scope: c.defaults.Scope, InBody: c.defaults.CredentialsInBody}
	return &session.Session{Client: c.client, Fetch: grant.Fetch, Header: session.Bearer, Now: c.now}, nil
}

// standing is a login that never changes.
type standing struct {
	client      *rest.Client
	name, value string
}

// Do implements login.
func (s standing) Do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	header := http.Header{s.name: {s.value}}
	for name, values := range call.Header {
		header[name] = values
	}
	call.Header = header
	return s.client.Do(ctx, call)
}
