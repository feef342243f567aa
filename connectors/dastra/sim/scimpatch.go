package sim

import (
	"net/http"
	"strings"
)

// scimPatch applies the operations to the resource and stores it.
func (s *Sim) scimPatch(o *organisation, r *http.Request) (any, error) {
	p, err := o.scimPerson(r)
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	operations, _ := body["Operations"].([]any)
	if len(operations) == 0 {
		return nil, invalid("Operations", "there are none")
	}
	resource := p.resource()
	for _, item := range operations {
		operation, _ := item.(map[string]any)
		if err := apply(resource, operation); err != nil {
			return nil, err
		}
	}
	return s.store(o, p, resource)
}

// apply does one operation the way Entra writes them: op in any letter case, booleans perhaps as
// text, and several attributes at once where there is no path.
func apply(resource, operation map[string]any) error {
	op, _ := operation["op"].(string)
	path, _ := operation["path"].(string)
	value := operation["value"]
	switch strings.ToLower(op) {
	case "add", "replace":
	case "remove":
		value = nil
	default:
		return invalid("op", "no such operation")
	}
	if path != "" {
		return set(resource, path, value)
	}
	several, _ := value.(map[string]any)
	for name, one := range several {
		if err := set(resource, name, one); err != nil {
			return err
		}
	}
	return nil
}

func set(resource map[string]any, path string, value any) error {
	switch strings.ToLower(path) {
	case "active":
		if words, ok := value.(string); ok {
			value = strings.EqualFold(words, "true")
		}
		resource["active"] = value
	case "username":
		resource["userName"] = value
	case "displayname":
		resource["displayName"] = value
	case "externalid":
		resource["externalId"] = value
	case "name":
		resource["name"] = value
	case "name.givenname", "name.familyname":
		name, _ := resource["name"].(map[string]any)
		if strings.EqualFold(path, "name.givenName") {
			name["givenName"] = value
		} else {
			name["familyName"] = value
		}
	case "emails", "emails.value", `emails[type eq "work"].value`: // the e-mail is userName's
	default:
		return refusal{status: http.StatusBadRequest, title: "invalidPath"}
	}
	return nil
}
