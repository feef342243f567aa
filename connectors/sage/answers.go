package sage

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The calls of API v4, all below the base URL.
const (
	loginPath     = "/login"
	usersPath     = "/users"
	userPath      = "/users/{id}"
	userRolesPath = "/users/{id}/roles"
	schemaPath    = "/users/schema"
	rolePath      = "/roles/{id}"
	branchPath    = "/branches/{id}"
	userTypePath  = "/userTypes/{id}"
)

// Vendor error codes (developer.forcemanager.com). That they stand in the body is ASSUMED.
const (
	codeDatabase = 900
	codeSQL      = 901
)

// classify overrules what a status means by Sage's own words.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	message, code := errorIn(answer)
	writes := call.Method == http.MethodPost || call.Method == http.MethodPut
	switch {
	case class == connectors.Throttled:
		return class
	case call.Path == loginPath && (answer.Status == http.StatusBadRequest || answer.Status == http.StatusForbidden):
		return connectors.Auth
	case class == connectors.NotFound:
		// Sage says 400 for what is missing, so a 404 is a wrong address speaking.
		return connectors.Nonsense
	case code == codeDatabase:
		return connectors.Transient
	case code == codeSQL:
		return connectors.Internal
	case answer.Status != http.StatusBadRequest || !writes:
		return class
	case strings.Contains(message, "mail") && strings.Contains(message, "already"):
		return connectors.Exists
	case strings.Contains(message, "licence") || strings.Contains(message, "license"):
		return connectors.Seats
	default:
		return class
	}
}

// errorIn reads the vendor's message, in lower case, and its code from any of the shapes its
// errors come in.
func errorIn(answer rest.Answer) (message string, code int) {
	var body map[string]any
	if json.Unmarshal(answer.Body, &body) != nil {
		return "", 0
	}
	for name, value := range body {
		switch strings.ToLower(name) {
		case "message":
			text, _ := value.(string)
			message = strings.ToLower(text)
		case "code":
			switch c := value.(type) {
			case float64:
				code = int(c)
			case string:
				code, _ = strconv.Atoi(c)
			}
		}
	}
	return message, code
}

// unexplained says whether an answer is Sage's bare 400, which may mean that the user is gone.
func unexplained(answer rest.Answer, err error) bool {
	return answer.Status == http.StatusBadRequest && connectors.Is(err, connectors.Invalid)
}
