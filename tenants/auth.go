package tenants

import (
	"fmt"
	"strings"
	"time"

	"scimrelay/configs"
)

// Auth is how callers may prove that they speak for a tenant. The zero Auth lets nobody in.
type Auth struct {
	// Bearer lets in the gateway's own tokens, the ones a TokenSet holds.
	Bearer bool
	// BareToken takes those without the word Bearer too, as Okta's header mode sends them.
	BareToken bool
	// Clients may fetch access tokens with a secret (RFC 6749 section 4.4).
	Clients []OAuthClient
	// Basic are user names with passwords (RFC 7617).
	Basic []BasicUser
	// Entra, if set, lets in the tokens Entra makes when its Secret Token is left blank.
	Entra *Entra
	// Federation lists who may fetch access tokens with Entra's word for them (RFC 7523).
	Federation []Federation
}

// OAuthClient is a client of the token endpoint. Any of its secrets will do, so that one can be
// replaced while the other is in use.
type OAuthClient struct {
	ID      string
	Secrets []configs.Secret
	// Lifetime is how long its access tokens live.
	Lifetime time.Duration
}

// BasicUser is a user name with the passwords that go with it.
type BasicUser struct {
	Username  string
	Passwords []configs.Secret
}

// Entra binds the one Entra tenant whose own tokens open the door.
type Entra struct {
	// Tenant is the id of the Entra tenant, in lower case.
	Tenant string
	// Audiences are the applications a token may be for.
	Audiences []string
}

// Federation is a client of the token endpoint that shows a token of an Entra tenant in place
// of a secret.
type Federation struct {
	ClientID string
	// Tenant is the id of the Entra tenant, in lower case.
	Tenant string
	// Subject is the object id of the service principal.
	Subject   string
	Audiences []string
}

// DefaultAuth is what holds for a tenant whose file says nothing: its tokens, with the word
// Bearer or without.
func DefaultAuth() Auth { return Auth{Bearer: true, BareToken: true} }

// other says whether there is a way in that needs none of the gateway's own tokens.
func (a Auth) other() bool {
	return len(a.Clients) > 0 || len(a.Basic) > 0 || a.Entra != nil || len(a.Federation) > 0
}

// Scheme is a row of a ServiceProviderConfig's authenticationSchemes (RFC 7643 section 5).
type Scheme struct {
	Type, Name, Description, SpecURI string
	Primary                          bool
}

// Schemes lists what the tenant's clients may choose from, the preferred one first.
func (a Auth) Schemes() (list []Scheme) {
	add := func(on bool, s Scheme) {
		if on {
			s.Primary = len(list) == 0
			list = append(list, s)
		}
	}
	add(a.Bearer, Scheme{Type: "oauthbearertoken", Name: "Bearer token",
		Description: "A token of this tenant in the Authorization header", SpecURI: "https://www.rfc-editor.org/rfc/rfc6750"})
	add(len(a.Clients) > 0 || len(a.Federation) > 0, Scheme{Type: "oauth2", Name: "OAuth 2.0 client credentials",
		Description: "An access token of this tenant's token endpoint", SpecURI: "https://www.rfc-editor.org/rfc/rfc6749"})
	add(a.Entra != nil, Scheme{Type: "oauthbearertoken", Name: "Microsoft Entra token",
		Description: "A token that Microsoft Entra ID issues to its provisioning service", SpecURI: "https://www.rfc-editor.org/rfc/rfc6750"})
	add(len(a.Basic) > 0, Scheme{Type: "httpbasic", Name: "HTTP Basic",
		Description: "A user name and password of this tenant", SpecURI: "https://www.rfc-editor.org/rfc/rfc7617"})
	return list
}

// Modes describes the ways in for an operator, one line each, without any secret.
func (a Auth) Modes() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch {
	case a.Bearer && a.BareToken:
		add("bearer: the gateway's tokens, with or without the word Bearer")
	case a.Bearer:
		add("bearer: the gateway's tokens")
	}
	for _, c := range a.Clients {
		add("oauth_clients: %s, %d secret(s), tokens live %s", c.ID, len(c.Secrets), c.Lifetime)
	}
	for _, u := range a.Basic {
		add("basic: %s, %d password(s)", u.Username, len(u.Passwords))
	}
	if a.Entra != nil {
		add("entra: tokens of the Entra tenant %s for %s", a.Entra.Tenant, strings.Join(a.Entra.Audiences, ", "))
	}
	for _, f := range a.Federation {
		add("federation: %s as %s of the Entra tenant %s for %s", f.ClientID, f.Subject, f.Tenant, strings.Join(f.Audiences, ", "))
	}
	return list
}
