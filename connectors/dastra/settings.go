package dastra

import (
	"cmp"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// What defaults.mode and defaults.invite may say.
const (
	modeREST = "rest"
	modeSCIM = "scim-relay"

	inviteNone  = "none"
	inviteMail  = "invitation"
	inviteReset = "reset_password"
)

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults
	// Workspace is the one workspace that is synchronised.
	Workspace int64
	// Anonymises says that whoever leaves is anonymised; else only the roles are taken away.
	Anonymises bool
}

// Credentials are an API key, or the pair of an OAuth2 client: both are made by an owner of the
// account, and exactly one is given.
type Credentials struct {
	// APIKey is the private part of a key.
	APIKey configs.Secret `yaml:"api_key"`
	// ClientID and ClientSecret are the public and the private part of a key.
	ClientID     configs.Secret `yaml:"client_id"`
	ClientSecret configs.Secret `yaml:"client_secret"`
	// SCIMToken opens Dastra's own SCIM, in mode scim-relay.
	SCIMToken configs.Secret `yaml:"scim_token"`
}

// Defaults are what a new person needs and a directory does not know, and the ways to take.
type Defaults struct {
	// AccountURL is where OAuth2 tokens are fetched.
	AccountURL string `yaml:"account_url"`
	// WorkspaceID is the workspace. Dastra synchronises one of an organisation.
	WorkspaceID configs.Node `yaml:"workspace_id,required"`
	// RoleID is the role that new and returning people get: 1 Administrator, 2 Contributor, 3 Reader.
	RoleID int64 `yaml:"role_id"`
	// SSOConfigurationID is the single sign-on that new people log in by.
	SSOConfigurationID int64 `yaml:"sso_configuration_id"`
	// Invite is what new people get by mail: none, invitation or reset_password.
	Invite string `yaml:"invite"`
	// Mode is where people are written: rest, or scim-relay for Dastra's own SCIM.
	Mode string `yaml:"mode"`
	// SCIMURL is the address of Dastra's own SCIM.
	SCIMURL string `yaml:"scim_url"`
}

// relays says whether people are written over Dastra's own SCIM.
func (s Settings) relays() bool { return s.Defaults.Mode == modeSCIM }

func read(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{BaseURL: cmp.Or(target.BaseURL, defaultBaseURL),
		Anonymises: target.OnDeactivate == string(connectors.DeactivateAnonymise)}
	faults := target.Credentials.Decode(&s.Credentials)
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	s.Defaults.AccountURL = cmp.Or(s.Defaults.AccountURL, defaultAccountURL)
	if _, err := rest.ParseBaseURL(s.BaseURL); err != nil {
		faults.Add(target.Positions["base_url"], "%v", err)
	}
	faults = append(faults, checkLogin(target)...)
	faults = append(faults, s.checkWorkspace(target)...)
	faults = append(faults, s.Defaults.check(target)...)
	if s.relays() {
		faults = append(faults, s.checkRelay(target)...)
	}
	return s, faults
}

// checkLogin wants one of the two forms of credentials. It looks at what is there, so that a
// secret that cannot be read is no second fault.
func checkLogin(target tenants.Target) (fs configs.Faults) {
	has := func(name string) bool { return target.Credentials.Key(name).Node != nil }
	key, id, secret := has("api_key"), has("client_id"), has("client_secret")
	at := target.Credentials.Position()
	switch {
	case key && (id || secret):
		fs.Add(at, "credentials: give api_key, or client_id and client_secret, and not both")
	case !key && !id && !secret:
		fs.Add(at, "credentials: want api_key, or client_id and client_secret")
	case id != secret:
		fs.Add(at, "credentials: client_id and client_secret belong together")
	}
	return fs
}

func (s *Settings) checkWorkspace(target tenants.Target) (fs configs.Faults) {
	node := s.Defaults.WorkspaceID
	switch {
	case node.Node == nil: // said already
	case node.Items() != nil || node.IsMapping():
		fs.Add(node.Position(), "defaults.workspace_id: Dastra synchronises one workspace of an organisation: name one")
	default:
		if fs = node.Decode(&s.Workspace); len(fs) == 0 && s.Workspace <= 0 {
			fs.Add(node.Position(), "defaults.workspace_id: want the number of a workspace")
		}
	}
	return fs
}

func (d Defaults) check(target tenants.Target) (fs configs.Faults) {
	at := func(name string) configs.Position { return target.Defaults.Key(name).Position() }
	if target.Sync.Create && d.RoleID <= 0 {
		fs.Add(at("role_id"), "defaults.role_id is required to create people")
	}
	for _, word := range []struct{ name, value, offered string }{
		{"mode", d.Mode, modeREST + " " + modeSCIM},
		{"invite", d.Invite, inviteNone + " " + inviteMail + " " + inviteReset},
	} {
		if offered := strings.Fields(word.offered); word.value != "" && !slices.Contains(offered, word.value) {
			fs.Add(at(word.name), "defaults.%s: want one of %s", word.name, strings.Join(offered, ", "))
		}
	}
	return append(fs, checkURL(at("account_url"), "account_url", d.AccountURL)...)
}

func checkURL(at configs.Position, name, url string) (fs configs.Faults) {
	if _, err := rest.ParseBaseURL(url); err != nil {
		fs.Add(at, "defaults.%s%s", name, strings.TrimPrefix(err.Error(), "base_url"))
	}
	return fs
}

// checkRelay says what Dastra's SCIM needs, and what it cannot do.
func (s Settings) checkRelay(target tenants.Target) (fs configs.Faults) {
	at := func(name string) configs.Position { return target.Defaults.Key(name).Position() }
	if target.Credentials.Key("scim_token").Node == nil {
		fs.Add(target.Credentials.Position(), "credentials.scim_token is required in mode scim-relay")
	}
	if s.Defaults.SCIMURL == "" {
		fs.Add(at("scim_url"), "defaults.scim_url is required in mode scim-relay")
	} else {
		fs = append(fs, checkURL(at("scim_url"), "scim_url", s.Defaults.SCIMURL)...)
	}
	if s.Defaults.Invite == inviteMail {
		fs.Add(at("invite"), "defaults.invite: there are no invitations in mode scim-relay; reset_password mails new people a link")
	}
	if s.Defaults.SSOConfigurationID != 0 {
		fs.Add(at("sso_configuration_id"), "defaults.sso_configuration_id cannot be set in mode scim-relay")
	}
	for _, name := range []string{"phoneNumber", "language", "ssoConfigurationId"} {
		if !target.Mapping[name].Empty() {
			fs.Add(target.Positions["mapping."+name], "mapping: Dastra's SCIM takes no %s; leave it out in mode scim-relay", name)
		}
	}
	return fs
}
