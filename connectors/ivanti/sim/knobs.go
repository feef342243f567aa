package sim

import (
	"encoding/json"
	"errors"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about this product.
type knobs struct {
	CredentialsRevoked bool             `json:"credentials_revoked"`
	Lockout            int              `json:"lockout"`
	Locked             bool             `json:"locked"`
	MissingRole        bool             `json:"missing_role"`
	Maintenance        bool             `json:"maintenance"`
	ListLimit          int              `json:"list_limit"`
	RateLimit          int              `json:"rate_limit"`
	VisibilityLag      simhost.Duration `json:"visibility_lag"`
	GDPRMasking        bool             `json:"gdpr_masking"`
	Taken              []string         `json:"taken"`
	Enrolled           []string         `json:"enrolled"`
	Attributes         []string         `json:"attributes"`
	IgnoreFilter       bool             `json:"ignore_filter"`
	NoTotal            bool             `json:"no_total"`
	ShortPages         bool             `json:"short_pages"`
	DuplicateRows      bool             `json:"duplicate_rows"`
	HideGroups         bool             `json:"hide_groups"`
	Cascade            bool             `json:"cascade"`
	PasswordExpires    simhost.Duration `json:"password_expires"`
}

func defaultKnobs() knobs {
	return knobs{Lockout: 5, Attributes: []string{"department", "costCenter"}, Cascade: true}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	return []simhost.Knob{
		{Name: "credentials_revoked", Default: "false", Meaning: "every call is a 401, and a miss. ASSUMED"},
		{Name: "lockout", Default: "5", Meaning: "so many misses in a row lock the account until a reset. ASSUMED"},
		{Name: "locked", Default: "false", Meaning: "the account is locked: 401, whatever the password. ASSUMED"},
		{Name: "missing_role", Default: "false", Meaning: "the account lacks the role User Management: 403. ASSUMED"},
		{Name: "maintenance", Default: "false", Meaning: "every call is a 503 with Retry-After 600. ASSUMED"},
		{Name: "list_limit", Default: "0", Meaning: "lists of accounts a minute, then 429 with Retry-After; 0 is no limit, the vendor's is 30"},
		{Name: "rate_limit", Default: "0", Meaning: "other calls a minute, then 429 with Retry-After; 0 is no limit, 200 is a likely one. ASSUMED"},
		{Name: "visibility_lag", Default: `"0s"`, Meaning: "lists do not show what was made less than this ago; the vendor says up to an hour"},
		{Name: "gdpr_masking", Default: "false", Meaning: "the API account has a GDPR profile: user ids, names and e-mails come as ***"},
		{Name: "taken", Default: "[]", Meaning: "user names that another tenant of the cluster has"},
		{Name: "enrolled", Default: "[]", Meaning: "user names with an active user-enrolled device: their Managed Apple ID cannot change, and they cannot be deleted"},
		{Name: "attributes", Default: `["department","costCenter"]`, Meaning: "the declared custom attributes; others are a 400"},
		{Name: "ignore_filter", Default: "false", Meaning: "fq is ignored: everybody is listed. ASSUMED"},
		{Name: "no_total", Default: "false", Meaning: "lists have no totalCount"},
		{Name: "short_pages", Default: "false", Meaning: "lists of accounts have 50 rows at most, as those of groups always have"},
		{Name: "duplicate_rows", Default: "false", Meaning: "each page repeats the last row of the one before, as when rows are inserted meanwhile"},
		{Name: "hide_groups", Default: "false", Meaning: "rows of accounts do not show groupIds, which are ASSUMED"},
		{Name: "cascade", Default: "true", Meaning: "deleting a group disables those who are in no other one: documented for SCIM, ASSUMED for REST"},
		{Name: "password_expires", Default: `"0s"`, Meaning: "how long the API account's password is still good; 0 is for ever"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	if k.Lockout < 1 {
		return errors.New("lockout: want 1 or more")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
