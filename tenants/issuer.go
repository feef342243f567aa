package tenants

import (
	"context"
	"net/url"
	"time"

	"scimrelay/configs"
)

// The words of the token endpoint.
const (
	clientCredentials = "client_credentials"
	jwtBearer         = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	scope             = "scim"
)

// Issuer answers the tenants' token endpoints: a client proves itself with a secret (RFC 6749
// section 4.4) or with an assertion of Entra (RFC 7523), and gets an access token that an
// Authenticator with the same Hasher takes. Fill the fields and use it by pointer, from any
// number of goroutines.
type Issuer struct {
	Tenants Directory
	Hasher  Hasher
	// Keys checks assertions; without them none is good.
	Keys *Keyring
	// Now is the clock.
	Now func() time.Time

	pace pace
}

// Grant answers one request: the values of its Authorization header and its form. A client that
// is not let in, a tenant that is not there, or has no such client, all get the same. See
// GrantErrorOf for the errors.
func (i *Issuer) Grant(ctx context.Context, tenantID string, authorization []string, form url.Values) (Grant, error) {
	now := i.Now()
	tenant, known := i.Tenants.Tenant(tenantID)
	if !known {
		tenant = &Tenant{ID: tenantID} // has no clients
	}
	asked, err := readGrantRequest(authorization, form)
	if err != nil {
		return Grant{}, err
	}
	by, err := i.earner(ctx, tenant, asked)
	if err != nil {
		return Grant{}, err
	}
	if after := i.pace.wait(tenantID, now); after > 0 {
		return Grant{}, &GrantError{Code: TooMany, Detail: "too many requests for tokens of this tenant", After: after}
	}
	g := Grant{Token: configs.NewSecret(i.Hasher.issueAccess(tenantID, by.print, now.Add(by.lifetime))),
		Lifetime: by.lifetime, KeyID: "client:" + by.client}
	if asked.scope != "" {
		g.Scope = scope
	}
	return g, nil
}

// earner finds what of the tenant the request proves.
func (i *Issuer) earner(ctx context.Context, tenant *Tenant, asked grantRequest) (earner, error) {
	if asked.assertion != "" {
		return i.federated(ctx, tenant, asked)
	}
	all := i.Hasher.earners(tenant.ID, tenant.Auth)
	var by earner
	there := false
	for _, pair := range asked.pairs {
		if found, ok := find(all, i.Hasher.secretPrint(tenant.ID, pair.id, pair.secret)); ok {
			by, there = found, true
		}
	}
	if !there {
		return earner{}, &Refusal{Reason: "unknown client or wrong secret"}
	}
	return by, nil
}

// federated checks an assertion against the service principals of its client, or of all where
// the request names none: the assertion does (RFC 7521 section 4.2).
func (i *Issuer) federated(ctx context.Context, tenant *Tenant, asked grantRequest) (earner, error) {
	var entries []Federation
	var expected []expectation
	for _, f := range tenant.Auth.Federation {
		if asked.client == "" || asked.client == f.ClientID {
			entries, expected = append(entries, f), append(expected, f.expects())
		}
	}
	_, met, err := i.Keys.verify(ctx, asked.assertion, expected)
	if err != nil {
		return earner{}, err
	}
	by := entries[met]
	return earner{by.ClientID, i.Hasher.federationPrint(tenant.ID, by), minLifetime}, nil
}

// grantRequest is what a request for a token says, read and not yet believed.
type grantRequest struct {
	// pairs are the id and secret in the spellings they may have been meant in.
	pairs []pair
	// client is the id that goes with the assertion, if there is one.
	client, assertion string
	scope             string
}

type pair struct{ id, secret string }

// readGrantRequest insists on one grant and one proof. Parameters without a value are as good as
// left out, those not known are passed over, and none may stand twice (RFC 6749 section 3.2).
func readGrantRequest(authorization []string, form url.Values) (grantRequest, error) {
	for _, values := range form {
		if len(values) > 1 {
			return grantRequest{}, invalidRequest("a parameter stands twice")
		}
	}
	switch form.Get("grant_type") {
	case clientCredentials:
	case "":
		return grantRequest{}, invalidRequest("grant_type is missing")
	default:
		return grantRequest{}, &GrantError{Code: UnsupportedGrantType, Detail: "only client_credentials is given here"}
	}
	r := grantRequest{scope: form.Get("scope"), client: form.Get("client_id"), assertion: form.Get("client_assertion")}
	posted := pair{r.client, form.Get("client_secret")}
	kind, spoken := form.Get("client_assertion_type"), len(authorization) > 0
	var err error
	switch {
	case r.assertion == "" && kind != "":
		err = invalidRequest("client_assertion is missing")
	case r.assertion != "" && (posted.secret != "" || spoken):
		err = invalidRequest("a client proves itself in one way")
	case r.assertion != "" && kind == "":
		err = invalidRequest("client_assertion_type is missing")
	case r.assertion != "" && kind != jwtBearer:
		err = &Refusal{Reason: "unknown kind of assertion"}
	case r.assertion != "":
	case spoken:
		r.pairs, err = readClientBasic(authorization, posted)
	case posted.id == "" || posted.secret == "":
		err = &Refusal{Reason: "no credentials"}
	default:
		r.pairs = []pair{posted}
	}
	return r, err
}

// readClientBasic reads id and secret out of the Authorization header. RFC 6749 section 2.3.1
// has both encoded as in a form, and many clients do not: both spellings are kept. What the form
// says too must be the same (E-07, "both").
func readClientBasic(authorization []string, posted pair) (pairs []pair, err error) {
	c, reason := readCredential(authorization)
	if reason != "" || c.kind != password {
		return nil, &Refusal{Reason: "no user and password in the Authorization header"}
	}
	spellings := []pair{{c.name, c.secret}}
	id, err := url.QueryUnescape(c.name)
	secret, more := url.QueryUnescape(c.secret)
	if decoded := (pair{id, secret}); err == nil && more == nil && decoded != spellings[0] {
		spellings = append(spellings, decoded)
	}
	for _, p := range spellings {
		if (posted.id == "" || posted.id == p.id) && (posted.secret == "" || posted.secret == p.secret) {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) == 0 {
		return nil, invalidRequest("header and body name different credentials")
	}
	return pairs, nil
}
