package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/sage/sim"
)

// vendor talks to the simulator as a client would.
type vendor struct {
	t       *testing.T
	sim     *sim.Sim
	now     time.Time
	session string
	size    string
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	v.sim = sim.New(func() time.Time { return v.now })
	v.knobs(`{"rate_limit": 0}`)
	v.login()
	return v
}

func (v *vendor) login() {
	v.t.Helper()
	_, body := v.call("POST", "/login", `{"username":"pub-a","password":"priv-a"}`)
	v.session = v.object(body)["token"].(string)
}

func (v *vendor) knobs(text string) {
	v.t.Helper()
	if err := connectortest.SetKnobs(v.t, v.sim, text); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vendor) call(method, path, body string) (int, string) {
	v.t.Helper()
	r := httptest.NewRequest(method, "/api/v4"+path, strings.NewReader(body))
	r.Header.Set("X-Session-Key", v.session)
	if v.size != "" {
		r.Header.Set("Count", v.size)
	}
	w := httptest.NewRecorder()
	v.sim.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (v *vendor) object(text string) map[string]any {
	v.t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		v.t.Fatalf("%s: %v", text, err)
	}
	return object
}

func (v *vendor) list(path string) (rows []map[string]any) {
	v.t.Helper()
	code, body := v.call("GET", path, "")
	if code != 200 || json.Unmarshal([]byte(body), &rows) != nil {
		v.t.Fatalf("%s: %d %s", path, code, body)
	}
	return rows
}

func user(email string, changes ...string) string {
	fields := map[string]any{"name": "Ana", "lastName": "Ruiz", "email": email, "nic": email, "phone": "600", "idPrefix": 69,
		"branches": []int{16}, "dbLanguage": "EN", "uiLanguage": "EN"}
	for i := 0; i < len(changes); i += 2 {
		var value any
		if changes[i+1] == "" {
			delete(fields, changes[i])
			continue
		}
		_ = json.Unmarshal([]byte(changes[i+1]), &value)
		fields[changes[i]] = value
	}
	raw, _ := json.Marshal(fields)
	return string(raw)
}

func (v *vendor) create(email string, changes ...string) string {
	v.t.Helper()
	code, body := v.call("POST", "/users", user(email, changes...))
	if code != 200 {
		v.t.Fatalf("%d %s", code, body)
	}
	return fmt.Sprint(int(v.object(body)["id"].(float64)))
}

func TestUsers(t *testing.T) {
	v := newVendor(t)
	id := v.create("ana@a.test", "managerId", "-1", "userTypeId", "1")
	_, body := v.call("GET", "/users/"+id, "")
	row := v.object(body)
	branch, _ := row["branches"].(map[string]any)
	manager, _ := row["managerId"].(map[string]any)
	kind, _ := row["userTypeId"].(map[string]any)
	if branch["id"] != 16.0 || manager["id"] != -1.0 || kind["description"] != "Commercial" || row["isActive"] != true || row["deleted"] != false {
		t.Fatal(body)
	}
	for _, c := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "/users", user("ANA@a.test"), 400, "email already in use"},
		{"POST", "/users", user("b@a.test", "nic", `"ana@a.test"`), 400, "nic"},
		{"POST", "/users", user("b@a.test", "phone", ""), 400, "Bad Request"},
		{"POST", "/users", user("b@a.test", "phone", "600"), 400, ""},
		{"POST", "/users", user("b@a.test", "branches", "[99]"), 400, ""},
		{"POST", "/users", user("b@a.test", "branches", "16"), 400, ""},
		{"POST", "/users", user("b@a.test", "uiLanguage", `"FR"`), 400, ""},
		{"POST", "/users", user("b@a.test", "level", "6"), 400, ""},
		{"POST", "/users", user("b@a.test", "userTypeId", "2"), 400, ""},
		{"POST", "/users", user("b@a.test", "managerId", "999"), 400, ""},
		{"POST", "/users", user("no address"), 400, ""},
		{"POST", "/users", `[]`, 400, ""},
		{"GET", "/users/999", "", 400, ""},
		{"GET", "/users/x", "", 400, ""},
		{"PUT", "/users/999", `{}`, 400, ""},
		{"PUT", "/users/" + id, `{"isActive":false}`, 200, "entity updated"},
		{"GET", "/users/" + id, "", 200, `"lastName":"Ruiz"`},
		{"PUT", "/users/" + id + "/roles", `{"rolesId":[99]}`, 400, ""},
		{"PUT", "/users/" + id + "/roles", `{"rolesId":[30,32]}`, 200, "Sales Role"},
		{"DELETE", "/users/" + id + "/roles", `{"rolesId":[30,3]}`, 400, ""},
		{"GET", "/users/" + id + "/roles", "", 200, "Sales Role"},
		{"DELETE", "/users/" + id + "/roles", `{"rolesId":[30]}`, 200, "Area"},
		{"GET", "/roles/32/users", "", 200, "ana@a.test"},
		{"GET", "/roles/30", "", 200, "Sales Role"},
		{"GET", "/roles/31", "", 400, ""},
		{"GET", "/branches/1", "", 200, "Head"},
		{"GET", "/userTypes/3", "", 200, "Management"},
		{"GET", "/users/schema", "", 200, `"maxLength":255`},
		{"DELETE", "/users/" + id, "", 200, "entity deleted"},
		{"GET", "/users/" + id, "", 200, `"deleted":true`},
		{"POST", "/users", user("ana@a.test"), 400, "email already in use"},
		{"GET", "/nothing", "", 404, "Not Found"},
	} {
		if code, body := v.call(c.method, c.path, c.body); code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, code, body)
		}
	}
}

func TestRolesAreShownAsGroups(t *testing.T) {
	v := newVendor(t)
	id := v.create("ana@a.test")
	v.call("PUT", "/users/"+id+"/roles", `{"rolesId":[30]}`)
	for _, g := range v.sim.State().Groups {
		if members := strings.Join(g.Members, " "); (g.ID == "30") != (members == "ana@a.test") || g.Members == nil {
			t.Errorf("%s %s has %v", g.ID, g.Name, g.Members)
		}
	}
	if rows := v.list("/users/" + id + "/roles?page=1"); len(rows) != 0 {
		t.Errorf("a second page of %d roles", len(rows))
	}
}

func TestWhere(t *testing.T) {
	v := newVendor(t)
	for i, email := range []string{"ana@a.test", "o'brien@a.test", "eva@b.test"} {
		v.create(email, "level", fmt.Sprint(i+1))
	}
	for where, want := range map[string]int{
		"": 3, "email='ana@a.test'": 1, "email='ANA@a.test'": 1, "email='o''brien@a.test'": 1, "email LIKE '%@a.test'": 2,
		"level>1": 2, "level > 1 AND email LIKE 'e%'": 1, "level=1 OR level=3": 2, "level=3 OR level=1 AND email='x'": 1,
		"(level=3 OR level=1) AND email='ana@a.test'": 1, "id>100": 3, "branches=16": 3, "isActive=1 and level=2": 1,
	} {
		if rows := v.list("/users?page=0&where=" + url.QueryEscape(where)); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", where, len(rows), want)
		}
	}
	for _, where := range []string{"email='", "email=ana", "nothing=1", "email='a' OR", "(level=1", "level!=1", "level LIKE 1", "a; drop", "email='a''"} {
		if code, body := v.call("GET", "/users?where="+url.QueryEscape(where), ""); code != 400 || !strings.Contains(body, "901") {
			t.Errorf("%s: %d %s", where, code, body)
		}
	}
}

func TestPaging(t *testing.T) {
	v := newVendor(t)
	for i := range 130 {
		v.create(fmt.Sprintf("u%03d@a.test", i))
	}
	for path, want := range map[string]int{"/users": 100, "/users?page=0": 50, "/users?page=2": 30, "/users?page=3": 0} {
		if rows := v.list(path); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", path, len(rows), want)
		}
	}
	if rows := v.list("/users?page=0&order=id"); rows[0]["id"] != 230.0 {
		t.Errorf("the order is not descending: %v", rows[0]["id"])
	}
	v.size = "20"
	if rows := v.list("/users?page=6"); len(rows) != 10 {
		t.Errorf("%d rows of the last page of 20", len(rows))
	}
	v.knobs(`{"rate_limit":0,"ignore_count":true}`)
	if rows := v.list("/users?page=0"); len(rows) != 100 {
		t.Errorf("%d rows", len(rows))
	}
	v.knobs(`{"rate_limit":0,"duplicate_rows":true}`)
	first, second := v.list("/users?page=0"), v.list("/users?page=1")
	if first[len(first)-1]["id"] != second[0]["id"] {
		t.Error("no row comes twice")
	}
}
