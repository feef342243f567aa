package steeple

import (
	_ "embed"
	"net/http"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// defaultBaseURL is where the product lives when a target does not say.
const defaultBaseURL = "https://api.steeple.com"

//go:embed mapping.yaml
var mapping []byte

// Product declares Steeple.
func Product() connectors.Product {
	return connectors.Product{
		Name:         "steeple",
		Title:        "Steeple",
		Capabilities: capabilities(connectors.DeactivateRemove),
		Mapping:      mapping,
		Settings:     read,
	}
}

// capabilities are those of a target that takes access away in this way.
func capabilities(kind connectors.DeactivateKind) connectors.Capabilities {
	back := connectors.ReactivateReattach
	if kind == connectors.DeactivateSuspend {
		back = connectors.ReactivateSame
	}
	return connectors.Capabilities{
		Deactivate:   kind,
		Reactivate:   back,
		Choices:      []connectors.DeactivateKind{connectors.DeactivateRemove, connectors.DeactivateSuspend},
		Entitlements: true,
		Settle:       30 * time.Second,
		// 25 + 60 × 4.5 = 295: no minute has more than the 300 calls ASSUMED to be allowed.
		Rate: tenants.Rate{PerSecond: 4.5, Burst: 25, Concurrency: 4},
	}
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	options := rest.OptionsOf("steeple", s.BaseURL, env)
	options.Classify = classify
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	return &connector{client: client, settings: s, memory: newMemory(env.Clock()),
		header: http.Header{"Authorization": {"Bearer " + s.Credentials.Token.Reveal()}}}, nil
}

// connector is one target at Steeple.
type connector struct {
	client   *rest.Client
	settings Settings
	header   http.Header
	memory   *memory
}

var (
	_ connectors.Connector   = (*connector)(nil)
	_ connectors.Deactivator = (*connector)(nil)
	_ connectors.Checker     = (*connector)(nil)
	_ connectors.Lister      = (*connector)(nil)
	_ connectors.Entitler    = (*connector)(nil)
	_ connectors.Differ      = (*connector)(nil)
	_ connectors.Capable     = Settings{}
)

// Close lets go of idle connections.
func (c *connector) Close() error {
	c.client.Close()
	return nil
}
