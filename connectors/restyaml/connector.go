package restyaml

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
)

// connector is one target of a product that a file describes.
type connector struct {
	*program
	base     *url.URL
	client   *rest.Client
	other    *rest.Client // of the token endpoint's host, nil when that is the same
	sender   sender
	session  *session.Session // nil without a login
	defaults map[string]any
	secrets  []string // which no vendor's words may show
}

// listing and switching are the powers that not every product has.
type listing struct{ by *connector }

type switching struct{ by *connector }

var (
	_ connectors.Connector   = (*connector)(nil)
	_ connectors.Checker     = (*connector)(nil)
	_ connectors.Prober      = (*connector)(nil)
	_ connectors.Differ      = (*connector)(nil)
	_ connectors.Lister      = listing{}
	_ connectors.Deactivator = switching{}
)

// open makes the connector, with the powers that the file gives it.
func open(s Settings, env connectors.Env) (connectors.Connector, error) {
	if s.program == nil || s.way.kind == "" {
		return nil, errors.New("restyaml: the settings were never read, or have faults")
	}
	p := s.program
	base, err := rest.ParseBaseURL(s.base)
	if err != nil {
		return nil, err
	}
	options := rest.OptionsOf(p.name, s.base, env)
	options.Classify, options.Refuses = p.classify, p.refuses
	for _, f := range p.limits {
		options.Limits = append(options.Limits, rest.Limit{PerSecond: f.PerSecond, Burst: f.Burst,
			Applies: func(call rest.Call) bool { return slices.Contains(f.Calls, call.Name) }})
	}
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	c := &connector{program: p, base: base, client: client, defaults: s.secrets.defaults}
	for _, secret := range s.secrets.credentials {
		c.secrets = append(c.secrets, secret.Reveal())
	}
	if c.sender, c.session, c.other, err = s.way.open(p, client, s.secrets, env); err != nil {
		return nil, err
	}
	switch lists, switches := p.calls[callList] != nil, p.calls[callDeactivate] != nil; {
	case lists && switches:
		return struct {
			*connector
			listing
			switching
		}{c, listing{c}, switching{c}}, nil
	case lists:
		return struct {
			*connector
			listing
		}{c, listing{c}}, nil
	case switches:
		return struct {
			*connector
			switching
		}{c, switching{c}}, nil
	default:
		return c, nil
	}
}

// Close lets go of idle connections.
func (c *connector) Close() error {
	c.client.Close()
	if c.other != nil {
		c.other.Close()
	}
	return nil
}

// values are what every expression may read.
func (c *connector) values() values { return values{"defaults": c.defaults} }

// do makes a call and explains its failure.
func (c *connector) do(ctx context.Context, call rest.Call) (rest.Answer, error) {
	call.Private = slices.Concat(call.Private, c.secrets)
	answer, err := c.sender.Do(ctx, call)
	return answer, c.explained(call, answer, err, texts(c.defaults, nil))
}

// send fills the call and makes it.
func (c *connector) send(ctx context.Context, to *call, v values, private []string) (rest.Answer, error) {
	filled, err := to.fill(v, c.account.paths, private)
	if err != nil {
		return rest.Answer{}, err
	}
	return c.do(ctx, filled)
}

// shown is the account that the answer of the call holds.
func (c *connector) shown(of *call, answer rest.Answer) shown {
	found, _ := of.item.in(decoded(answer.Body))
	return c.account.read(found)
}
