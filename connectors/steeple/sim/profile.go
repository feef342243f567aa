package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxText is how long a field may be. ASSUMED.
const maxText = 255

// profile is the fields of a person, and whether each is required.
func profile() map[string]bool {
	return map[string]bool{"email": true, "first_name": true, "last_name": true, "provider_identifier": false,
		"registration_number": false, "birthday": false, "department": false, "site": false, "job_title": false, "phone": false}
}

// body reads a request's JSON object.
func body(r *http.Request) (map[string]any, error) {
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil || fields == nil {
		return nil, refusal{http.StatusBadRequest, "bad_request", "", "want a JSON object"}
	}
	return fields, nil
}

// check refuses what cannot be stored and takes out what Steeple ignores.
func (s *Sim) check(o *organisation, p *person, fields map[string]any) error {
	known := profile()
	for name, value := range fields {
		required, ok := known[name]
		text, isText := value.(string)
		switch {
		case !ok:
			return refusal{http.StatusUnprocessableEntity, "unknown_field", name, "there is no such field"}
		case value == nil && (required || s.needsNumber(name)), isText && strings.TrimSpace(text) == "" && required:
			return invalid(name, "cannot be empty")
		case value != nil && !isText:
			return invalid(name, "want a text")
		case len([]rune(text)) > maxText:
			return invalid(name, "is too long")
		case value == nil && s.knobs.ClearIgnored:
			delete(fields, name)
		}
	}
	if department, ok := fields["department"].(string); ok && !slices.Contains(s.knobs.Departments, department) {
		delete(fields, "department")
	}
	if day, ok := fields["birthday"].(string); ok {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return invalid("birthday", "want YYYY-MM-DD")
		}
	}
	if email, ok := fields["email"].(string); ok && !strings.Contains(email, "@") {
		return invalid("email", "want an e-mail address")
	}
	return s.taken(o, p, fields)
}

// needsNumber says which fields the personnel number as access method needs.
func (s *Sim) needsNumber(name string) bool {
	return s.knobs.AccessMethod == "matricule" && (name == "registration_number" || name == "birthday")
}

// taken refuses the keys of other people.
func (s *Sim) taken(o *organisation, p *person, fields map[string]any) error {
	if email, ok := fields["email"].(string); ok {
		if holder := o.withEmail(email); holder != nil && holder != p {
			return refusal{http.StatusConflict, "email_taken", "email", "the e-mail is taken"}
		}
	}
	number, ok := fields["registration_number"].(string)
	if ok && slices.ContainsFunc(o.order, func(other *person) bool {
		return other != p && !other.removed && other.text("registration_number") == number
	}) {
		return refusal{http.StatusConflict, "registration_number_taken", "registration_number", "the number is taken"}
	}
	return nil
}

// complete refuses a new person without what is required.
func (s *Sim) complete(fields map[string]any) error {
	for name, required := range profile() {
		if (required || s.needsNumber(name)) && fields[name] == nil {
			return invalid(name, "is required")
		}
	}
	return nil
}
