package timeclock

import (
	_ "embed"
	"strings"
	"sync/atomic"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// defaultBaseURL is where the product lives when a target does not say.
const defaultBaseURL = "https://live.timeclock365.com/api/v1"

//go:embed mapping.yaml
var mapping []byte

// Product declares TimeClock 365.
func Product() connectors.Product {
	return connectors.Product{
		Name:  "timeclock",
		Title: "TimeClock 365",
		Capabilities: connectors.Capabilities{
			Deactivate: connectors.DeactivateLicence,
			Reactivate: connectors.ReactivateSame,
			Settle:     30 * time.Second,
			// 54 calls a minute and 5 at once: never more than 59 in any minute.
			Rate: tenants.Rate{PerSecond: 0.9, Burst: 5, Concurrency: 2},
		},
		Mapping:  mapping,
		Settings: decode,
	}
}

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults
	// keeping says that nobody is deactivated here, so that no licence is taken back either.
	keeping bool
}

// Credentials are what the API is called with.
type Credentials struct {
	// APIKey is a key an administrator makes under the Integrations tab.
	APIKey configs.Secret `yaml:"api_key,required"`
}

// Defaults are what a new user gets and a directory does not know, and what becomes of licences.
type Defaults struct {
	// RoleID is the role of a new user; without it the vendor gives Employee.
	RoleID int64 `yaml:"role_id"`
	// Invite is 1 when new users are invited by e-mail, 0 when they are not.
	Invite int64 `yaml:"invite"`
	// ReleaseLicence says that whoever leaves gives the licence back. It is true unless set.
	ReleaseLicence bool `yaml:"release_licence"`
}

func decode(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{BaseURL: target.BaseURL, Defaults: Defaults{ReleaseLicence: true}, keeping: !target.Sync.Delete}
	if s.BaseURL == "" {
		s.BaseURL = defaultBaseURL
	}
	faults := target.Credentials.Decode(&s.Credentials)
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	base, err := rest.ParseBaseURL(s.BaseURL)
	if err != nil {
		faults.Add(target.Positions["base_url"], "%v", err)
	} else if strings.HasSuffix(base.Path, "/scim") {
		faults.Add(target.Positions["base_url"], "base_url: this is the vendor's own SCIM URL; want its API, as in %s", defaultBaseURL)
	}
	if s.Defaults.RoleID < 0 {
		faults.Add(target.Defaults.Key("role_id").Position(), "defaults.role_id: want the id of a role")
	}
	if s.Defaults.Invite != 0 && s.Defaults.Invite != 1 {
		faults.Add(target.Defaults.Key("invite").Position(), "defaults.invite: want 0 or 1")
	}
	return s, faults
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	options := rest.OptionsOf("timeclock", s.BaseURL, env)
	options.Refuses, options.Classify, options.Pause = refuses, classify, pause
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	return &connector{client: client, key: s.Credentials.APIKey, role: s.Defaults.RoleID,
		releases: s.Defaults.ReleaseLicence, repairs: s.Defaults.ReleaseLicence && !s.keeping}, nil
}

// connector is one target at TimeClock 365.
type connector struct {
	client *rest.Client
	key    configs.Secret
	role   int64
	// releases says that who is deactivated gives the licence back, repairs that so does who is
	// found without access and with a licence.
	releases, repairs bool
	last              atomic.Int64 // the id of the last request
}

var (
	_ connectors.Connector   = (*connector)(nil)
	_ connectors.Deactivator = (*connector)(nil)
	_ connectors.Checker     = (*connector)(nil)
	_ connectors.Lister      = (*connector)(nil)
	_ connectors.Differ      = (*connector)(nil)
)

// Close lets go of idle connections.
func (c *connector) Close() error {
	c.client.Close()
	return nil
}
