package ivanti

import (
	_ "embed"
	"encoding/base64"
	"time"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

//go:embed mapping.yaml
var mapping []byte

// visible is how long Ivanti may take to show in a list what it holds (customer document: "up to
// an hour", which is read here as being about lists: ASSUMED).
const visible = time.Hour

// Product declares Ivanti Neurons for MDM.
func Product() connectors.Product {
	return connectors.Product{
		Name:  "ivanti",
		Title: "Ivanti Neurons for MDM",
		Capabilities: connectors.Capabilities{
			Deactivate:     connectors.DeactivateDisable,
			Reactivate:     connectors.ReactivateSame,
			Groups:         true,
			DeleteGroup:    true,
			KeyIsFinal:     true,
			MembersPerCall: 100,
			Settle:         visible,
			// 195 calls in any minute: 200 is the limit ASSUMED.
			Rate: tenants.Rate{PerSecond: 3, Burst: 15, Concurrency: underWay},
		},
		Mapping:  mapping,
		Settings: read,
	}
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	env.Now = env.Clock()
	if env.Rate.Concurrency <= 0 || env.Rate.Concurrency > underWay {
		env.Rate.Concurrency = underWay
	}
	options := rest.OptionsOf("ivanti", s.BaseURL, env)
	options.Classify, options.Refuses = classify, refuses
	options.Limits = []rest.Limit{s.Defaults.listLimit()}
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	user := s.Credentials.Username.Reveal()
	pair := base64.StdEncoding.EncodeToString([]byte(user + ":" + s.Credentials.Password.Reveal()))
	c := &connector{client: client, defaults: s.Defaults, user: user, now: env.Now,
		gate: newGate(client, "Basic "+pair, env.Now)}
	c.accounts = newIndex(env.Now, c.accountNames, c.searchUID)
	c.groups = newIndex(env.Now, c.groupNames, nil)
	return c, nil
}

// connector is one target at Ivanti.
type connector struct {
	client   *rest.Client
	defaults Defaults
	user     string // whose credentials these are
	now      func() time.Time
	gate     *gate
	accounts *index // by uid
	groups   *index // by name
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
	c.client.Close()
	return nil
}

// protected says whether the account is the one the gateway works with.
func (c *connector) protected(key string) bool { return fold(key) == fold(c.user) }
