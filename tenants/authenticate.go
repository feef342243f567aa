package tenants

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The two ways to be turned away. They must never be mixed up: an identity provider that gets a
// 401 because a database was down stops provisioning altogether.
var (
	// ErrUnauthorized says that the caller may not speak for the tenant, and to the caller not
	// why. It answers 401.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrUnavailable says that the gateway could not find out. It answers 503.
	ErrUnavailable = errors.New("authentication is unavailable")
)

// Refusal is the ErrUnauthorized with its reason, for logs and audit only: every caller gets the
// same answer.
type Refusal struct {
	// KeyID is the well-formed key id that was shown, if there was one.
	KeyID  string
	Reason string
	// Genuine says that what was shown is no guess: a token of the gateway's own with its secret,
	// which has ended or is another tenant's.
	Genuine bool
}

// Error implements error.
func (r *Refusal) Error() string { return "unauthorized: " + r.Reason }

// Unwrap makes every refusal an ErrUnauthorized.
func (r *Refusal) Unwrap() error { return ErrUnauthorized }

// Principal is who speaks: a tenant, through one of its ways in.
type Principal struct {
	Tenant *Tenant
	// KeyID names the credential, and is no secret: the key id of a token, "client:" and the
	// client of an access token, "basic:" and the user, "entra:" and the id of the object.
	KeyID string
}

// Actor names the principal in events.
func (p Principal) Actor() string {
	if strings.Contains(p.KeyID, ":") {
		return p.KeyID
	}
	return "token:" + p.KeyID
}

// TokenLookup finds stored tokens. Token returns ErrNoToken for an unknown key id; any other
// error means that it could not look.
type TokenLookup interface {
	Token(ctx context.Context, keyID string) (Token, error)
}

// Directory knows the tenants; a Registry is one.
type Directory interface {
	Tenant(id string) (*Tenant, bool)
}

// Authenticator decides who may speak at a tenant's SCIM URL. Its answers are never older than
// half a second, so that a revoked token is refused everywhere within one. Fill the fields and use
// it by pointer, from any number of goroutines.
type Authenticator struct {
	Tenants Directory
	Tokens  TokenLookup
	Hasher  Hasher
	// Keys checks what Entra signs; without them no such token is good.
	Keys *Keyring
	// Now is the clock.
	Now func() time.Time
	// Used, if set, is told about a token's use, at most once a minute each. It is called while
	// a request waits: it hands the news on rather than writing it down itself.
	Used func(token Token, at time.Time)
	// Spent, if set, is told that a genuine token was shown that is not good any more, at most
	// once an hour each and in the same way. What it does not take it is told with the next try.
	Spent func(token Token, status Status, at time.Time) (taken bool)

	cache tokenCache
	uses  useLog
	spent spentLog
}

// Authenticate checks the values of the Authorization header against the tenant in the path. The
// error is a *Refusal for every caller who may not speak, and wraps ErrUnavailable when tokens or
// keys could not be read.
func (a *Authenticator) Authenticate(ctx context.Context, tenantID string, authorization []string) (Principal, error) {
	shown, reason := readCredential(authorization)
	if reason != "" {
		return Principal{}, &Refusal{Reason: reason}
	}
	tenant, known := a.Tenants.Tenant(tenantID)
	if !known {
		tenant = &Tenant{ID: tenantID} // lets nobody in, after the same questions
	}
	name, err := a.name(ctx, tenant, known, shown)
	if err != nil {
		return Principal{}, err
	}
	return Principal{Tenant: tenant, KeyID: name}, nil
}

// name tells who shows the credential.
func (a *Authenticator) name(ctx context.Context, tenant *Tenant, known bool, shown credential) (string, error) {
	switch shown.kind {
	case ownToken:
		return shown.name, a.own(ctx, tenant, known, shown)
	case accessToken:
		return a.client(tenant, shown.secret)
	case password:
		return a.user(tenant, shown)
	default:
		return a.entra(ctx, tenant, shown.secret)
	}
}

// own checks one of the gateway's own tokens.
func (a *Authenticator) own(ctx context.Context, tenant *Tenant, known bool, shown credential) error {
	now := a.Now()
	token, err := a.cache.token(ctx, a.Tokens, shown.name, a.Now)
	if err != nil && !errors.Is(err, ErrNoToken) {
		return fmt.Errorf("tenants: look up token %s: %w: %w", shown.name, ErrUnavailable, err)
	}
	// Everything is asked before anything is answered: an unknown key id, a wrong secret and a
	// foreign tenant take the same time.
	genuine := a.Hasher.Verify(token, shown.secret)
	genuine = genuine && err == nil
	if reason := refused(genuine, known, token, tenant, shown.bare, now); reason != "" {
		if a.Spent != nil && genuine && token.Tenant == tenant.ID && !token.Usable(now) && a.spent.due(token, now) &&
			!a.Spent(token, token.StatusAt(now), now) {
			a.spent.forget(token)
		}
		return &Refusal{KeyID: shown.name, Reason: reason, Genuine: genuine}
	}
	if a.Used != nil && a.uses.due(token, now) {
		a.Used(token, now)
	}
	return nil
}

func refused(genuine, known bool, token Token, tenant *Tenant, bare bool, now time.Time) (reason string) {
	switch {
	case !genuine:
		return "unknown token"
	case token.Tenant != tenant.ID:
		return "token of another tenant"
	case !known:
		return "unknown tenant"
	case !tenant.Auth.Bearer || bare && !tenant.Auth.BareToken:
		return "tokens are switched off"
	case !token.Usable(now):
		return "token is " + string(token.StatusAt(now))
	default:
		return ""
	}
}

// client checks an access token: it must be genuine, and what earned it still there.
func (a *Authenticator) client(tenant *Tenant, token string) (string, error) {
	print, genuine := a.Hasher.readAccess(tenant.ID, token, a.Now())
	by, there := find(a.Hasher.earners(tenant.ID, tenant.Auth), print)
	if !genuine || !there {
		return "", &Refusal{Reason: "unknown or expired access token"}
	}
	return "client:" + by.client, nil
}

// user checks a user and password against all there are.
func (a *Authenticator) user(tenant *Tenant, shown credential) (string, error) {
	given, genuine := a.Hasher.mac("basic", shown.name, shown.secret), false
	for _, user := range tenant.Auth.Basic {
		for _, secret := range user.Passwords {
			if hmac.Equal(given, a.Hasher.mac("basic", user.Username, secret.Reveal())) {
				genuine = true
			}
		}
	}
	if !genuine || given == nil {
		return "", &Refusal{Reason: "unknown user or wrong password"}
	}
	return "basic:" + shown.name, nil
}

// entra checks a token that Entra made for its provisioning service.
func (a *Authenticator) entra(ctx context.Context, tenant *Tenant, token string) (string, error) {
	var expected []expectation
	if tenant.Auth.Entra != nil {
		expected = append(expected, tenant.Auth.Entra.expects())
	}
	c, _, err := a.Keys.verify(ctx, token, expected)
	if err != nil {
		return "", err
	}
	for _, id := range []string{c.Object, c.App} {
		if isGUID(id) {
			return "entra:" + id, nil
		}
	}
	return "entra:" + c.Tenant, nil
}
