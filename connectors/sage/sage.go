package sage

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/connectors/internal/session"
	"scimrelay/tenants"
)

// defaultBaseURL is where the product lives when a target does not say.
const defaultBaseURL = "https://api.forcemanager.com/api/v4"

//go:embed mapping.yaml
var mapping []byte

// Product declares Sage Sales Management.
func Product() connectors.Product {
	return connectors.Product{
		Name:  "sage",
		Title: "Sage Sales Management",
		Capabilities: connectors.Capabilities{
			Deactivate:     connectors.DeactivateFlag,
			Reactivate:     connectors.ReactivateSame,
			CreateInactive: true,
			Entitlements:   true,
			Settle:         30 * time.Second,
			Rate:           tenants.Rate{PerSecond: 3, Burst: 10, Concurrency: 4},
		},
		Mapping:  mapping,
		Settings: read,
	}
}

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults
}

// Credentials are the key pair an administrator makes under Settings > Integrations > API key.
type Credentials struct {
	PublicKey  configs.Secret `yaml:"public_key,required"`
	PrivateKey configs.Secret `yaml:"private_key,required"`
}

// Defaults are what a new user needs and a directory does not know.
type Defaults struct {
	// RoleID is the basic role of a new user.
	RoleID int64 `yaml:"role_id"`
	// Roles gives the role of a group's members, as in {"Sales Managers": 30}. The group is named by
	// its displayName, externalId or id. The roles it names are the gateway's to give and to take.
	Roles map[string]int64 `yaml:"roles"`
	// BranchID is the environment a new user lands in.
	BranchID int64 `yaml:"branch_id"`
	// Level is the user's level, 1 to 5, 5 the highest.
	Level int64 `yaml:"level"`
	// UserTypeID is the user type, 1 Commercial and 3 Management in the vendor's sample.
	UserTypeID int64 `yaml:"user_type_id"`
	// DBLanguage and UILanguage are one of ES EN US IT DE PT BR RU; EN when empty.
	DBLanguage string `yaml:"db_language"`
	UILanguage string `yaml:"ui_language"`
	// Phone stands in for the number of a new user who has none. Without it they are refused.
	Phone string `yaml:"phone"`
	// IDPrefix is the country id of a phone number whose calling code is not in IDPrefixes.
	IDPrefix int64 `yaml:"id_prefix"`
	// IDPrefixes gives the country id of a calling code, as in {"+34": 69}.
	IDPrefixes map[string]int64 `yaml:"id_prefixes"`
}

func read(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{BaseURL: target.BaseURL}
	if s.BaseURL == "" {
		s.BaseURL = defaultBaseURL
	}
	faults := target.Credentials.Decode(&s.Credentials)
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	if _, err := rest.ParseBaseURL(s.BaseURL); err != nil {
		faults.Add(target.Positions["base_url"], "%v", err)
	}
	faults = append(faults, s.Defaults.check(target)...)
	return s, faults
}

func (d Defaults) check(target tenants.Target) (fs configs.Faults) {
	for _, missing := range []struct {
		name string
		id   int64
	}{{"role_id", d.RoleID}, {"branch_id", d.BranchID}} {
		if target.Sync.Create && missing.id <= 0 {
			fs.Add(target.Defaults.Key(missing.name).Position(), "defaults.%s is required to create users", missing.name)
		}
	}
	table := target.Defaults.Key("roles")
	for _, group := range slices.Sorted(maps.Keys(d.Roles)) {
		if strings.TrimSpace(group) == "" {
			fs.Add(table.KeyPosition(group), "defaults.roles: want the name of a group before each role")
		}
		if d.Roles[group] <= 0 {
			fs.Add(table.Key(group).Position(), "defaults.roles: want the id of a role, a number above 0")
		}
	}
	for name, language := range map[string]string{"db_language": d.DBLanguage, "ui_language": d.UILanguage} {
		if language != "" && !isLanguage(language) {
			fs.Add(target.Defaults.Key(name).Position(), "defaults.%s: want one of %s", name, languages)
		}
	}
	if d.Level < 0 || d.Level > 5 {
		fs.Add(target.Defaults.Key("level").Position(), "defaults.level: want 1 to 5")
	}
	return fs
}

// Open implements connectors.Settings.
func (s Settings) Open(env connectors.Env) (connectors.Connector, error) {
	options := rest.OptionsOf("sage", s.BaseURL, env)
	options.Classify = classify
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	return &connector{client: client, session: newSession(client, s.Credentials, env.Clock()), defaults: s.Defaults}, nil
}

// connector is one target at Sage.
type connector struct {
	client   *rest.Client
	session  *session.Session
	defaults Defaults

	mu    sync.Mutex
	roled map[string]bool // accounts known to have a role, where the settings have no table
}

var (
	_ connectors.Connector   = (*connector)(nil)
	_ connectors.Deactivator = (*connector)(nil)
	_ connectors.Checker     = (*connector)(nil)
	_ connectors.Lister      = (*connector)(nil)
	_ connectors.Differ      = (*connector)(nil)
	_ connectors.Entitler    = (*connector)(nil)
)

// Close lets go of idle connections.
func (c *connector) Close() error {
	c.client.Close()
	return nil
}
