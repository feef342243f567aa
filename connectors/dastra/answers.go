package dastra

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The calls. Those of people beyond reading are ASSUMED: Dastra publishes none that makes,
// changes or anonymises one.
const (
	tokenPath = "/connect/token" // of the account host

	mePath         = "/me"
	limitPath      = "/rate-limiting-state"
	workspacesPath = "/v1/Workspaces"
	rolesPath      = "/v1/Roles"

	usersPath     = "/v1/TenantUsers"
	userPath      = "/v1/TenantUsers/{id}"
	anonymisePath = "/v1/TenantUsers/{id}/anonymize"
	resetPath     = "/v1/TenantUsers/resetpassword/{id}"

	workspaceUsersPath = "/v1/ws/{ws}/Users"
	revokePath         = "/v1/ws/{ws}/Users/{id}/revoke"
	userRolesPath      = "/v1/ws/{ws}/RoleUserWorkSpaces/{id}"
	userRolePath       = "/v1/ws/{ws}/RoleUserWorkSpaces/{id}/{role}"
	memberPath         = "/v1/ws/{ws}/Users/{id}/teams/{team}"
	teamsPath          = "/v1/ws/{ws}/Teams"
	teamPath           = "/v1/ws/{ws}/Teams/{id}"

	scimUsersPath = "/Users" // below scim_url
	scimUserPath  = "/Users/{id}"
)

// isObject says of which calls a 404 means that the person or the team is not there. Elsewhere it
// is the workspace that is missing, or the address is wrong.
func isObject(path string) bool {
	return slices.Contains([]string{userPath, anonymisePath, resetPath, revokePath, userRolePath, memberPath, teamPath, scimUserPath}, path)
}

// classify overrules what a status means by Dastra's own words, which are ASSUMED.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	words := wordsIn(answer)
	relayed := call.Path == scimUsersPath || call.Path == scimUserPath
	switch {
	case class == connectors.Throttled:
		return class
	case class == connectors.NotFound && !isObject(call.Path):
		return connectors.Nonsense
	case answer.Status/100 != 4:
		return class
	case strings.Contains(words, "feature not available"):
		return connectors.Plan
	case strings.Contains(words, "usercredit"), relayed && strings.Contains(words, "quota"):
		return connectors.Seats
	case answer.Status == http.StatusConflict && (strings.Contains(words, "already exists") || strings.Contains(words, "uniqueness")):
		// A change of the e-mail can run into another person, too.
		return connectors.Exists
	default:
		return class
	}
}

// wordsIn gives what an error says, in lower case, in the form of either API.
func wordsIn(answer rest.Answer) string {
	var body struct{ Title, Detail, SCIMType string }
	if json.Unmarshal(answer.Body, &body) != nil {
		return ""
	}
	return strings.ToLower(body.Title + " " + body.Detail + " " + body.SCIMType)
}

// refuses says whether an answer complains about the field of the request.
func refuses(answer rest.Answer, field string) bool {
	var body struct{ Errors map[string]json.RawMessage }
	if answer.Status != http.StatusBadRequest || json.Unmarshal(answer.Body, &body) != nil {
		return false
	}
	_, named := body.Errors[field]
	return named
}

// afterwards is the fault of a step that failed after something was made: whatever it is, the
// relay has to look before it makes another.
func afterwards(err error, what string) *connectors.Fault {
	fault := *connectors.FaultOf(err)
	if fault.Class == connectors.Transient || fault.Class == connectors.NotFound {
		fault.Class = connectors.Unknown
	}
	fault.Uncertain, fault.Detail = true, what+": "+fault.Detail
	return &fault
}
