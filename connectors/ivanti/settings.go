package ivanti

import (
	"net/http"
	"slices"
	"strings"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
	"scimrelay/tenants"
)

// Settings are the product's part of a target.
type Settings struct {
	BaseURL     string
	Credentials Credentials
	Defaults    Defaults
}

// Credentials are those of an administrator of the tenant with the role User Management, best
// one that is used for nothing else.
type Credentials struct {
	Username configs.Secret `yaml:"username,required"`
	Password configs.Secret `yaml:"password,required"`
}

// Defaults are how the tenant wants it.
type Defaults struct {
	// Cluster is where the tenant lives, in the place of base_url: na1, na2, na3, eu1, ap1 or ap2.
	Cluster string `yaml:"cluster"`
	// OnRename is what to do when the directory changes a user name, which Ivanti never does:
	// refuse (the default) or keep the old one.
	OnRename string `yaml:"on_rename"`
	// ManagedAppleID is off (the default) or email: made from the e-mail address.
	ManagedAppleID string `yaml:"managed_apple_id"`
	// AppleIDSubdomain puts the Managed Apple ID under appleid. of the e-mail's domain.
	AppleIDSubdomain bool `yaml:"appleid_subdomain"`
	// AutoInvite has Ivanti invite new people by e-mail to enrol.
	AutoInvite bool `yaml:"auto_invite"`
	// CustomAttributes are the user attributes declared in Ivanti that are sent.
	CustomAttributes []string `yaml:"custom_attributes"`
	// Locale is the language of new people whose own is not known, as in fr_FR.
	Locale string `yaml:"locale"`
	// GroupDeleteLimit is how many people the deletion of a group may disable unasked.
	GroupDeleteLimit int `yaml:"group_delete_limit"`
	// ListRate is how often in a minute accounts may be listed; 30 when it is 0.
	ListRate int `yaml:"list_rate"`
}

// The words of defaults.
const (
	renameRefuse = "refuse"
	renameKeep   = "keep"
	appleOff     = "off"
	appleEmail   = "email"
)

func clusters() []string { return []string{"na1", "na2", "na3", "eu1", "ap1", "ap2"} }

func read(target tenants.Target) (connectors.Settings, []configs.Fault) {
	s := Settings{}
	faults := target.Credentials.Decode(&s.Credentials)
	faults = append(faults, target.Defaults.Decode(&s.Defaults)...)
	faults = append(faults, s.address(target)...)
	if strings.Contains(s.Credentials.Username.Reveal(), ":") {
		faults.Add(target.Credentials.Key("username").Position(), "credentials.username: want no colon in it")
	}
	return s, append(faults, s.Defaults.check(target)...)
}

// address finds out where the tenant lives: base_url says, or defaults.cluster.
func (s *Settings) address(target tenants.Target) (fs configs.Faults) {
	cluster := target.Defaults.Key("cluster").Position()
	switch {
	case s.Defaults.Cluster != "" && target.BaseURL != "":
		fs.Add(cluster, "defaults.cluster: base_url says where the tenant lives already; leave one of them out")
	case s.Defaults.Cluster != "" && !slices.Contains(clusters(), s.Defaults.Cluster):
		fs.Add(cluster, "defaults.cluster: want one of %s", strings.Join(clusters(), ", "))
	case s.Defaults.Cluster != "":
		s.BaseURL = "https://" + s.Defaults.Cluster + ".mobileiron.com"
	case target.BaseURL == "":
		fs.Add(target.Position, "want base_url or defaults.cluster (one of %s)", strings.Join(clusters(), ", "))
	default:
		// The guide writes addresses with the version; the paths here have it too.
		s.BaseURL = strings.TrimSuffix(strings.TrimRight(target.BaseURL, "/"), "/api/v1")
		if _, err := rest.ParseBaseURL(s.BaseURL); err != nil {
			fs.Add(target.Positions["base_url"], "%v", err)
		}
	}
	return fs
}

func (d *Defaults) check(target tenants.Target) (fs configs.Faults) {
	for _, choice := range []struct {
		name  string
		value *string
		words []string
	}{
		{"on_rename", &d.OnRename, []string{renameRefuse, renameKeep}},
		{"managed_apple_id", &d.ManagedAppleID, []string{appleOff, appleEmail}},
	} {
		if *choice.value == "" {
			*choice.value = choice.words[0]
		}
		if !slices.Contains(choice.words, *choice.value) {
			fs.Add(target.Defaults.Key(choice.name).Position(), "defaults.%s: want one of %s", choice.name, strings.Join(choice.words, ", "))
		}
	}
	if d.AppleIDSubdomain && d.ManagedAppleID != appleEmail {
		fs.Add(target.Defaults.Key("appleid_subdomain").Position(), "defaults.appleid_subdomain: it needs managed_apple_id: email")
	}
	if d.GroupDeleteLimit < 0 {
		fs.Add(target.Defaults.Key("group_delete_limit").Position(), "defaults.group_delete_limit: want 0 or more")
	}
	if d.ListRate < 0 {
		fs.Add(target.Defaults.Key("list_rate").Position(), "defaults.list_rate: want calls a minute, 30 or what Ivanti has agreed to")
	}
	return append(fs, d.checkAttributes(target)...)
}

// checkAttributes finds the attributes that are mapped and not declared: Ivanti would refuse
// everybody who has one.
func (d *Defaults) checkAttributes(target tenants.Target) (fs configs.Faults) {
	if slices.Contains(d.CustomAttributes, "") {
		fs.Add(target.Defaults.Key("custom_attributes").Position(), "defaults.custom_attributes: a name is empty")
	}
	for field, rule := range target.Mapping {
		name, custom := strings.CutPrefix(field, customPrefix)
		if custom && !rule.Empty() && !d.declares(name) {
			fs.Add(target.Positions["mapping."+field], "mapping: %s: declare the attribute in Ivanti and in defaults.custom_attributes", field)
		}
	}
	return fs
}

func (d *Defaults) declares(name string) bool { return slices.Contains(d.CustomAttributes, name) }

// Capabilities implements connectors.Capable: where the tenant lets changed user names pass, the
// identity provider must not be told that they are refused.
func (s Settings) Capabilities() connectors.Capabilities {
	caps := Product().Capabilities
	caps.KeyIsFinal = s.Defaults.OnRename != renameKeep
	return caps
}

// listsPerMinute is the vendor's limit, unless it has agreed to another.
func (d *Defaults) listsPerMinute() int {
	if d.ListRate > 0 {
		return d.ListRate
	}
	return 30
}

// listLimit keeps listing accounts below the vendor's limit in any minute: a burst of a sixth and
// four fifths as a steady rate.
func (d *Defaults) listLimit() rest.Limit {
	perMinute := d.listsPerMinute()
	return rest.Limit{PerSecond: float64(perMinute) * 0.8 / 60, Burst: max(1, perMinute/6), Applies: func(call rest.Call) bool {
		return call.Method == http.MethodGet && call.Path == accountsPath
	}}
}
