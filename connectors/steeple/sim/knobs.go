package sim

import (
	"encoding/json"
	"errors"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about this product.
type knobs struct {
	TokenRevoked     bool              `json:"token_revoked"`
	ChildCommunity   bool              `json:"child_community"`
	NotAdministrator bool              `json:"not_administrator"`
	TokenUser        string            `json:"token_user"`
	AccessMethod     string            `json:"access_method"`
	Departments      []string          `json:"departments"`
	EmailsChanged    map[string]string `json:"emails_changed"`
	ClearIgnored     bool              `json:"clear_ignored"`
	Upsert           bool              `json:"upsert"`
	MembershipLag    simhost.Duration  `json:"membership_lag"`
	CommunityTypes   bool              `json:"community_types"`
	RateLimit        int               `json:"rate_limit"`
	FilterIgnored    bool              `json:"filter_ignored"`
	DuplicateRows    bool              `json:"duplicate_rows"`
}

func defaultKnobs() knobs {
	return knobs{AccessMethod: "email", Upsert: true, CommunityTypes: true,
		Departments: []string{"Sales", "Support", "Finance", "Research & Development", "Ventes France", "Logistik", "IT", "Human Resources"}}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	departments, _ := json.Marshal(defaultKnobs().Departments)
	return []simhost.Knob{
		{Name: "token_revoked", Default: "false", Meaning: "every call is answered by 401. ASSUMED"},
		{Name: "child_community", Default: "false", Meaning: "the token is of a child community: every call is answered by 403 child_community. ASSUMED"},
		{Name: "not_administrator", Default: "false", Meaning: "the token's user is no administrator any more: 403 not_administrator. ASSUMED"},
		{Name: "token_user", Default: `""`, Meaning: "e-mail of the person the token belongs to, who can be neither removed nor suspended with it: 403 own_user; by default an administrator who is not shown. ASSUMED"},
		{Name: "access_method", Default: `"email"`, Meaning: "email, or matricule: a new person needs registration_number and birthday, or it is a 422. ASSUMED"},
		{Name: "departments", Default: string(departments), Meaning: "those there are; another one is ignored with 200 or 201. ASSUMED"},
		{Name: "emails_changed", Default: "{}", Meaning: "old e-mail: new e-mail, as the person sets it himself when the knob is turned; PATCH of email is ignored with 200 from then on. ASSUMED"},
		{Name: "clear_ignored", Default: "false", Meaning: "null in a PATCH leaves the field alone, as empty cells of the file import do. ASSUMED"},
		{Name: "upsert", Default: "true", Meaning: "a create with the e-mail of somebody in the organisation is a 200; false: a 409 email_taken. ASSUMED"},
		{Name: "membership_lag", Default: `"0s"`, Meaning: "reads show memberships as they were this long ago; 0s to 5s is likely. ASSUMED"},
		{Name: "community_types", Default: "true", Meaning: "GET /v1/communities shows the type; false: id and name only, which is what is documented"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each organisation, then 429 with Retry-After 20; 0 is no limit. The vendor publishes none; 300 is a likely one. ASSUMED"},
		{Name: "filter_ignored", Default: "false", Meaning: "the filters of GET /v1/users have no effect. ASSUMED"},
		{Name: "duplicate_rows", Default: "false", Meaning: "each page repeats the last row of the one before, as when people are inserted meanwhile"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	if k.AccessMethod != "email" && k.AccessMethod != "matricule" {
		return errors.New("access_method: want email or matricule")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	for _, o := range s.organisations {
		for from, to := range k.EmailsChanged {
			if p := o.withEmail(from); p != nil {
				p.fields["email"], p.ownEmail = to, true
			}
		}
	}
	return nil
}
