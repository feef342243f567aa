package sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimrelay/connectors/simhost"
)

// GitLab returns an empty GitLab that reads the time from now, time.Now when it is nil.
func GitLab(now func() time.Time) *Sim {
	s := newSim(now, vendor{
		name: "gitlab",
		sample: simhost.Sample{Title: "GitLab", Path: "/api/v4", RateLimit: 120,
			Credentials: map[string]string{"token": "glpat-acme-1"}},
		knobs: append(commonKnobs("GitLab's preset is 120, once an administrator has switched it on",
			"how many users may be active; one more is refused. ASSUMED",
			"lists show the users as they were this long ago, as from a replica of the database. ASSUMED"),
			simhost.Knob{Name: "read_only_token", Default: "false", Meaning: "the token has the scope read_api only: writes are 403 insufficient_scope"}),
		customer: gitlabCustomer,
		throttle: refusal{http.StatusTooManyRequests, "Retry later\n"},
		isActive: func(a *account) bool { return a.native["state"] == "active" || a.native["state"] == "deactivated" },
	})
	const base = "/api/v4"
	s.handle("GET "+base+"/user", s.gitlabSelf)
	s.handle("GET "+base+"/users", s.gitlabList)
	s.handle("GET "+base+"/users/{id}", s.gitlabGet)
	s.handle("POST "+base+"/users", s.gitlabWrite(s.gitlabCreate))
	s.handle("PUT "+base+"/users/{id}", s.gitlabWrite(s.gitlabUpdate))
	s.handle("DELETE "+base+"/users/{id}", s.gitlabWrite(s.gitlabDelete))
	s.handle("POST "+base+"/users/{id}/block", s.gitlabWrite(s.gitlabBlock))
	s.handle("POST "+base+"/users/{id}/unblock", s.gitlabWrite(s.gitlabUnblock))
	s.handle("POST "+base+"/users/{id}/deactivate", s.gitlabWrite(s.gitlabSleep))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, answer{}, gitlabSays(http.StatusNotFound, "404 Not Found"))
	})
	return s
}

func gitlabSays(status int, message any) refusal {
	return refusal{status, map[string]any{"message": message}}
}

// gitlabInvalid is a validation error of one field.
func gitlabInvalid(field, problem string) refusal {
	return gitlabSays(http.StatusBadRequest, map[string]any{field: []string{problem}})
}

func gitlabCustomer(s *Sim, r *http.Request) (string, error) {
	name, ok := strings.CutPrefix(r.Header.Get("PRIVATE-TOKEN"), "glpat-")
	switch {
	case !ok || name == "":
		return "", gitlabSays(http.StatusUnauthorized, "401 Unauthorized")
	case s.knobs.TokenRevoked:
		return "", refusal{http.StatusUnauthorized, map[string]any{"error": "invalid_token",
			"error_description": "Token was revoked. You have to re-authorize from the user."}}
	}
	return name, nil
}

// gitlabWrite lets administrators with the right scope pass.
func (s *Sim) gitlabWrite(h handler) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		switch {
		case s.knobs.ReadOnlyToken:
			return answer{}, refusal{http.StatusForbidden, map[string]any{"error": "insufficient_scope",
				"error_description": "The request requires higher privileges than provided by the access token.", "scope": "api"}}
		case s.knobs.NotAdmin:
			return answer{}, gitlabSays(http.StatusForbidden, "403 Forbidden")
		}
		return h(c, r)
	}
}

func (s *Sim) gitlabSelf(*customer, *http.Request) (answer, error) {
	self := map[string]any{"id": 1, "username": "root", "name": "Administrator", "state": "active", "email": "root@gitlab.example"}
	if !s.knobs.NotAdmin {
		self["is_admin"] = true
	}
	return answer{body: self}, nil
}

// gitlabShown is a user as the token's owner sees one.
func (s *Sim) gitlabShown(native map[string]any) map[string]any {
	shown := clone(native)
	if s.knobs.NotAdmin {
		for name := range shown {
			if !slices.Contains([]string{"id", "username", "name", "state", "web_url"}, name) {
				delete(shown, name)
			}
		}
	}
	return shown
}

func (s *Sim) gitlabList(c *customer, r *http.Request) (answer, error) {
	query := r.URL.Query()
	rows := s.listed(c, func(native map[string]any) bool { return s.gitlabMatches(native, query) })
	for i, row := range rows {
		rows[i] = s.gitlabShown(row)
	}
	size := s.pageSize(number(r, "per_page", 20))
	if query.Get("pagination") == "keyset" {
		return gitlabKeyset(rows, r, size)
	}
	if query.Get("sort") != "asc" { // the newest first, unless told otherwise
		slices.Reverse(rows)
	}
	page := number(r, "page", 1)
	from := (page - 1) * size
	header := map[string]string{"X-Page": strconv.Itoa(page), "X-Per-Page": strconv.Itoa(size), "X-Total": strconv.Itoa(len(rows)), "X-Next-Page": ""}
	if from+size < len(rows) {
		header["X-Next-Page"] = strconv.Itoa(page + 1)
		query.Set("page", header["X-Next-Page"])
		header["Link"] = "<" + address(r, query.Encode()) + `>; rel="next"`
	}
	return answer{body: window(rows, from, size), header: header}, nil
}

// gitlabMatches is what search and username find: names by a part, addresses whole.
func (s *Sim) gitlabMatches(native map[string]any, query url.Values) bool {
	has := func(field, part string) bool {
		text, _ := native[field].(string)
		return strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
	email, _ := native["email"].(string)
	username, _ := native["username"].(string)
	if want := query.Get("username"); want != "" && !strings.EqualFold(username, want) {
		return false
	}
	search := query.Get("search")
	return search == "" || has("name", search) || has("username", search) || strings.EqualFold(email, search) && !s.knobs.NotAdmin
}

// gitlabKeyset pages by the id that the last page ended with.
func gitlabKeyset(rows []map[string]any, r *http.Request, size int) (answer, error) {
	query := r.URL.Query()
	if query.Get("order_by") != "id" || query.Get("sort") != "asc" {
		return answer{}, refusal{http.StatusMethodNotAllowed, map[string]any{"error": "Keyset pagination is not yet available for this type of request"}}
	}
	after, _ := base64.RawURLEncoding.DecodeString(query.Get("cursor"))
	last, _ := strconv.ParseInt(string(after), 10, 64)
	rows = slices.DeleteFunc(rows, func(row map[string]any) bool { return row["id"].(int64) <= last })
	page := window(rows, 0, size)
	header := map[string]string{}
	if len(rows) > size {
		query.Set("cursor", base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(page[size-1]["id"]))))
		header["Link"] = "<" + address(r, query.Encode()) + `>; rel="next"`
	}
	return answer{body: page, header: header}, nil
}
