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

// Zendesk returns an empty Zendesk that reads the time from now, time.Now when it is nil.
func Zendesk(now func() time.Time) *Sim {
	s := newSim(now, vendor{
		name: "zendesk",
		sample: simhost.Sample{Title: "Zendesk Support", Path: "/api/v2", RateLimit: 200,
			Credentials: map[string]string{"email": "admin@acme-1.example", "api_token": "api-acme-1"},
			Defaults:    map[string]any{"role": "agent"}},
		knobs: commonKnobs("200 is the limit of the smallest plan",
			"how many agents may be active; one more is refused. ASSUMED",
			"searches and lists show the users as they were this long ago; the vendor says minutes"),
		customer: zendeskCustomer,
		throttle: zendeskSays(http.StatusTooManyRequests, "APIRateLimitExceeded", "Number of allowed API requests per minute exceeded"),
		isActive: func(a *account) bool { return a.native["suspended"] != true && a.native["active"] == true },
	})
	for _, suffix := range []string{"", ".json"} { // both are served
		s.handle("GET /api/v2/users"+suffix, s.zendeskList)
		s.handle("POST /api/v2/users"+suffix, s.zendeskWrite(s.zendeskCreate))
		s.handle("GET /api/v2/users/search"+suffix, s.zendeskSearch)
		s.handle("GET /api/v2/users/me"+suffix, s.zendeskSelf)
	}
	s.handle("GET /api/v2/users/{id}", s.zendeskGet)
	s.handle("PUT /api/v2/users/{id}", s.zendeskWrite(s.zendeskUpdate))
	s.handle("DELETE /api/v2/users/{id}", s.zendeskWrite(s.zendeskDelete))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, answer{}, zendeskSays(http.StatusNotFound, "InvalidEndpoint", "Not found"))
	})
	return s
}

func zendeskSays(status int, kind, description string) refusal {
	return refusal{status, map[string]any{"error": kind, "description": description}}
}

// zendeskInvalid is a validation error of one field.
func zendeskInvalid(field, kind, description string) refusal {
	return refusal{http.StatusUnprocessableEntity, map[string]any{"error": "RecordInvalid", "description": "Record validation errors",
		"details": map[string]any{field: []any{map[string]any{"description": description, "error": kind}}}}}
}

func zendeskCustomer(s *Sim, r *http.Request) (string, error) {
	refused := refusal{http.StatusUnauthorized, map[string]any{"error": "Couldn't authenticate you"}}
	if s.knobs.TokenRevoked {
		return "", refused
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer oauth-"); ok && token != "" {
		return token, nil
	}
	user, password, _ := r.BasicAuth()
	name, ok := strings.CutPrefix(password, "api-")
	if !ok || name == "" || user != "admin@"+name+".example/token" {
		return "", refused
	}
	return name, nil
}

func (s *Sim) zendeskWrite(h handler) handler {
	return func(c *customer, r *http.Request) (answer, error) {
		if s.knobs.NotAdmin {
			return answer{}, refusal{http.StatusForbidden, map[string]any{"error": map[string]any{"title": "Forbidden", "message": "You do not have access to this page."}}}
		}
		return h(c, r)
	}
}

func (s *Sim) zendeskSelf(*customer, *http.Request) (answer, error) {
	role := "admin"
	if s.knobs.NotAdmin {
		role = "agent"
	}
	return answer{body: map[string]any{"user": map[string]any{"id": 1, "name": "Administrator", "role": role, "active": true}}}, nil
}

// zendeskSearch finds by a part of what is searched, as the search syntax does, and pages by
// offset.
func (s *Sim) zendeskSearch(c *customer, r *http.Request) (answer, error) {
	query := r.URL.Query()
	text := strings.ToLower(query.Get("query"))
	field, part, named := strings.Cut(text, ":")
	external := query.Get("external_id")
	if text == "" && external == "" {
		return answer{}, zendeskSays(http.StatusBadRequest, "QueryRequired", "want a query or an external_id")
	}
	rows := s.listed(c, func(native map[string]any) bool {
		has := func(name, part string) bool {
			value, _ := native[name].(string)
			return strings.Contains(strings.ToLower(value), part)
		}
		id, _ := native["external_id"].(string)
		switch {
		case native["active"] != true:
			return false
		case text == "":
			return strings.EqualFold(id, external)
		case named && field == "email":
			return has("email", part)
		default:
			return has("name", text) || has("email", text)
		}
	})
	size, page := s.pageSize(number(r, "per_page", 100)), number(r, "page", 1)
	body := map[string]any{"users": window(rows, (page-1)*size, size), "count": len(rows), "next_page": nil, "previous_page": nil}
	if page*size < len(rows) {
		query.Set("page", strconv.Itoa(page+1))
		body["next_page"] = address(r, query.Encode())
	}
	return answer{body: body}, nil
}

// zendeskList pages by cursor when page[size] is sent.
func (s *Sim) zendeskList(c *customer, r *http.Request) (answer, error) {
	query := r.URL.Query()
	rows := s.listed(c, func(native map[string]any) bool { return native["active"] == true })
	if query.Get("page[size]") == "" {
		size, page := s.pageSize(number(r, "per_page", 100)), number(r, "page", 1)
		return answer{body: map[string]any{"users": window(rows, (page-1)*size, size), "count": len(rows), "next_page": nil}}, nil
	}
	after, _ := base64.StdEncoding.DecodeString(query.Get("page[after]"))
	last, _ := strconv.ParseInt(string(after), 10, 64)
	rows = slices.DeleteFunc(rows, func(row map[string]any) bool { return row["id"].(int64) <= last })
	size := s.pageSize(number(r, "page[size]", 100))
	page := window(rows, 0, size)
	meta, links := map[string]any{"has_more": len(rows) > size, "after_cursor": nil, "before_cursor": nil}, map[string]any{"next": nil, "prev": nil}
	if len(page) > 0 {
		cursor := base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(page[len(page)-1]["id"])))
		meta["after_cursor"] = cursor
		links["next"] = address(r, url.Values{"page[size]": {strconv.Itoa(size)}, "page[after]": {cursor}}.Encode())
	}
	return answer{body: map[string]any{"users": page, "meta": meta, "links": links}}, nil
}
