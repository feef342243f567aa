package dastra

import (
	"context"
	_ "embed"
	"maps"
	"net/http"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
	"scimrelay/tenants"
)

// Where the product and its logins live when a target does not say.
const (
	defaultBaseURL    = "https://api.dastra.eu"
	defaultAccountURL = "https://account.dastra.eu"
)

//go:embed mapping.yaml
var mapping []byte

// Product declares Dastra.
func Product() connectors.Product {
	return connectors.Product{
		Name:         "dastra",
		Title:        "Dastra",
		Capabilities: capabilities(),
		Mapping:      mapping,
		Settings:     read,
	}
}

// capabilities are those of a target that says nothing about leavers.
func capabilities() connectors.Capabilities {
	return connectors.Capabilities{
		Deactivate:  connectors.DeactivateRevoke,
		Reactivate:  connectors.ReactivateSame,
		Choices:     []connectors.DeactivateKind{connectors.DeactivateRevoke, connectors.DeactivateAnonymise},
		Groups:      true,
		DeleteGroup: true,
		// Each member is a call of its own: what is done is recorded often.
		MembersPerCall: 20,
		Settle:         2 * time.Minute,
		// 448 calls in the worst minute, of the 500 that are documented.
		Rate: tenants.Rate{PerSecond: 7.3, Burst: 10, Concurrency: 4},
	}
}

// Capabilities implements connectors.Capable: on_deactivate decides what leaving is, and what
// returning is after it.
func (s Settings) Capabilities() connectors.Capabilities {
	caps := capabilities()
	if s.Anonymises {
		caps.Deactivate, caps.Reactivate = connectors.DeactivateAnonymise, connectors.ReactivateNewID
	}
	return caps
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	if s.relays() {
		// Both APIs are one vendor's, who may count them together.
		env.Rate.PerSecond /= 2
		env.Rate.Burst = (env.Rate.Burst + 1) / 2
	}
	c := &connector{settings: s}
	api, err := c.client(s.BaseURL, env)
	if err != nil {
		return nil, err
	}
	if c.api, err = c.login(api, env); err != nil {
		return nil, err
	}
	c.people = restPeople{c}
	if s.relays() {
		client, err := c.client(s.Defaults.SCIMURL, env)
		if err != nil {
			return nil, err
		}
		c.people = scimPeople{c, keyed{client, session.Bearer, s.Credentials.SCIMToken}}
	}
	return c, nil
}

// client makes one of the target's clients; all of them are closed with the connector.
func (c *connector) client(url string, env connectors.Env) (*rest.Client, error) {
	options := rest.OptionsOf("dastra", url, env)
	options.Classify = classify
	client, err := rest.New(options)
	if err == nil {
		c.clients = append(c.clients, client)
	}
	return client, err
}

// login is the way into the REST API: the key itself, or a token that the pair buys.
func (c *connector) login(api *rest.Client, env connectors.Env) (door, error) {
	s := c.settings
	if !s.Credentials.APIKey.Empty() {
		return keyed{api, apiKey, s.Credentials.APIKey}, nil
	}
	account, err := c.client(s.Defaults.AccountURL, env)
	if err != nil {
		return nil, err
	}
	grant := session.Grant{Client: account, Path: tokenPath, ID: s.Credentials.ClientID.Reveal(),
		Secret: s.Credentials.ClientSecret, Scope: "api1"}
	return &session.Session{Client: api, Fetch: grant.Fetch, Header: session.Bearer, Now: env.Clock()}, nil
}

// connector is one target at Dastra.
type connector struct {
	settings Settings
	api      door
	people   people
	clients  []*rest.Client
}

var (
	_ connectors.Capable      = Settings{}
	_ connectors.Connector    = (*connector)(nil)
	_ connectors.Deactivator  = (*connector)(nil)
	_ connectors.MemberEditor = (*connector)(nil)
	_ connectors.Checker      = (*connector)(nil)
	_ connectors.Lister       = (*connector)(nil)
	_ connectors.Differ       = (*connector)(nil)
)

// Close lets go of idle connections.
func (c *connector) Close() error {
	for _, client := range c.clients {
		client.Close()
	}
	return nil
}

// door is the way into one of Dastra's two APIs, with the credentials it asks for.
type door interface {
	Do(ctx context.Context, call rest.Call) (rest.Answer, error)
}

// keyed is a door that a secret opens without a login.
type keyed struct {
	client *rest.Client
	header func(secret string) (name, value string)
	secret configs.Secret
}

// Do makes the call with the secret in its header.
func (k keyed) Do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	header := maps.Clone(call.Header)
	if header == nil {
		header = http.Header{}
	}
	name, value := k.header(k.secret.Reveal())
	header.Set(name, value)
	call.Header = header
	return k.client.Do(ctx, call)
}

func apiKey(key string) (name, value string) { return "X-API-Key", key }
