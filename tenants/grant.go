package tenants

import (
	"errors"
	"time"

	"scimrelay/configs"
)

// Grant is an access token that was earned.
type Grant struct {
	Token    configs.Secret
	Lifetime time.Duration
	// Scope is what the token is good for, when a scope was asked for (RFC 6749 section 5.1).
	Scope string
	// KeyID names the client as a Principal does.
	KeyID string
}

// GrantCode is why a token endpoint gives no token.
type GrantCode string

// The codes, of RFC 6749 section 5.2 but for the last, which that leaves to HTTP.
const (
	InvalidRequest       GrantCode = "invalid_request"
	InvalidClient        GrantCode = "invalid_client"
	UnsupportedGrantType GrantCode = "unsupported_grant_type"
	Unavailable          GrantCode = "temporarily_unavailable"
	TooMany              GrantCode = "too_many_requests"
)

// GrantError is why there is no token. Code and Detail are for the caller, Err for the log.
type GrantError struct {
	Code   GrantCode
	Detail string
	// After is when to come again, for TooMany.
	After time.Duration
	Err   error
}

// Error implements error.
func (e *GrantError) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Detail
}

// Unwrap returns the cause.
func (e *GrantError) Unwrap() error { return e.Err }

// GrantErrorOf gives any error of an Issuer its form for the caller: one answer for every client
// that is not let in.
func GrantErrorOf(err error) *GrantError {
	var e *GrantError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, ErrUnauthorized):
		return &GrantError{Code: InvalidClient, Detail: "no such client, or not its credentials", Err: err}
	default:
		return &GrantError{Code: Unavailable, Detail: "the credentials cannot be checked now, try again later", Err: err}
	}
}

func invalidRequest(detail string) error { return &GrantError{Code: InvalidRequest, Detail: detail} }
