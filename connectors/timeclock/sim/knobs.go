package sim

import (
	"encoding/json"
	"errors"
	"slices"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about this product.
type knobs struct {
	Licences         int              `json:"licences"`
	KeysRevoked      bool             `json:"keys_revoked"`
	NotAdministrator bool             `json:"not_administrator"`
	RateLimit        int              `json:"rate_limit"`
	Throttled        bool             `json:"throttled"`
	RetryAfter       int              `json:"retry_after"`
	PlainHTTP        bool             `json:"plain_http"`
	SearchLag        simhost.Duration `json:"search_lag"`
	Maintenance      bool             `json:"maintenance"`
	AnswerID         string           `json:"answer_id"`
	DuplicateAnswers string           `json:"duplicate_answers"`
	DuplicateRows    bool             `json:"duplicate_rows"`
	PageCap          int              `json:"page_cap"`
	NoUserMethods    bool             `json:"no_user_methods"`
}

func defaultKnobs() knobs {
	return knobs{Licences: 1_000_000, RetryAfter: 20, PageCap: 200}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	return []simhost.Knob{
		{Name: "licences", Default: "1000000", Meaning: "how many licences each customer has; without a free one creating, assigning and activating are 1402. ASSUMED"},
		{Name: "keys_revoked", Default: "false", Meaning: "every key is refused with 1401. ASSUMED"},
		{Name: "not_administrator", Default: "false", Meaning: "no administrator stands behind the keys: every call is 1403. ASSUMED"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each key, then 1429; 0 is no limit. The vendor publishes none; 60 is ASSUMED"},
		{Name: "throttled", Default: "false", Meaning: "every call is 1429. ASSUMED"},
		{Name: "retry_after", Default: "20", Meaning: "how many seconds 1429 asks to wait; 0 does not say. ASSUMED"},
		{Name: "plain_http", Default: "false", Meaning: "1401 and 1429 come as HTTP 401 and 429 with Retry-After in place of 200 with an error member. ASSUMED"},
		{Name: "search_lag", Default: `"0s"`, Meaning: "users.list shows the users as they were this long ago"},
		{Name: "maintenance", Default: "false", Meaning: "every call is answered by a 200 page of HTML, with nothing done"},
		{Name: "answer_id", Default: `""`, Meaning: "drop or other: the call is done, and the answer has no id or another one"},
		{Name: "duplicate_answers", Default: `""`, Meaning: "array or lines: the call is done once, and its answer comes twice, in an array or in two lines"},
		{Name: "duplicate_rows", Default: "false", Meaning: "each page of users.list repeats the last row of the one before, as when users are made meanwhile"},
		{Name: "page_cap", Default: "200", Meaning: "the most rows a page of users.list has, whatever limit asks. ASSUMED"},
		{Name: "no_user_methods", Default: "false", Meaning: "users.*, roles.* and licenses.* are -32601, as on an account to which they are not open"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"", "drop", "other"}, k.AnswerID):
		return errors.New("answer_id: want drop or other")
	case !slices.Contains([]string{"", "array", "lines"}, k.DuplicateAnswers):
		return errors.New("duplicate_answers: want array or lines")
	case k.PageCap < 1:
		return errors.New("page_cap: want at least 1")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
