package sim

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about this product.
type knobs struct {
	SessionLifetime simhost.Duration `json:"session_lifetime"`
	KeysRevoked     bool             `json:"keys_revoked"`
	RateLimit       int              `json:"rate_limit"`
	Licences        *int             `json:"licences"`
	SearchLag       simhost.Duration `json:"search_lag"`
	Error900        int              `json:"error_900"`
	DuplicateRows   bool             `json:"duplicate_rows"`
	IgnoreCount     bool             `json:"ignore_count"`
	UniqueNic       bool             `json:"unique_nic"`
}

func defaultKnobs() knobs {
	return knobs{SessionLifetime: simhost.Duration(time.Hour), UniqueNic: true}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	return []simhost.Knob{
		{Name: "session_lifetime", Default: `"1h"`, Meaning: "how long a login is good for; then 401. ASSUMED"},
		{Name: "keys_revoked", Default: "false", Meaning: "every login and every session is answered by 401. ASSUMED"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each customer, then 429 with Retry-After 20; 0 is no limit. The vendor publishes none; 200 is a likely one. ASSUMED"},
		{Name: "licences", Default: "none", Meaning: "how many users may be active; one more is a 400. ASSUMED"},
		{Name: "search_lag", Default: `"0s"`, Meaning: "lists show the users as they were this long ago"},
		{Name: "error_900", Default: "0", Meaning: "400 or 500: every call fails with the vendor's code 900, database connection"},
		{Name: "duplicate_rows", Default: "false", Meaning: "each page repeats the last row of the one before, as when users are inserted meanwhile"},
		{Name: "ignore_count", Default: "false", Meaning: "the headers for the page size are ignored: pages have 100 rows"},
		{Name: "unique_nic", Default: "true", Meaning: "a nickname another user has is a 400. ASSUMED"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	if k.Error900 != 0 && k.Error900 != http.StatusBadRequest && k.Error900 != http.StatusInternalServerError {
		return errors.New("error_900: want 0, 400 or 500")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
