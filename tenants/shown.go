package tenants

import (
	"net/url"

	"scimrelay/configs"
)

// Claim is who a caller says it is and what it shows for it. Nothing is looked up, and nothing
// believed.
type Claim struct {
	// Name is whose secret a guesser would be after: a key id, or a user or client of the tenant.
	// It is empty where there is nothing to guess, as for what somebody has signed.
	Name   string
	Secret configs.Secret
	// Chosen says that a person may have chosen the secret.
	Chosen bool
}

// ClaimOf reads the values of the Authorization header of a request at the tenant's URL.
func ClaimOf(tenantID string, authorization []string) Claim {
	shown, reason := readCredential(authorization)
	switch {
	case reason == "" && shown.kind == ownToken: // a key id is nobody else's, whatever the URL
		return Claim{Name: shown.name, Secret: configs.NewSecret(shown.secret)}
	case reason == "" && shown.kind == password:
		return chosen("basic", tenantID, shown.name, shown.secret)
	}
	return Claim{}
}

// GrantClaimOf reads a request to the tenant's token endpoint. A client has one name, however it
// is spelled: many spellings would be many tries.
func GrantClaimOf(tenantID string, authorization []string, form url.Values) Claim {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if shown, reason := readCredential(authorization); reason == "" && shown.kind == password {
		id, secret = shown.name, shown.secret
		if plain, err := url.QueryUnescape(id); err == nil {
			id = plain
		}
	}
	if id == "" || secret == "" {
		return Claim{}
	}
	return chosen("client", tenantID, id, secret)
}

func chosen(way, tenantID, name, secret string) Claim {
	return Claim{Name: way + "\x00" + tenantID + "\x00" + name, Secret: configs.NewSecret(secret), Chosen: true}
}
