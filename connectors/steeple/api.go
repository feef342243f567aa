package steeple

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The calls of API v1, all below the base URL. Only communitiesPath is documented; every other
// is ASSUMED, with its methods. This is the one place to correct them.
const (
	communitiesPath = "/v1/communities"                                  // GET
	usersPath       = "/v1/users"                                        // GET ?email= or ?registration_number=, POST
	userPath        = "/v1/users/{id}"                                   // GET, PATCH, DELETE ?transfer_posts_to=
	suspendPath     = "/v1/users/{id}/suspend"                           // POST
	restorePath     = "/v1/users/{id}/restore"                           // POST
	membershipPath  = "/v1/communities/{community_id}/members/{user_id}" // PUT {"role"}, DELETE
)

// The error codes that mean more than their status. ASSUMED.
const (
	codeNotManual  = "community_not_manual"
	codeWrongState = "wrong_state"
	codeEmailTaken = "email_taken"
	codeNotAdmin   = "not_administrator"
	codeChild      = "child_community"
)

// problem is the first error of an answer.
type problem struct {
	Code  string `json:"code"`
	Field string `json:"field"`
}

// problemIn reads an error in Steeple's own shape; the zero problem is another's.
func problemIn(answer rest.Answer) problem {
	var body struct {
		Errors []problem `json:"errors"`
	}
	if json.Unmarshal(answer.Body, &body) != nil || len(body.Errors) == 0 {
		return problem{}
	}
	return body.Errors[0]
}

// classify overrules what a status means by Steeple's own words.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	told := problemIn(answer)
	switch {
	case class == connectors.Throttled:
		return class
	case class == connectors.NotFound && !strings.HasSuffix(told.Code, "not_found"):
		// A wrong base URL has 404s too, and they say nothing about people.
		return connectors.Nonsense
	case told.Code == codeNotAdmin || told.Code == codeChild:
		return connectors.Auth
	case answer.Status == http.StatusForbidden && told.Code != "" && !takesAway(call):
		return connectors.Auth
	case told.Code == codeEmailTaken:
		return connectors.Exists
	case told.Code == codeNotManual && call.Method == http.MethodPost:
		// The community was manual when it was last looked at.
		return connectors.EditConflict
	case told.Code == codeNotManual:
		return connectors.Denied
	case answer.Status == http.StatusConflict && strings.HasSuffix(told.Code, "_taken"):
		return connectors.Invalid
	default:
		return class
	}
}

// takesAway says which calls may be refused for one person's sake: the token's own user.
func takesAway(call rest.Call) bool {
	return call.Method == http.MethodDelete && call.Path == userPath || call.Path == suspendPath
}

// call makes a call with the target's token.
func (c *connector) call(ctx context.Context, call rest.Call) (rest.Answer, error) {
	call.Header = c.header
	return c.client.Do(ctx, call)
}

// pagination is where a page stands in its list.
type pagination struct {
	Total   int `json:"total"`
	Page    int `json:"page"`
	PerPage int `json:"per_page"`
}

// rowsIn reads a page of a list.
func rowsIn(answer rest.Answer) ([]map[string]any, pagination, error) {
	var body struct {
		Data []map[string]any `json:"data"`
		Meta struct {
			Pagination pagination `json:"pagination"`
		} `json:"meta"`
	}
	if err := answer.Decode(&body); err != nil {
		return nil, pagination{}, err
	}
	if body.Data == nil {
		return nil, pagination{}, connectors.Faultf(connectors.Nonsense, "Steeple answered a list without data")
	}
	return body.Data, body.Meta.Pagination, nil
}

// rowIn reads an answer about one thing.
func rowIn(answer rest.Answer) (map[string]any, error) {
	var body struct {
		Data map[string]any `json:"data"`
	}
	if err := answer.Decode(&body); err != nil {
		return nil, err
	}
	if body.Data == nil {
		return nil, connectors.Faultf(connectors.Nonsense, "Steeple answered without data")
	}
	return body.Data, nil
}
