package scimtarget

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/scim"
	"scimrelay/tenants"
)

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults

	remove bool     // leavers are deleted
	mapped []string // the fields of users that the target maps, for Check
}

// Credentials are one of three: a bearer token, a name and a password for HTTP Basic, or an
// OAuth2 client.
type Credentials struct {
	Token        configs.Secret `yaml:"token"`
	Username     configs.Secret `yaml:"username"`
	Password     configs.Secret `yaml:"password"`
	ClientID     configs.Secret `yaml:"client_id"`
	ClientSecret configs.Secret `yaml:"client_secret"`
}

// Defaults say what discovery does not, or overrule it.
type Defaults struct {
	// TokenURL is where an OAuth2 client gets its token, on whatever host.
	TokenURL string `yaml:"token_url"`
	// Scope is what the token is asked for.
	Scope string `yaml:"scope"`
	// CredentialsInBody sends the OAuth2 client's id and secret in the form, not by HTTP Basic.
	CredentialsInBody bool `yaml:"credentials_in_body"`
	// Discovery false leaves the discovery documents unread.
	Discovery *bool `yaml:"discovery"`
	// Match is what accounts are found by: userName, externalId or email; userName when empty.
	Match string `yaml:"match"`
	// Update is patch or put; what discovery says when empty.
	Update string `yaml:"update"`
	// PatchStyle is rfc, entra or okta: whose way of writing a PATCH the server understands.
	PatchStyle string `yaml:"patch_style"`
	// UserNameCase is sensitive or insensitive; what the schema says when empty.
	UserNameCase string `yaml:"user_name_case"`
	// ExternalIDFilter false says that the server does not search by externalId.
	ExternalIDFilter *bool `yaml:"external_id_filter"`
	// MembersPerRequest is how many members one call may change, 100 when 0.
	MembersPerRequest int `yaml:"members_per_request"`
	// NestedGroups says that groups may be members of groups.
	NestedGroups bool `yaml:"nested_groups"`
	// ContentType is how bodies are declared: application/scim+json, or application/json.
	ContentType string `yaml:"content_type"`
	// ClearAbsent false leaves alone what the server has and the directory has not.
	ClearAbsent *bool `yaml:"clear_absent"`
}

// The words of the defaults.
const (
	byUserName   = "userName"
	byExternalID = "externalId"
	byEmail      = "email"

	patch = "patch"
	put   = "put"

	styleRFC   = "rfc"
	styleEntra = "entra"
	styleOkta  = "okta"

	sensitive   = "sensitive"
	insensitive = "insensitive"
)

// membersPerRequest is what AWS IAM Identity Center takes, the least of those that say.
const membersPerRequest = 100

func read(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{BaseURL: target.BaseURL, remove: target.OnDeactivate == string(connectors.DeactivateRemove)}
	faults := target.Credentials.Decode(&s.Credentials)
	undecoded := len(faults) > 0
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	switch _, err := rest.ParseBaseURL(s.BaseURL); {
	case s.BaseURL == "":
		faults.Add(target.Position, "base_url is required: the address of the SCIM server, as in https://host/scim/v2")
	case err != nil:
		faults.Add(target.Positions["base_url"], "%v", err)
	}
	if !undecoded {
		faults = append(faults, checkCredentials(target, s.Defaults.TokenURL)...)
	}
	faults = append(faults, s.Defaults.check(target)...)
	s.Defaults = s.Defaults.complete()
	s.mapped = mappedFields(target)
	return s, faults
}

// complete fills in what is the usual case.
func (d Defaults) complete() Defaults {
	d.Match = cmp.Or(d.Match, byUserName)
	d.PatchStyle = cmp.Or(d.PatchStyle, styleRFC)
	d.ContentType = cmp.Or(d.ContentType, scim.MediaType)
	d.MembersPerRequest = cmp.Or(d.MembersPerRequest, membersPerRequest)
	return d
}

// checkCredentials asks for exactly one way to log in.
func checkCredentials(target tenants.Target, tokenURL string) (fs configs.Faults) {
	at := target.Credentials.Position()
	if !target.Credentials.Present() {
		at = target.Position
	}
	var ways [][]string
	for _, way := range [][]string{{"token"}, {"username", "password"}, {"client_id", "client_secret"}} {
		if slices.ContainsFunc(way, func(key string) bool { return target.Credentials.Key(key).Present() }) {
			ways = append(ways, way)
		}
	}
	if len(ways) != 1 {
		fs.Add(at, "credentials: give exactly one of token, username and password, client_id and client_secret")
		return fs
	}
	for _, key := range ways[0] {
		if !target.Credentials.Key(key).Present() {
			fs.Add(at, "credentials.%s is required beside credentials.%s", key, other(ways[0], key))
		}
	}
	if isOAuth := ways[0][0] == "client_id"; isOAuth && tokenURL == "" {
		fs.Add(at, "defaults.token_url is required with credentials.client_id")
	} else if !isOAuth && tokenURL != "" {
		fs.Add(target.Defaults.Key("token_url").Position(), "defaults.token_url belongs to credentials.client_id and client_secret")
	}
	return fs
}

func other(way []string, key string) string {
	return way[1-slices.Index(way, key)]
}

func (d Defaults) check(target tenants.Target) (fs configs.Faults) {
	for _, choice := range []struct {
		name, said string
		allowed    []string
	}{
		{"match", d.Match, []string{byUserName, byExternalID, byEmail}},
		{"update", d.Update, []string{patch, put}},
		{"patch_style", d.PatchStyle, []string{styleRFC, styleEntra, styleOkta}},
		{"user_name_case", d.UserNameCase, []string{sensitive, insensitive}},
		{"content_type", d.ContentType, []string{scim.MediaType, "application/json"}},
	} {
		if choice.said != "" && !slices.Contains(choice.allowed, choice.said) {
			fs.Add(target.Defaults.Key(choice.name).Position(), "defaults.%s: want one of %s", choice.name, strings.Join(choice.allowed, ", "))
		}
	}
	if d.MembersPerRequest < 0 || d.MembersPerRequest > 1000 {
		fs.Add(target.Defaults.Key("members_per_request").Position(), "defaults.members_per_request: want 1 to 1000")
	}
	if d.TokenURL != "" {
		if base, _ := splitURL(d.TokenURL); base == "" {
			fs.Add(target.Defaults.Key("token_url").Position(), "defaults.token_url: want an address as in https://host/oauth2/token")
		} else if _, err := rest.ParseBaseURL(base); err != nil {
			fs.Add(target.Defaults.Key("token_url").Position(), "defaults.token_url: %s", strings.TrimPrefix(err.Error(), "base_url: "))
		}
	}
	return fs
}

// splitURL cuts an address into what a client is made with and the path of a call.
func splitURL(address string) (base, path string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(u.EscapedPath(), "%{}") {
		return "", ""
	}
	cut := max(strings.LastIndexByte(u.Path, '/'), 0)
	path = "/" + strings.TrimPrefix(u.Path[cut:], "/")
	u.Path = u.Path[:cut]
	return u.String(), path
}

// mappedFields are the names of the fields that the target's mapping fills, whoever the person
// is. None is known where the mapping has faults, which others report.
func mappedFields(target tenants.Target) (names []string) {
	m, faults := Product().MappingOf(target)
	if len(faults) > 0 {
		return nil
	}
	nobody := scim.Document{"userName": "nobody", "externalId": "nobody",
		"emails": []any{map[string]any{"type": "work", "value": "nobody"}}}
	record, err := m.Record("nobody", nobody)
	if err != nil {
		return nil
	}
	for name := range record.Fields {
		names = append(names, name)
	}
	for name := range record.References {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
