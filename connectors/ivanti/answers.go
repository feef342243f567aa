package ivanti

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"scimrelay/connectors"
	"scimrelay/connectors/internal/rest"
)

// The calls, all below the host. doc.go says which of them are ASSUMED.
const (
	tenantPath   = "/api/v1/metadata/tenant"
	metadataPath = "/api/v1/metadata/account"
	createPath   = "/api/v1/accounts"
	accountsPath = "/api/v1/account"
	accountPath  = "/api/v1/account/{id}"
	customPath   = "/api/v1/account/{id}/customattributes"
	groupsPath   = "/api/v1/group"
	groupPath    = "/api/v1/group/{id}"
	membersPath  = "/api/v1/group/{id}/members"
)

// Ivanti's codes of field errors. Range is documented, the others are ASSUMED.
const (
	codeUnique    = "Unique"
	codeImmutable = "Immutable"
	codeRange     = "Range"
)

// noUser is what Ivanti says of a member who has no account (documented for CSV files).
const noUser = "User not found"

// problem is one thing Ivanti names in an answer that refuses.
type problem struct{ code, message, field string }

// problemsIn reads what an answer complains about, and says whether it is in Ivanti's own shape:
// an object with errors, of globalErrors and fieldErrors.
func problemsIn(body []byte) (own bool, problems []problem) {
	var envelope struct {
		Errors *struct {
			Global []any `json:"globalErrors"`
			Fields []struct {
				Code, Message, Field string
			} `json:"fieldErrors"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.Errors == nil {
		return false, nil
	}
	for _, f := range envelope.Errors.Fields {
		problems = append(problems, problem{f.Code, f.Message, f.Field})
	}
	for _, g := range envelope.Errors.Global {
		problems = append(problems, globalProblem(g))
	}
	return true, problems
}

// globalProblem reads a text, or an object with a code and a message: only null is documented.
func globalProblem(g any) (p problem) {
	switch said := g.(type) {
	case string:
		p.message = said
	case map[string]any:
		p.code, _ = said["code"].(string)
		p.message, _ = said["message"].(string)
	}
	return p
}

// classify overrules what a status means by Ivanti's own words.
func classify(call rest.Call, answer rest.Answer, class connectors.Class) connectors.Class {
	own, problems := problemsIn(answer.Body)
	switch {
	case class == connectors.Throttled:
		return class
	case class == connectors.NotFound && (!own || !strings.Contains(call.Path, "{id}")):
		return connectors.Nonsense // a wrong address speaking
	case answer.Status == http.StatusForbidden && says(problems, "role"):
		return connectors.Plan // it is about the API account: nobody can be provisioned
	case answer.Status == http.StatusBadRequest:
		return refusal(call, problems)
	default:
		return class
	}
}

// refuses finds what went wrong in an answer that is a success by its status: a bulk call can say
// so. Nothing of the kind is documented.
func refuses(call rest.Call, answer rest.Answer) connectors.Class {
	if _, problems := problemsIn(answer.Body); len(problems) > 0 {
		return refusal(call, problems)
	}
	return ""
}

// refusal classes what Ivanti refuses by what it says about it.
func refusal(call rest.Call, problems []problem) connectors.Class {
	coded := func(code string) bool {
		return slices.ContainsFunc(problems, func(p problem) bool { return p.code == code })
	}
	switch {
	case coded(codeUnique) && call.Method == http.MethodPost:
		return connectors.Exists
	case coded(codeUnique):
		return connectors.EditConflict // a group that has the name may be about to give it up
	case coded(codeRange):
		return connectors.Internal
	case says(problems, "group is not local"), says(problems, "group is not manually managed"):
		return connectors.Denied
	default:
		return connectors.Invalid
	}
}

func says(problems []problem, words string) bool {
	return slices.ContainsFunc(problems, func(p problem) bool { return strings.Contains(strings.ToLower(p.message), strings.ToLower(words)) })
}

// said reports whether a refusal was Ivanti's and spoke of it in these words.
func said(answer rest.Answer, err error, words string) bool {
	_, problems := problemsIn(answer.Body)
	return err != nil && answer.Status == http.StatusBadRequest && says(problems, words)
}

// about reports whether Ivanti refused because of the field.
func about(answer rest.Answer, err error, field string) bool {
	_, problems := problemsIn(answer.Body)
	return err != nil && answer.Status == http.StatusBadRequest && slices.ContainsFunc(problems, func(p problem) bool {
		return p.field == field || strings.HasSuffix(p.field, "]."+field)
	})
}

// explained adds Ivanti's reason to a fault, where it gave one in its own shape, without
// anything that was sent, and marks what is about a value that never changes.
func explained(call rest.Call, answer rest.Answer, err error) error {
	_, problems := problemsIn(answer.Body)
	fault := connectors.FaultOf(err)
	if fault == nil || len(problems) == 0 {
		return err
	}
	if problems[0].code == codeImmutable {
		fault.SCIMType = "mutability"
	}
	words := problems[0].message
	if problems[0].field != "" {
		words = problems[0].field + ": " + words
	}
	if words = rest.Redact(words, append(sent(call), answer.Carried()...)...); words != "" {
		fault.Detail += ": " + words
	}
	return fault
}

// sent are the texts of a call.
func sent(call rest.Call) (texts []string) {
	form, _ := call.Body.(url.Values)
	for _, values := range []url.Values{form, call.Query} {
		for _, list := range values {
			texts = append(texts, list...)
		}
	}
	for _, value := range call.Params {
		texts = append(texts, value)
	}
	return append(texts, call.Private...)
}

// result reads what an answer holds beside its errors.
func result(answer rest.Answer, into any) error {
	var envelope struct {
		Result json.RawMessage `json:"result"`
	}
	if err := answer.Decode(&envelope); err != nil {
		return err
	}
	return rest.Answer{Body: envelope.Result}.Decode(into)
}
