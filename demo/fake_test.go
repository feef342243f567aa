package demo_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/time/rate"

	"scimrelay/demo"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// tenant is a small SCIM server: each user is flat, from path to value, so that a POST and any
// shape of PATCH that say the same leave the same.
type tenant struct {
	mu      sync.Mutex
	users   map[string]map[string]any
	deleted map[string]map[string]any
	groups  map[string]*fakeGroup
	made    int
	sent    []sent
	refuse  func(r *http.Request) int // a status to answer instead
}

// sent is one request as it arrived.
type sent struct {
	method, path, query string
	header              http.Header
	body                string
}

func newTenant(t *testing.T) (*tenant, *demo.Client) {
	t.Helper()
	s := &tenant{users: map[string]map[string]any{}, deleted: map[string]map[string]any{}, groups: map[string]*fakeGroup{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, &demo.Client{Base: server.URL + "/scim/v2", Token: "secret", Pace: rate.NewLimiter(rate.Inf, 1), HTTP: demo.NewHTTP(8)}
}

func (s *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var body map[string]any
	_ = json.Unmarshal(text, &body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sent{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), string(text)})
	status, answer := s.serve(r, body)
	if s.refuse != nil {
		if refused := s.refuse(r); refused != 0 {
			status, answer = refused, map[string]any{"status": fmt.Sprint(refused), "scimType": "invalidValue", "detail": "not today"}
		}
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *tenant) serve(r *http.Request, body map[string]any) (int, any) {
	if strings.HasPrefix(r.URL.Path, "/scim/v2/Groups") {
		return s.serveGroups(r, body)
	}
	id := strings.TrimPrefix(r.URL.Path, "/scim/v2/Users/")
	_, known := s.users[id]
	switch {
	case r.Method == http.MethodGet:
		return s.search(r.URL.Query().Get("filter"))
	case r.Method == http.MethodPost:
		s.made++
		id = fmt.Sprintf("u%d", s.made)
		s.users[id] = map[string]any{}
		flatten(s.users[id], "", body)
		return http.StatusCreated, map[string]any{"id": id}
	case !known:
		return http.StatusNotFound, map[string]any{"detail": "no such user"}
	case r.Method == http.MethodDelete:
		s.deleted[id] = s.users[id]
		delete(s.users, id)
		return http.StatusNoContent, nil
	}
	for _, operation := range body["Operations"].([]any) {
		s.apply(s.users[id], operation.(map[string]any))
	}
	return http.StatusOK, map[string]any{"id": id}
}

// fakeGroup is a group of the fake, its members by their ids.
type fakeGroup struct {
	name    string
	members map[string]bool
}

func (s *tenant) serveGroups(r *http.Request, body map[string]any) (int, any) {
	id := strings.TrimPrefix(r.URL.Path, "/scim/v2/Groups/")
	switch r.Method {
	case http.MethodGet:
		found := []any{}
		for id, g := range s.groups {
			if r.URL.Query().Get("filter") == fmt.Sprintf("displayName eq %q", g.name) {
				found = append(found, map[string]any{"id": id})
			}
		}
		return http.StatusOK, map[string]any{"totalResults": len(found), "Resources": found}
	case http.MethodPost:
		id = fmt.Sprintf("g%d", len(s.groups)+1)
		s.groups[id] = &fakeGroup{body["displayName"].(string), map[string]bool{}}
		return http.StatusCreated, map[string]any{"id": id}
	}
	for _, operation := range body["Operations"].([]any) {
		o := operation.(map[string]any)
		for _, m := range o["value"].([]any) {
			member := m.(map[string]any)["value"].(string)
			if s.users[member] == nil {
				return http.StatusBadRequest, map[string]any{"detail": "no such member"}
			}
			s.groups[id].members[member] = o["op"] == "Add"
		}
	}
	return http.StatusOK, map[string]any{"id": id}
}

func (s *tenant) search(filter string) (int, any) {
	name := regexp.MustCompile(`^userName eq "(.*)"$`).FindStringSubmatch(filter)
	if name == nil {
		return http.StatusBadRequest, map[string]any{"detail": "filter: " + filter}
	}
	found := []any{}
	for id, user := range s.users {
		if strings.EqualFold(user["userName"].(string), name[1]) {
			found = append(found, map[string]any{"id": id})
		}
	}
	return http.StatusOK, map[string]any{"totalResults": len(found), "Resources": found}
}

func (s *tenant) apply(user, operation map[string]any) {
	path, pathed := operation["path"].(string)
	switch value := operation["value"]; {
	case pathed && path == "active" && value == "False":
		user[path] = false
	case pathed && path == "active" && value == "True":
		user[path] = true
	case pathed:
		user[path] = value
	default:
		for name, inner := range value.(map[string]any) {
			user[name] = inner
		}
	}
}

// flatten writes what has a value under the paths a PATCH would use.
func flatten(into map[string]any, prefix string, object map[string]any) {
	for name, value := range object {
		separator := "."
		if prefix == "" {
			separator = ""
		} else if strings.HasPrefix(prefix, "urn:") {
			separator = ":"
		}
		path := prefix + separator + name
		switch v := value.(type) {
		case nil:
		case map[string]any:
			flatten(into, path, v)
		case []any:
			for _, e := range v {
				if element, ok := e.(map[string]any); ok {
					flatten(into, fmt.Sprintf("%s[type eq %q]", path, element["type"]), element)
				}
			}
		default:
			into[path] = v
		}
	}
}

// holds compares a user with a person, leaving out what the fake adds or ignores.
func (s *tenant) holds(t *testing.T, p demo.Person, people demo.People) {
	t.Helper()
	user := s.user(p.UserName)
	manager, _ := user[enterprise+":manager"].(string)
	bossName, _ := s.users[manager]["userName"].(string)
	want := map[string]string{
		"userName": p.UserName, "externalId": p.Nick, "displayName": p.Display, "title": p.Title, "name.givenName": p.Given,
		"name.familyName": p.Family, "preferredLanguage": p.Language, `emails[type eq "work"].value`: p.Mail,
		`phoneNumbers[type eq "work"].value`: p.Phone, `phoneNumbers[type eq "mobile"].value`: p.Mobile,
		`addresses[type eq "work"].locality`: p.Address.City, enterprise + ":department": p.Department, enterprise + ":employeeNumber": p.Number,
	}
	for path, value := range want {
		if got, _ := user[path].(string); got != value {
			t.Errorf("%s: %s is %q, not %q", p.UserName, path, got, value)
		}
	}
	if user["active"] != p.Active || bossName != people[p.Manager].UserName {
		t.Errorf("%s: active %v, manager %q, not %v and %q", p.UserName, user["active"], bossName, p.Active, people[p.Manager].UserName)
	}
}

func (s *tenant) user(userName string) map[string]any {
	for _, user := range s.users {
		if user["userName"] == userName {
			return user
		}
	}
	return nil
}
