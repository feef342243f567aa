package tenants

import (
	"context"
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
}

// Error implements error.
func (r *Refusal) Error() string { return "unauthorized: " + r.Reason }

// Unwrap makes every refusal an ErrUnauthorized.
func (r *Refusal) Unwrap() error { return ErrUnauthorized }

// Principal is who speaks: a tenant, through one of its tokens.
type Principal struct {
	Tenant *Tenant
	KeyID  string
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
	// Now is the clock.
	Now func() time.Time
	// Used, if set, is told about a token's use, at most once a minute each. It is called while
	// a request waits: it hands the news on rather than writing it down itself.
	Used func(token Token, at time.Time)

	cache tokenCache
	uses  useLog
}

// Authenticate checks the values of the Authorization header against the tenant in the path. The
// error is a *Refusal for every caller who may not speak, and wraps ErrUnavailable when the
// tokens could not be read.
func (a *Authenticator) Authenticate(ctx context.Context, tenantID string, authorization []string) (Principal, error) {
	secret, ok := bearer(authorization)
	if !ok {
		return Principal{}, &Refusal{Reason: "not one bearer token"}
	}
	keyID, ok := ParseToken(secret)
	if !ok {
		return Principal{}, &Refusal{Reason: "malformed token"}
	}
	now := a.Now()
	token, err := a.cache.token(ctx, a.Tokens, keyID, a.Now)
	if err != nil && !errors.Is(err, ErrNoToken) {
		return Principal{}, fmt.Errorf("tenants: look up token %s: %w: %w", keyID, ErrUnavailable, err)
	}
	// Everything is asked before anything is answered: an unknown key id, a wrong secret and a
	// foreign tenant take the same time.
	genuine := a.Hasher.Verify(token, secret)
	tenant, known := a.Tenants.Tenant(tenantID)
	if reason := refused(err == nil && genuine, known, token, tenantID, now); reason != "" {
		return Principal{}, &Refusal{KeyID: keyID, Reason: reason}
	}
	if a.Used != nil && a.uses.due(token, now) {
		a.Used(token, now)
	}
	return Principal{Tenant: tenant, KeyID: keyID}, nil
}

func refused(genuine, known bool, token Token, tenantID string, now time.Time) (reason string) {
	switch {
	case !genuine:
		return "unknown token"
	case token.Tenant != tenantID:
		return "token of another tenant"
	case !known:
		return "unknown tenant"
	case !token.Usable(now):
		return "token is " + string(token.StatusAt(now))
	default:
		return ""
	}
}

// bearer takes the secret out of the only Authorization header. Two headers are refused: which
// of them counts is what proxies disagree about.
func bearer(values []string) (secret string, ok bool) {
	if len(values) != 1 {
		return "", false
	}
	scheme, secret, ok := strings.Cut(values[0], " ")
	return secret, ok && strings.EqualFold(scheme, "Bearer")
}
