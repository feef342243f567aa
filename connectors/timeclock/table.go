package timeclock

import "scimrelay/connectors"

// rpcPath is the one URL, below the base URL (documented).
const rpcPath = "/json-rpc"

// The methods of the API. ASSUMED, every name: this page is what a real tenant's API replaces.
const (
	listUsers       = "users.list"
	getUser         = "users.get"
	createUser      = "users.create"
	updateUser      = "users.update"
	deactivateUser  = "users.deactivate"
	activateUser    = "users.activate"
	releaseLicense  = "users.releaseLicense"
	assignLicense   = "users.assignLicense"
	listRoles       = "roles.list"
	licensesSummary = "licenses.summary"
)

// repeatable says whether calling the method twice is calling it once.
func repeatable(method string) bool { return method != createUser }

// aboutOne says whether the method names one user, so that "unknown user" is an answer to it.
func aboutOne(method string) bool {
	switch method {
	case getUser, updateUser, deactivateUser, activateUser, releaseLicense, assignLicense:
		return true
	default:
		return false
	}
}

// unknownUser is the code of an id that nobody has. ASSUMED.
const unknownUser = 1404

// Two codes that may come without the request's id: who cannot read a request cannot quote it
// (JSON-RPC 2.0, section 5).
const (
	parseError     = -32700
	invalidRequest = -32600
)

// meaning is what a code of the API says. Words are for the administrator; where they end in a
// colon, more follows: the method, the field and the vendor's own words.
type meaning struct {
	class connectors.Class
	words string
}

// meaningOf is the table of codes. The negative ones are JSON-RPC's, 1401 to 1429 are ASSUMED.
func meaningOf(code int) meaning {
	switch code {
	case parseError, invalidRequest:
		return meaning{connectors.Internal, "TimeClock 365 cannot read the request:"}
	case -32601:
		return meaning{connectors.Plan, "ask TimeClock 365 to open the user methods of its API to this account; it knows no such method:"}
	case -32602, 1422:
		return meaning{connectors.Invalid, "TimeClock 365 refuses the person's data:"}
	case 1401:
		return meaning{connectors.Auth, "TimeClock 365 refuses the API key: make a new one under Integrations"}
	case 1402:
		return meaning{connectors.Seats, "no licence is free in TimeClock 365: buy one, or take one back from a user who is not active"}
	case 1403:
		return meaning{connectors.Auth, "the API key is not an administrator's: in TimeClock 365 give the account behind it the role Administrator, or make a key with one that has it"}
	case unknownUser:
		return meaning{connectors.NotFound, "TimeClock 365 has no such user"}
	case 1409:
		return meaning{connectors.Exists, "another user of TimeClock 365 has this username or e-mail address"}
	case 1429:
		return meaning{connectors.Throttled, "TimeClock 365 asks to wait"}
	}
	if code == -32603 || code >= -32099 && code <= -32000 {
		return meaning{connectors.Transient, "TimeClock 365 has a fault of its own:"}
	}
	return meaning{connectors.Invalid, "TimeClock 365 refuses for a reason that is not known here:"}
}
