package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about the products.
type knobs struct {
	TokenRevoked  bool             `json:"token_revoked"`
	NotAdmin      bool             `json:"not_admin"`
	ReadOnlyToken bool             `json:"read_only_token"`
	RateLimit     int              `json:"rate_limit"`
	Seats         *int             `json:"seats"`
	SearchLag     simhost.Duration `json:"search_lag"`
	MaxPageSize   int              `json:"max_page_size"`
}

// commonKnobs documents those both products have; limit is what is likely about the rate.
func commonKnobs(limit, seats, lag string) []simhost.Knob {
	return []simhost.Knob{
		{Name: "token_revoked", Default: "false", Meaning: "the credentials are answered by 401"},
		{Name: "not_admin", Default: "false", Meaning: "the credentials are those of somebody who is no administrator"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each customer, then 429 with Retry-After 30; 0 is no limit. " + limit},
		{Name: "seats", Default: "none", Meaning: seats},
		{Name: "search_lag", Default: `"0s"`, Meaning: lag},
		{Name: "max_page_size", Default: "100", Meaning: "the most accounts on one page, whatever is asked for"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	for name := range set {
		if !slices.ContainsFunc(s.vendor.knobs, func(k simhost.Knob) bool { return k.Name == name }) {
			return fmt.Errorf("%s has no knob %q", s.vendor.name, name)
		}
	}
	var k knobs
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	if k.MaxPageSize < 0 || k.RateLimit < 0 {
		return errors.New("want numbers that are not negative")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
