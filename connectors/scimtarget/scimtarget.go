package scimtarget

import (
	_ "embed"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

//go:embed mapping.yaml
var mapping []byte

// Product declares whatever has a SCIM 2.0 server.
func Product() connectors.Product {
	return connectors.Product{
		Name:  "scimtarget",
		Title: "SCIM 2.0 server",
		Capabilities: connectors.Capabilities{
			Deactivate:     connectors.DeactivateFlag,
			Reactivate:     connectors.ReactivateSame,
			Choices:        []connectors.DeactivateKind{connectors.DeactivateFlag, connectors.DeactivateRemove},
			CreateInactive: true,
			Delete:         true,
			Groups:         true,
			DeleteGroup:    true,
			MembersPerCall: membersPerRequest,
			Settle:         30 * time.Second,
			Rate:           tenants.Rate{PerSecond: 10, Burst: 20, Concurrency: 4},
		},
		Mapping:  mapping,
		Settings: read,
	}
}

// Capabilities implements connectors.Capable: what the other end nests and takes at once, and
// what becomes of leavers, is another at each target.
func (s Settings) Capabilities() connectors.Capabilities {
	can := Product().Capabilities
	can.NestedGroups = s.Defaults.NestedGroups
	can.MembersPerCall = s.Defaults.MembersPerRequest
	if s.remove {
		can.Deactivate, can.Reactivate = connectors.DeactivateRemove, connectors.ReactivateNewID
	}
	return can
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	env.Now = env.Clock()
	options := rest.OptionsOf("scimtarget", s.BaseURL, env)
	options.Classify = classify
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	c := &connector{client: client, settings: s, defaults: s.Defaults, now: env.Now, clients: []*rest.Client{client}}
	if c.login, err = c.loginWith(s.Credentials, env); err != nil {
		return nil, err
	}
	return c, nil
}

// connector is one target: one SCIM server.
type connector struct {
	client   *rest.Client
	clients  []*rest.Client // all of them, the token endpoint's too
	login    login
	settings Settings
	defaults Defaults
	now      func() time.Time
	looks    singleflight.Group

	mu      sync.Mutex
	server  *server // as discovery last showed it
	learned learned
}

// learned is what the server showed by refusing.
type learned struct {
	methods     map[string]string // by endpoint: put or patch, where it refuses the other one
	unfiltered  map[string]bool   // attributes it does not filter by
	membersMost int               // members it takes at once
}

var (
	_ connectors.Connector    = (*connector)(nil)
	_ connectors.Deactivator  = (*connector)(nil)
	_ connectors.MemberEditor = (*connector)(nil)
	_ connectors.Differ       = (*connector)(nil)
	_ connectors.Checker      = (*connector)(nil)
	_ connectors.Lister       = (*connector)(nil)
	_ connectors.Capable      = Settings{}
)

// Close lets go of idle connections.
func (c *connector) Close() error {
	for _, client := range c.clients {
		client.Close()
	}
	return nil
}
