package sim

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"scimrelay/connectors/simhost"
)

// What the knobs plan and delete may say.
const (
	planEnterprise = "enterprise"
	planLimited    = "limited"
	planNone       = "none"

	deleteAnonymises = "anonymise"
	deleteDetaches   = "detach"
)

// knobs are what can be turned about this product.
type knobs struct {
	TokenLifetime simhost.Duration `json:"token_lifetime"`
	KeysRevoked   bool             `json:"keys_revoked"`
	SCIMRevoked   bool             `json:"scim_revoked"`
	RateLimit     int              `json:"rate_limit"`
	RetryAfter    bool             `json:"retry_after"`
	Plan          string           `json:"plan"`
	UserCredit    *int             `json:"user_credit"`
	SearchLag     simhost.Duration `json:"search_lag"`
	Delete        string           `json:"delete"`
	SCIMRole      int64            `json:"scim_role"`
	UniqueRef     bool             `json:"unique_ref"`
	IgnoreFilters bool             `json:"ignore_filters"`
	MaxSize       int              `json:"max_size"`
}

func defaultKnobs() knobs {
	return knobs{TokenLifetime: simhost.Duration(time.Hour), RetryAfter: true, Plan: planEnterprise, Delete: deleteAnonymises,
		SCIMRole: 3, UniqueRef: true, MaxSize: 500}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	return []simhost.Knob{
		{Name: "token_lifetime", Default: `"1h"`, Meaning: "how long an OAuth2 token is good for; then 401"},
		{Name: "keys_revoked", Default: "false", Meaning: "every API key and every token is answered by 401, and no token is given"},
		{Name: "scim_revoked", Default: "false", Meaning: "every SCIM token is answered by 401. ASSUMED"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each organisation, then 429; 0 is no limit, and 500 is the vendor's. With a limit, 10000 calls in ten minutes are one as well"},
		{Name: "retry_after", Default: "true", Meaning: "a 429 says in Retry-After how long to wait. ASSUMED"},
		{Name: "plan", Default: `"enterprise"`, Meaning: `"limited": people can be read and not written, and SCIM is closed: 403 Feature not available; "none": the same for every call but /me and /status. ASSUMED`},
		{Name: "user_credit", Default: "none", Meaning: "how many people the organisation may have, its owner among them; one more is 402 userCredit. ASSUMED"},
		{Name: "search_lag", Default: `"0s"`, Meaning: "lists show people and teams this long after they were made"},
		{Name: "delete", Default: `"anonymise"`, Meaning: `what DELETE of a person does beside detaching it: "anonymise", or nothing with "detach". ASSUMED`},
		{Name: "scim_role", Default: "3", Meaning: "the role that people made over SCIM get in workspace 573, as chosen in Dastra; 0 is none"},
		{Name: "unique_ref", Default: "true", Meaning: "a second team with one ref is a 409. ASSUMED"},
		{Name: "ignore_filters", Default: "false", Meaning: "lists take no notice of filters"},
		{Name: "max_size", Default: "500", Meaning: "the largest page; whoever asks for more gets this much"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{planEnterprise, planLimited, planNone}, k.Plan):
		return errors.New("plan: want enterprise, limited or none")
	case k.Delete != deleteAnonymises && k.Delete != deleteDetaches:
		return errors.New("delete: want anonymise or detach")
	case k.MaxSize < 1 || k.RateLimit < 0:
		return errors.New("max_size: want 1 or more; rate_limit: want 0 or more")
	case k.SCIMRole != 0 && roleByID(k.SCIMRole) == nil:
		return errors.New("scim_role: there is no such role")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
