package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"scimrelay/connectors/simhost"
)

// knobs are what can be turned about this server.
type knobs struct {
	Auth               string           `json:"auth"`
	Revoked            bool             `json:"revoked"`
	TokenLife          simhost.Duration `json:"token_life"`
	RateLimit          int              `json:"rate_limit"`
	Quota              *int             `json:"quota"`
	SearchLag          simhost.Duration `json:"search_lag"`
	NoDiscovery        bool             `json:"no_discovery"`
	NoPatch            bool             `json:"no_patch"`
	PutOnly            bool             `json:"put_only"`
	NoPut              bool             `json:"no_put"`
	StrictPatch        bool             `json:"strict_patch"`
	EntraDialect       bool             `json:"entra_dialect"`
	NoContentOnPatch   bool             `json:"no_content_on_patch"`
	NoGroups           bool             `json:"no_groups"`
	MaxMembers         int              `json:"max_members_per_request"`
	RefuseReplace      bool             `json:"refuse_member_replace"`
	StrictMembers      bool             `json:"strict_members"`
	MembersShown       int              `json:"members_shown"`
	MembersOnRequest   bool             `json:"members_on_request"`
	NoFilter           bool             `json:"no_filter"`
	IgnoreFilter       bool             `json:"ignore_filter"`
	NoExternalIDFilter bool             `json:"no_external_id_filter"`
	EmptyIs404         bool             `json:"empty_is_404"`
	CaseSensitive      bool             `json:"case_sensitive_user_name"`
	MaxResults         int              `json:"max_results"`
	Cursors            bool             `json:"cursors"`
	SamePage           bool             `json:"same_page"`
	Lacks              []string         `json:"lacks"`
	IgnoreActive       bool             `json:"ignore_active"`
	ErrorsAsHTML       bool             `json:"errors_as_html"`
}

func defaultKnobs() knobs {
	return knobs{TokenLife: simhost.Duration(time.Hour), MaxResults: 200}
}

// Knobs implements simhost.Simulator.
func (s *Sim) Knobs() []simhost.Knob {
	return []simhost.Knob{
		{Name: "auth", Default: `""`, Meaning: "bearer, basic or oauth: only these credentials are accepted"},
		{Name: "revoked", Default: "false", Meaning: "all credentials are answered by 401"},
		{Name: "token_life", Default: `"1h"`, Meaning: "how long an OAuth2 token is good for"},
		{Name: "rate_limit", Default: "0", Meaning: "calls a minute for each customer, then 429 with Retry-After 20; 0 is no limit, 600 a likely one. ASSUMED"},
		{Name: "quota", Default: "none", Meaning: "how many users there may be; one more is a 403 that speaks of a quota. ASSUMED"},
		{Name: "search_lag", Default: `"0s"`, Meaning: "lists show the resources as they were this long ago"},
		{Name: "no_discovery", Default: "false", Meaning: "ServiceProviderConfig, ResourceTypes and Schemas are 404"},
		{Name: "no_patch", Default: "false", Meaning: "PATCH is 501 although discovery announces it"},
		{Name: "put_only", Default: "false", Meaning: "PATCH is 501, and discovery says so"},
		{Name: "no_put", Default: "false", Meaning: "PUT is 405"},
		{Name: "strict_patch", Default: "false", Meaning: "a PATCH operation without a path is a 400"},
		{Name: "entra_dialect", Default: "false", Meaning: "PATCH understands capital letters, booleans as text, a bare manager, listed members and elements that are not there yet"},
		{Name: "no_content_on_patch", Default: "false", Meaning: "PATCH is answered by 204 and not by the resource"},
		{Name: "no_groups", Default: "false", Meaning: "there are no groups, and discovery lists none"},
		{Name: "max_members_per_request", Default: "0", Meaning: "more members in one PATCH are a 400 tooMany; 0 is no limit"},
		{Name: "refuse_member_replace", Default: "false", Meaning: "replacing all members of a group, by PATCH or PUT, is a 400"},
		{Name: "strict_members", Default: "false", Meaning: "adding who is in is a 409, removing who is not a 400 noTarget"},
		{Name: "members_shown", Default: "0", Meaning: "a group shows only so many of its members; 0 is all"},
		{Name: "members_on_request", Default: "false", Meaning: "a group shows its members only when asked for that attribute"},
		{Name: "no_filter", Default: "false", Meaning: "every filter is a 400 invalidFilter, and discovery says that there is none"},
		{Name: "ignore_filter", Default: "false", Meaning: "a filter changes nothing: everybody is listed"},
		{Name: "no_external_id_filter", Default: "false", Meaning: "a filter by externalId is a 400 invalidFilter"},
		{Name: "empty_is_404", Default: "false", Meaning: "a filter that finds nobody is a 404"},
		{Name: "case_sensitive_user_name", Default: "false", Meaning: "userName is unique and found in its exact letter case only, and the schema says so"},
		{Name: "max_results", Default: "200", Meaning: "how long a page may be, whatever count asks for"},
		{Name: "cursors", Default: "false", Meaning: "lists have cursors (RFC 9865) and no index"},
		{Name: "same_page", Default: "false", Meaning: "startIndex changes nothing: the first page comes again"},
		{Name: "lacks", Default: "[]", Meaning: "attributes the schemas do not have, as in nickName; an extension by its URN. Sending one is a 400"},
		{Name: "ignore_active", Default: "false", Meaning: "active stays as it is, and nothing fails"},
		{Name: "errors_as_html", Default: "false", Meaning: "errors are pages of text/html"},
	}
}

// SetKnobs implements simhost.Simulator.
func (s *Sim) SetKnobs(set map[string]json.RawMessage) error {
	k := defaultKnobs()
	if err := simhost.ReadKnobs(set, &k); err != nil {
		return err
	}
	if ways := []string{"", "bearer", "basic", "oauth"}; !slices.Contains(ways, k.Auth) {
		return fmt.Errorf("auth: want one of %v", ways[1:])
	}
	if k.MaxResults < 1 {
		return fmt.Errorf("max_results: want 1 or more")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	return nil
}
