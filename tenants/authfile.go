package tenants

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"scimrelay/configs"
)

// customApp is the audience of every application that is not from Entra's gallery.
const customApp = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"

// How long access tokens may live: what Entra's acceptance check lets pass (V-40).
const (
	minLifetime = time.Hour
	maxLifetime = 6 * time.Hour
)

// What a secret has at least: nothing slows down who guesses a client's, and people choose
// passwords. At most, what a form with it may weigh.
const (
	minSecret   = 32
	minPassword = 16
	maxSecret   = 1024
)

// authFile is the auth group of a tenant's file.
type authFile struct {
	Bearer     bool             `yaml:"bearer"`
	BareToken  *bool            `yaml:"bare_token"`
	Clients    []clientAuthFile `yaml:"oauth_clients"`
	Basic      []basicFile      `yaml:"basic"`
	Entra      *entraFile       `yaml:"entra"`
	Federation []federationFile `yaml:"federation"`
}

type clientAuthFile struct {
	ID       string           `yaml:"id,required"`
	Secrets  []configs.Secret `yaml:"secrets,required"`
	Lifetime configs.Duration `yaml:"lifetime"`
}

type basicFile struct {
	Username  string           `yaml:"username,required"`
	Passwords []configs.Secret `yaml:"passwords,required"`
}

type entraFile struct {
	TenantID  string   `yaml:"tenant_id,required"`
	Audiences []string `yaml:"audiences"`
}

type federationFile struct {
	ClientID  string   `yaml:"client_id,required"`
	TenantID  string   `yaml:"tenant_id,required"`
	Subject   string   `yaml:"subject,required"`
	Audiences []string `yaml:"audiences,required"`
}

// auth is what the group says, defaults filled in.
func (f authFile) auth() Auth {
	a := Auth{Bearer: f.Bearer, BareToken: f.Bearer && (f.BareToken == nil || *f.BareToken)}
	for _, c := range f.Clients {
		lifetime := time.Duration(c.Lifetime)
		if lifetime == 0 {
			lifetime = minLifetime
		}
		a.Clients = append(a.Clients, OAuthClient{ID: c.ID, Secrets: c.Secrets, Lifetime: lifetime})
	}
	for _, u := range f.Basic {
		a.Basic = append(a.Basic, BasicUser(u))
	}
	if f.Entra != nil {
		a.Entra = &Entra{Tenant: strings.ToLower(f.Entra.TenantID), Audiences: f.Entra.Audiences}
		if a.Entra.Audiences == nil {
			a.Entra.Audiences = []string{customApp}
		}
	}
	for _, e := range f.Federation {
		a.Federation = append(a.Federation, Federation{ClientID: e.ClientID, Tenant: strings.ToLower(e.TenantID), Subject: e.Subject, Audiences: e.Audiences})
	}
	return a
}

// critic collects what is wrong with parts of a file. What is not there is the decoder's to miss.
type critic struct{ faults configs.Faults }

func (c *critic) want(fine bool, at configs.Node, what string) {
	if !fine && at.Present() {
		c.faults.Add(at.Position(), "%s: %s", at.Path(), what)
	}
}

// check finds what the decoder cannot know.
func (f authFile) check(node configs.Node) configs.Faults {
	c := &critic{}
	c.want(f.Bearer || f.auth().other(), node.Key("bearer"), "tokens can be switched off once there is another way in")
	c.want(f.Bearer || f.BareToken == nil || !*f.BareToken, node.Key("bare_token"), "the tokens themselves are switched off")
	for i, item := range node.Key("oauth_clients").Items() {
		f.checkClient(c, i, item)
	}
	for i, item := range node.Key("basic").Items() {
		f.checkBasic(c, i, item)
	}
	if f.Entra != nil {
		item := node.Key("entra")
		c.tenantID(f.Entra.TenantID, item.Key("tenant_id"))
		c.audiences(f.Entra.Audiences, item.Key("audiences"))
	}
	for i, item := range node.Key("federation").Items() {
		f.checkFederation(c, i, item)
	}
	return c.faults
}

func (f authFile) checkClient(c *critic, i int, item configs.Node) {
	client := f.Clients[i]
	c.clientID(client.ID, item.Key("id"))
	first := slices.IndexFunc(f.Clients, func(o clientAuthFile) bool { return o.ID == client.ID })
	c.want(first == i, item.Key("id"), "the client stands already in the list")
	c.secrets(client.Secrets, item.Key("secrets"), minSecret)
	if lifetime := item.Key("lifetime"); lifetime.Present() {
		c.want(time.Duration(client.Lifetime) >= minLifetime && time.Duration(client.Lifetime) <= maxLifetime, lifetime, "want 1h to 6h")
	}
}

func (f authFile) checkBasic(c *critic, i int, item configs.Node) {
	user := f.Basic[i]
	fine := user.Username != "" && len(user.Username) <= 128 && !strings.Contains(user.Username, ":") && printable(user.Username)
	c.want(fine, item.Key("username"), "want 1 to 128 letters without a colon (RFC 7617)")
	first := slices.IndexFunc(f.Basic, func(o basicFile) bool { return o.Username == user.Username })
	c.want(first == i, item.Key("username"), "the user stands already in the list")
	c.secrets(user.Passwords, item.Key("passwords"), minPassword)
}

func (f authFile) checkFederation(c *critic, i int, item configs.Node) {
	entry := f.Federation[i]
	c.clientID(entry.ClientID, item.Key("client_id"))
	c.tenantID(entry.TenantID, item.Key("tenant_id"))
	c.want(isWord(entry.Subject), item.Key("subject"), "want the object id of the service principal")
	c.audiences(entry.Audiences, item.Key("audiences"))
	first := slices.IndexFunc(f.Federation, func(o federationFile) bool {
		return strings.EqualFold(o.TenantID, entry.TenantID) && o.Subject == entry.Subject
	})
	c.want(first == i, item.Key("subject"), "the service principal stands already in the list")
}

// clientID keeps to letters that mean themselves in a URL: clients differ in whether they
// encode the id inside Basic (RFC 6749 section 2.3.1).
func (c *critic) clientID(id string, at configs.Node) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	c.want(id != "" && len(id) <= 64 && strings.Trim(id, letters) == "", at, "want 1 to 64 letters, digits and - . _ ~")
}

func (c *critic) tenantID(id string, at configs.Node) {
	c.want(isGUID(strings.ToLower(id)), at, "want the id of an Entra tenant, as in 3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44")
}

func (c *critic) audiences(list []string, at configs.Node) {
	c.want(len(list) > 0, at, "want at least one")
	for i, item := range at.Items() {
		if i < len(list) {
			c.want(isWord(list[i]), item, "want an application id, as in api://3f6c2c1e-9a55-4d7b-8f0e-51b1c0de7a44")
		}
	}
}

// secrets never quotes one, nor says how long it is.
func (c *critic) secrets(list []configs.Secret, at configs.Node, least int) {
	c.want(len(list) > 0, at, "want at least one")
	for i, item := range at.Items() {
		if i >= len(list) {
			return
		}
		text := list[i].Reveal()
		switch first := slices.IndexFunc(list, list[i].Equal); {
		case len(text) < least || len(text) > maxSecret:
			c.want(false, item, fmt.Sprintf("want %d to %d bytes", least, maxSecret))
		case strings.ContainsFunc(text, unicode.IsControl):
			c.want(false, item, "want no line ends and other control characters in it")
		case first != i:
			c.want(false, item, "the same secret stands already in the list")
		}
	}
}

// isWord is some printable text without blanks.
func isWord(s string) bool {
	return s != "" && len(s) <= 256 && printable(s) && !strings.ContainsFunc(s, unicode.IsSpace)
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// isGUID is the form of Entra's ids, in lower case.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
