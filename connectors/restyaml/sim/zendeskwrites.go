package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
)

func (c *customer) zendeskUser(r *http.Request) (*account, error) {
	id, err := strconv.ParseInt(strings.TrimSuffix(r.PathValue("id"), ".json"), 10, 64)
	if err != nil || c.accounts[id] == nil {
		return nil, zendeskSays(http.StatusNotFound, "RecordNotFound", "Not found")
	}
	return c.accounts[id], nil
}

func (s *Sim) zendeskGet(c *customer, r *http.Request) (answer, error) {
	a, err := c.zendeskUser(r)
	if err != nil {
		return answer{}, err
	}
	return answer{body: map[string]any{"user": clone(a.native)}, about: a}, nil
}

func userIn(r *http.Request) (map[string]any, error) {
	body, ok := simhost.ReadObject(r)
	user, there := body["user"].(map[string]any)
	if !ok || !there {
		return nil, refusal{http.StatusBadRequest, map[string]any{"error": map[string]any{"title": "Invalid attribute", "message": "You passed an invalid value for the user attribute."}}}
	}
	return user, nil
}

func (s *Sim) zendeskCreate(c *customer, r *http.Request) (answer, error) {
	user, err := userIn(r)
	if err != nil {
		return answer{}, err
	}
	native := map[string]any{"active": true, "suspended": false, "role": "end-user", "verified": false, "email": nil, "phone": nil,
		"external_id": nil, "alias": "", "notes": "", "details": "", "organization_id": nil, "custom_role_id": nil, "tags": []any{},
		"user_fields": map[string]any{"department": nil, "employee_number": nil}}
	if email, ok := user["email"].(string); ok {
		if !strings.Contains(email, "@") {
			return answer{}, zendeskInvalid("email", "InvalidValue", "Email: is not properly formatted")
		}
		native["email"] = strings.ToLower(email)
	}
	if err := zendeskLay(user, native); err != nil {
		return answer{}, err
	}
	if err := c.zendeskFree(native, 0); err != nil {
		return answer{}, err
	}
	if isAgent(native) && native["suspended"] != true && s.full(c, s.zendeskSeat) {
		return answer{}, zendeskInvalid("base", "LimitExceeded", "No agent seats are left on your plan")
	}
	a := s.add(c, native)
	native["url"] = fmt.Sprintf("https://acme.zendesk.com/api/v2/users/%d.json", a.id)
	native["created_at"] = s.now().UTC().Format(time.RFC3339)
	return answer{status: http.StatusCreated, body: map[string]any{"user": clone(native)}, about: a,
		header: map[string]string{"Location": a.text("url")}}, nil
}

func isAgent(native map[string]any) bool { return native["role"] != "end-user" }

// zendeskSeat says whether the account takes an agent's seat.
func (s *Sim) zendeskSeat(a *account) bool { return isAgent(a.native) && s.vendor.isActive(a) }

// zendeskFree refuses what another user has; a deleted one has nothing any more.
func (c *customer) zendeskFree(native map[string]any, id int64) error {
	details := map[string]any{}
	for _, name := range []string{"email", "external_id"} {
		text, _ := native[name].(string)
		for _, a := range c.accounts {
			if a.id == id || a.native["active"] != true || text == "" || !strings.EqualFold(a.text(name), text) {
				continue
			}
			words := "External has already been taken"
			if name == "email" {
				words = "Email: " + text + " is already being used by another user"
			}
			details[name] = []any{map[string]any{"description": words, "error": "DuplicateValue"}}
		}
	}
	if len(details) == 0 {
		return nil
	}
	return refusal{http.StatusUnprocessableEntity, map[string]any{"error": "RecordInvalid", "description": "Record validation errors", "details": details}}
}

// zendeskLay checks what is sent and lays it over the user. What is unknown is passed over.
func zendeskLay(user, native map[string]any) error {
	for _, name := range []string{"name", "external_id", "phone", "role", "alias", "notes", "details"} {
		value, sent := user[name]
		if !sent {
			continue
		}
		text, _ := value.(string)
		switch {
		case name == "phone" && text != "" && !regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`).MatchString(text):
			return zendeskInvalid(name, "InvalidFormat", "Phone: is not valid")
		case name == "role" && !slices.Contains([]string{"end-user", "agent", "admin"}, text):
			return zendeskInvalid(name, "InvalidValue", "Role: is not valid")
		case text == "" && (name == "external_id" || name == "phone"):
			native[name] = nil
			continue
		}
		native[name] = text
	}
	if name, _ := native["name"].(string); strings.TrimSpace(name) == "" {
		return zendeskInvalid("name", "BlankValue", "Name: cannot be blank")
	}
	if suspended, ok := user["suspended"].(bool); ok {
		native["suspended"] = suspended
	}
	for _, name := range []string{"custom_role_id", "organization_id"} {
		if id, ok := user[name].(json.Number); ok {
			native[name] = id
		}
	}
	if native["custom_role_id"] != nil && native["role"] == "end-user" {
		native["role"] = "agent"
	}
	fields, _ := native["user_fields"].(map[string]any)
	sent, _ := user["user_fields"].(map[string]any)
	for name, value := range sent {
		if _, known := fields[name]; known {
			fields[name] = value
		}
	}
	return nil
}

// zendeskUpdate never changes the primary e-mail: another one becomes a second identity.
func (s *Sim) zendeskUpdate(c *customer, r *http.Request) (answer, error) {
	a, err := c.zendeskUser(r)
	if err != nil {
		return answer{}, err
	}
	user, err := userIn(r)
	if err != nil {
		return answer{}, err
	}
	if a.native["active"] != true {
		return answer{}, zendeskSays(http.StatusNotFound, "RecordNotFound", "Not found")
	}
	next := clone(a.native)
	if err := zendeskLay(user, next); err != nil {
		return answer{}, err
	}
	if err := c.zendeskFree(next, a.id); err != nil {
		return answer{}, err
	}
	wakes := a.native["suspended"] == true && next["suspended"] == false
	if wakes && isAgent(next) && s.full(c, s.zendeskSeat) {
		return answer{}, zendeskInvalid("base", "LimitExceeded", "No agent seats are left on your plan")
	}
	s.remember(a)
	a.native = next
	return answer{body: map[string]any{"user": clone(next)}, about: a}, nil
}

func (s *Sim) zendeskDelete(c *customer, r *http.Request) (answer, error) {
	a, err := c.zendeskUser(r)
	if err != nil {
		return answer{}, err
	}
	s.remember(a)
	a.native["active"] = false
	return answer{body: map[string]any{"user": clone(a.native)}, about: a}, nil
}
