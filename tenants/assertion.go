package tenants

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// maxJWT bounds what is decoded of a JWT.
	maxJWT = 16 << 10
	// leeway is how far Entra's clock may be from ours.
	leeway = time.Minute
)

// claims is what is read of a JWT that Entra issued.
type claims struct {
	jwt.RegisteredClaims
	Tenant string `json:"tid"`
	Object string `json:"oid"`
	App    string `json:"appid"`
}

// expectation is whom a JWT must come from and whom it must be for.
type expectation struct {
	tenant    string // of Entra
	issuer    string
	subject   string
	any       bool // whatever the subject
	audiences []string
}

// expects is what Entra writes into the token of its provisioning service: of version 1, whose
// issuer is another than that of version 2 (E-06).
func (e Entra) expects() expectation {
	return expectation{tenant: e.Tenant, issuer: "https://sts.windows.net/" + e.Tenant + "/", any: true, audiences: e.Audiences}
}

// expects is what Entra writes into a service principal's assertion (E-08).
func (f Federation) expects() expectation {
	return expectation{tenant: f.Tenant, issuer: "https://login.microsoftonline.com/" + f.Tenant + "/v2.0", subject: f.Subject, audiences: f.Audiences}
}

// keysURL is where the Entra tenant's keys are, for tokens of both versions.
func (e expectation) keysURL() string {
	return "https://login.microsoftonline.com/" + e.tenant + "/discovery/v2.0/keys"
}

// refuses says what is wrong with the claims. A token that is for others as well could have come
// from them, so every audience must be one of ours.
func (e expectation) refuses(c claims) (reason string) {
	switch {
	case c.Tenant != e.tenant:
		return "token of another Entra tenant"
	case c.Issuer != e.issuer:
		return "token of another issuer"
	case !e.any && c.Subject != e.subject:
		return "token of another subject"
	case len(c.Audience) == 0 || slices.ContainsFunc(c.Audience, func(a string) bool { return !slices.Contains(e.audiences, a) }):
		return "token for another audience"
	default:
		return ""
	}
}

// verify checks a JWT against the first of the expectations that its claims meet, and returns
// which. The error is a *Refusal, or wraps ErrUnavailable when there was no key to check with.
func (k *Keyring) verify(ctx context.Context, token string, among []expectation) (claims, int, error) {
	if len(token) > maxJWT || k == nil {
		return claims{}, 0, &Refusal{Reason: "no token that can be checked"}
	}
	var c claims
	met := -1
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(k.Now), jwt.WithStrictDecoding())
	_, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (key any, err error) {
		// The claims come before the key, so that nobody's token for somebody else costs a fetch.
		if met, err = meets(c, among); err != nil {
			return nil, err
		}
		return k.keyOf(ctx, t, among[met])
	})
	switch {
	case err == nil:
		return c, met, nil
	case errors.Is(err, ErrUnavailable):
		return claims{}, 0, err
	default:
		return claims{}, 0, &Refusal{Reason: reasonOf(err)}
	}
}

func meets(c claims, among []expectation) (int, error) {
	reason := "token that nobody expects"
	for i, e := range among {
		if reason = e.refuses(c); reason == "" {
			return i, nil
		}
	}
	return 0, &Refusal{Reason: reason}
}

// keyOf finds the key that the header names. A header that makes anything critical makes
// critical what is not understood here (RFC 7515 section 4.1.11).
func (k *Keyring) keyOf(ctx context.Context, t *jwt.Token, e expectation) (*rsa.PublicKey, error) {
	id, _ := t.Header["kid"].(string)
	if _, critical := t.Header["crit"]; critical || id == "" {
		return nil, &Refusal{Reason: "token with an unfit header"}
	}
	return k.key(ctx, e.keysURL(), id)
}

// reasonOf gives the library's errors words without anything out of the token.
func reasonOf(err error) string {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Reason
	case errors.Is(err, errNoKey):
		return "token of an unknown key"
	case errors.Is(err, jwt.ErrTokenExpired):
		return "token is expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return "token is not valid yet"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "token with a wrong signature"
	default:
		return "malformed token"
	}
}
