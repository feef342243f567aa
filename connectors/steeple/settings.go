package steeple

import (
	"strings"

	"github.com/google/uuid"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// The words that settings may hold.
const (
	member        = "member"
	administrator = "administrator"
	inviteNow     = "now"
	inviteLater   = "later"
	byEmail       = "email"
	byNumber      = "matricule"
)

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults
	// Suspend says that who leaves is suspended, and not removed from the organisation.
	Suspend bool
}

// Credentials are the token that an administrator of a community directly tied to the
// organisation makes under Administration > Integrations.
type Credentials struct {
	Token configs.Secret `yaml:"token,required"`
}

// Defaults are what the organisation has decided and a directory does not know.
type Defaults struct {
	// SSOReady is the administrator's word that SSO is configured in Steeple.
	SSOReady bool `yaml:"sso_ready"`
	// Communities says which group gives which role in which community.
	Communities []Grant `yaml:"communities"`
	// Invite says when a new person gets the invitation: now, or later, from an administrator.
	Invite string `yaml:"invite"`
	// AccessMethod is how the organisation's people log in: email or matricule.
	AccessMethod string `yaml:"access_method"`
	// TransferPostsTo is the id of the Steeple user who gets the posts of whoever is removed.
	TransferPostsTo string `yaml:"transfer_posts_to"`
}

// Grant is a line of the table: members of Group have Role in the community.
type Grant struct {
	// Group is the displayName, externalId or id of a group of the directory.
	Group string `yaml:"group,required"`
	// CommunityID is Steeple's id of the community.
	CommunityID string `yaml:"community_id,required"`
	// Role is member or administrator; member when empty.
	Role string `yaml:"role"`
}

// Capabilities implements connectors.Capable.
func (s Settings) Capabilities() connectors.Capabilities {
	if s.Suspend {
		return capabilities(connectors.DeactivateSuspend)
	}
	return capabilities(connectors.DeactivateRemove)
}

// Mapped implements connectors.Tabled.
func (s Settings) Mapped() bool { return len(s.Defaults.Communities) > 0 }

func read(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{BaseURL: target.BaseURL, Suspend: target.OnDeactivate == string(connectors.DeactivateSuspend)}
	if s.BaseURL == "" {
		s.BaseURL = defaultBaseURL
	}
	faults := target.Credentials.Decode(&s.Credentials)
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	if _, err := rest.ParseBaseURL(s.BaseURL); err != nil {
		faults.Add(target.Positions["base_url"], "%v", err)
	}
	faults = append(faults, s.Defaults.check(target)...)
	s.Defaults.complete()
	return s, faults
}

func (d Defaults) check(target tenants.Target) (fs configs.Faults) {
	want := func(fine bool, path, message string) {
		if !fine {
			fs.Add(target.Defaults.Lookup(path).Position(), "defaults.%s: %s", path, message)
		}
	}
	// Steeple's guide: it is essential to have configured SSO before provisioning.
	want(d.SSOReady || !target.Activate, "sso_ready",
		"SSO must be configured in Steeple before provisioning; say defaults.sso_ready: true once it is")
	want(d.Invite == "" || d.Invite == inviteNow || d.Invite == inviteLater, "invite", "want now or later")
	want(d.AccessMethod == "" || d.AccessMethod == byEmail || d.AccessMethod == byNumber, "access_method", "want email or matricule")
	want(d.AccessMethod != byNumber || !target.Mapping["birthday"].Empty(), "access_method",
		"with the personnel number people need a birthday too; say in mapping.birthday where it comes from, as in "+
			`user["urn:ietf:params:scim:schemas:extension:acme:2.0:User"].birthday`)
	number, replaced := target.Mapping["registration_number"]
	want(d.AccessMethod != byNumber || !replaced || !number.Empty(), "access_method",
		"with the personnel number mapping.registration_number cannot be empty")
	want(d.TransferPostsTo == "" || isID(d.TransferPostsTo), "transfer_posts_to", "want the id of a Steeple user, a UUID")
	for i, node := range target.Defaults.Key("communities").Items() {
		if i >= len(d.Communities) {
			break
		}
		g := d.Communities[i]
		if g.CommunityID != "" && !isID(g.CommunityID) {
			fs.Add(node.Key("community_id").Position(), "defaults.communities.%d.community_id: want the id of a community, a UUID", i)
		}
		if g.Role != "" && g.Role != member && g.Role != administrator {
			fs.Add(node.Key("role").Position(), "defaults.communities.%d.role: want member or administrator", i)
		}
	}
	return fs
}

// complete fills in what may be left out, and writes ids the way Steeple does.
func (d *Defaults) complete() {
	if d.Invite == "" {
		d.Invite = inviteLater
	}
	if d.AccessMethod == "" {
		d.AccessMethod = byEmail
	}
	d.TransferPostsTo = strings.ToLower(d.TransferPostsTo)
	for i := range d.Communities {
		g := &d.Communities[i]
		g.CommunityID = strings.ToLower(g.CommunityID)
		if g.Role == "" {
			g.Role = member
		}
	}
}

func isID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }
