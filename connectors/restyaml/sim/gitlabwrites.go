package sim

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
)

func (c *customer) gitlabUser(r *http.Request) (*account, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || c.accounts[id] == nil {
		return nil, gitlabSays(http.StatusNotFound, "404 User Not Found")
	}
	return c.accounts[id], nil
}

func (s *Sim) gitlabGet(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	if err != nil {
		return answer{}, err
	}
	return answer{body: s.gitlabShown(a.native), about: a}, nil
}

func (s *Sim) gitlabCreate(c *customer, r *http.Request) (answer, error) {
	body, ok := simhost.ReadObject(r)
	if !ok {
		return answer{}, refusal{http.StatusBadRequest, map[string]any{"error": "400 Bad request"}}
	}
	for _, name := range []string{"email", "name", "username"} {
		if _, there := body[name]; !there {
			return answer{}, refusal{http.StatusBadRequest, map[string]any{"error": name + " is missing"}}
		}
	}
	if body["password"] == nil && body["reset_password"] != true && body["force_random_password"] != true {
		return answer{}, refusal{http.StatusBadRequest, map[string]any{
			"error": "password, reset_password, force_random_password are missing, at least one parameter must be provided"}}
	}
	if (body["provider"] == nil) != (body["extern_uid"] == nil) {
		return answer{}, refusal{http.StatusBadRequest, map[string]any{"error": "extern_uid, provider provide all or none of parameters"}}
	}
	native := map[string]any{"state": "active", "is_admin": false, "bio": "", "location": nil, "organization": "", "job_title": "",
		"external": false, "can_create_group": true, "projects_limit": int64(100000), "identities": []any{}}
	if err := gitlabLay(body, native, true); err != nil {
		return answer{}, err
	}
	if err := c.gitlabFree(native, 0); err != nil {
		return answer{}, err
	}
	if s.full(c, s.vendor.isActive) {
		return answer{}, gitlabInvalid("base", "No seats are left in your subscription")
	}
	if body["provider"] != nil {
		native["identities"] = []any{map[string]any{"provider": body["provider"], "extern_uid": body["extern_uid"]}}
	}
	a := s.add(c, native)
	native["web_url"] = "https://gitlab.example/" + a.text("username")
	native["created_at"] = s.now().UTC().Format(time.RFC3339)
	return answer{status: http.StatusCreated, body: clone(native), about: a}, nil
}

// gitlabFree refuses what another user has.
func (c *customer) gitlabFree(native map[string]any, id int64) error {
	email, _ := native["email"].(string)
	username, _ := native["username"].(string)
	switch {
	case c.taken("email", email, id):
		return gitlabSays(http.StatusConflict, "Email has already been taken")
	case c.taken("username", username, id):
		return gitlabSays(http.StatusConflict, "Username has already been taken")
	}
	return nil
}

// gitlabLay checks what is sent and lays it over the user. What is unknown is passed over.
func gitlabLay(body, native map[string]any, confirmed bool) error {
	for _, name := range []string{"name", "username", "email", "organization", "location", "bio", "note"} {
		value, sent := body[name]
		if !sent {
			continue
		}
		text, ok := value.(string)
		if !ok && value != nil {
			return refusal{http.StatusBadRequest, map[string]any{"error": name + " is invalid"}}
		}
		switch {
		case name == "name" && (strings.TrimSpace(text) == "" || len([]rune(text)) > 255):
			return gitlabInvalid(name, "can't be blank")
		case name == "username" && !gitlabUsername(text):
			return gitlabInvalid(name, "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or end in '.', '.git' or '.atom'.")
		case name == "email" && (strings.Count(text, "@") != 1 || strings.ContainsAny(text, " \t<>")):
			return gitlabInvalid(name, "is invalid")
		case name == "email" && !confirmed && text != "":
			native["unconfirmed_email"] = strings.ToLower(text) // until its owner confirms it
			continue
		case name == "email":
			text = strings.ToLower(text)
		}
		native[name] = text
	}
	for _, name := range []string{"external", "can_create_group", "admin"} {
		if truth, ok := body[name].(bool); ok {
			native[name] = truth
		}
	}
	return nil
}

func gitlabUsername(text string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	return text != "" && len(text) <= 255 && strings.Trim(text, allowed) == "" && text[0] != '-' &&
		!strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ".git") && !strings.HasSuffix(text, ".atom")
}

func (s *Sim) gitlabUpdate(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	if err != nil {
		return answer{}, err
	}
	body, ok := simhost.ReadObject(r)
	if !ok {
		return answer{}, refusal{http.StatusBadRequest, map[string]any{"error": "400 Bad request"}}
	}
	next := clone(a.native)
	if err := gitlabLay(body, next, body["skip_reconfirmation"] == true); err != nil {
		return answer{}, err
	}
	if err := c.gitlabFree(next, a.id); err != nil {
		return answer{}, err
	}
	s.remember(a)
	a.native = next
	return answer{body: clone(a.native), about: a}, nil
}

func (s *Sim) gitlabDelete(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	if err != nil {
		return answer{}, err
	}
	delete(c.accounts, a.id)
	return answer{status: http.StatusNoContent, about: a}, nil
}

// gitlabBlock answers true, and null when the user was blocked already.
func (s *Sim) gitlabBlock(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	if err != nil {
		return answer{}, err
	}
	if a.native["state"] == "blocked" {
		return answer{status: http.StatusCreated, about: a}, nil
	}
	s.remember(a)
	a.native["state"] = "blocked"
	return answer{status: http.StatusCreated, body: true, about: a}, nil
}

func (s *Sim) gitlabUnblock(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	switch {
	case err != nil:
		return answer{}, err
	case a.native["state"] == "deactivated":
		return answer{}, gitlabSays(http.StatusForbidden, "403 Forbidden - Deactivated users cannot be unblocked by the API")
	case a.native["state"] != "active" && s.full(c, s.vendor.isActive):
		return answer{}, gitlabSays(http.StatusForbidden, "403 Forbidden - No seats are left in your subscription")
	}
	s.remember(a)
	a.native["state"] = "active"
	return answer{status: http.StatusCreated, body: true, about: a}, nil
}

// gitlabSleep makes a user dormant: who signs in wakes.
func (s *Sim) gitlabSleep(c *customer, r *http.Request) (answer, error) {
	a, err := c.gitlabUser(r)
	if err != nil {
		return answer{}, err
	}
	s.remember(a)
	a.native["state"] = "deactivated"
	return answer{status: http.StatusCreated, body: true, about: a}, nil
}
