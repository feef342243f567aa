package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/timeclock/sim"
)

// client talks to the simulator as a program would.
type client struct {
	t   *testing.T
	sim *sim.Sim
	now time.Time
	key string
}

func newClient(t *testing.T) *client {
	c := &client{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), key: "key-a"}
	c.sim = sim.New(func() time.Time { return c.now })
	return c
}

func (c *client) knobs(text string) error {
	c.t.Helper()
	return connectortest.SetKnobs(c.t, c.sim, text)
}

func (c *client) post(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api/v1/json-rpc", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.sim.ServeHTTP(w, r)
	return w
}

// call gives the result, or the error's code and the field it names.
func (c *client) call(method, params string) (result map[string]any, code int, field string) {
	c.t.Helper()
	w := c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":"q","method":%q,"params":%s}`, method, params))
	var said struct {
		Version string `json:"jsonrpc"`
		ID      string
		Result  map[string]any
		Error   struct {
			Code int
			Data struct{ Field string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != 200 || said.Version != "2.0" || said.ID != "q" {
		c.t.Fatalf("%s: %d %v %s", method, w.Code, err, w.Body)
	}
	return said.Result, said.Error.Code, said.Error.Data.Field
}

const some = `{"username":"a@a.test","email":"a@a.test","firstName":"A","lastName":"B","assignLicense":true,"inviteViaEmail":0}`

func with(changes string) string { return strings.TrimSuffix(some, "}") + "," + changes + "}" }

func TestTransport(t *testing.T) {
	c := newClient(t)
	for body, want := range map[string]string{
		`{`: `{"error":{"code":-32700,"message":"Parse error"},"id":null,"jsonrpc":"2.0"}`,
		`[{"jsonrpc":"2.0","id":1,"method":"roles.list","params":{}}]`:    `{"error":{"code":-32600,"message":"Invalid Request"},"id":null,"jsonrpc":"2.0"}`,
		`{"id":1,"method":"roles.list","params":{}}`:                      `{"error":{"code":-32600,"message":"Invalid Request"},"id":null,"jsonrpc":"2.0"}`,
		`{"jsonrpc":"2.0","method":"roles.list"}`:                         `{"error":{"code":-32600,"message":"Invalid Request"},"id":null,"jsonrpc":"2.0"}`,
		`{"jsonrpc":"2.0","id":1,"method":"users.delete"}`:                `{"error":{"code":-32601,"message":"Method not found"},"id":1,"jsonrpc":"2.0"}`,
		`{"jsonrpc":"2.0","id":1,"method":"users.get","params":{"id":7}}`: `{"error":{"code":1404,"message":"Unknown user"},"id":1,"jsonrpc":"2.0"}`,
	} {
		if w := c.post(body); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, key := range []string{"", "key-", "other"} {
		c.key = key
		if _, code, _ := c.call("roles.list", "{}"); code != 1401 {
			t.Errorf("the key %q gives %d", key, code)
		}
	}
	w := httptest.NewRecorder()
	if c.sim.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/json-rpc", nil)); w.Code != 405 {
		t.Error(w.Code)
	}
}

func TestUsersAreNoMoreThanTheVendorTakes(t *testing.T) {
	c := newClient(t)
	if _, code, _ := c.call("users.create", some); code != 0 {
		t.Fatal(code)
	}
	for _, r := range []struct {
		method, params string
		code           int
		field          string
	}{
		{"users.create", strings.Replace(some, `"a@a.test"`, `"A@A.test"`, 1), 1409, "username"},
		{"users.create", strings.Replace(some, `"username":"a@a.test"`, `"username":"b"`, 1), 1409, "email"},
		{"users.create", strings.Replace(some, `"firstName":"A",`, "", 1), -32602, "firstName"},
		{"users.create", with(`"employeeNumber":"E-1"`), -32602, "employeeNumber"},
		{"users.create", with(`"active":true`), -32602, "active"},
		{"users.create", with(`"inviteViaEmail":2`), -32602, "inviteViaEmail"},
		{"users.update", `{"id":90211,"changes":{"managerId":90211}}`, 1422, "managerId"},
		{"users.update", `{"id":90211,"changes":{"managerId":5}}`, 1422, "managerId"},
		{"users.update", `{"id":90211,"changes":{"roleId":9}}`, 1422, "roleId"},
		{"users.update", `{"id":90211,"changes":{"email":"none"}}`, 1422, "email"},
		{"users.update", `{"id":90211,"changes":{"lastName":" "}}`, 1422, "lastName"},
		{"users.update", `{"id":90211,"changes":{"lastName":null}}`, -32602, "lastName"},
		{"users.update", `{"id":90211,"changes":{"active":false}}`, -32602, "active"},
		{"users.update", `{"id":90211}`, -32602, "changes"},
		{"users.update", `{"id":"90211","changes":{}}`, -32602, "id"},
		{"users.releaseLicense", `{"id":90211}`, 1422, "active"},
		{"users.deactivate", `{"id":90211,"terminationDate":"soon"}`, -32602, "terminationDate"},
		{"users.list", `{"limit":201}`, -32602, "limit"},
		{"users.list", `{"filter":{"externalId":"x"}}`, -32602, "filter"},
	} {
		if _, code, field := c.call(r.method, r.params); code != r.code || field != r.field {
			t.Errorf("%s %s: %d %q, want %d %q", r.method, r.params, code, field, r.code, r.field)
		}
	}
	if _, code, _ := c.call("users.update", `{"id":90211,"changes":{"employeeNumber":5,"externalId":null,"username":"c"}}`); code != 0 {
		t.Error(code)
	}
	row, _, _ := c.call("users.get", `{"id":90211}`)
	if row["employeeNumber"] != 5.0 || row["username"] != "c" || row["displayName"] != "A B" {
		t.Error(row)
	}
}

func TestLicences(t *testing.T) {
	c := newClient(t)
	if err := c.knobs(`{"licences": 1}`); err != nil {
		t.Fatal(err)
	}
	second := strings.ReplaceAll(some, "a@a.test", "b@a.test")
	for i, step := range []struct {
		method, params string
		code, free     int
	}{
		{"users.create", some, 0, 0},
		{"users.create", second, 1402, 0},
		{"users.deactivate", `{"id":90211,"terminationDate":"2026-12-01"}`, 0, 0},
		{"users.create", second, 1402, 0},
		{"users.releaseLicense", `{"id":90211}`, 0, 1},
		{"users.releaseLicense", `{"id":90211}`, 0, 1},
		{"users.create", second, 0, 0},
		{"users.assignLicense", `{"id":90211}`, 1402, 0},
		{"users.activate", `{"id":90211}`, 1402, 0},
		{"users.assignLicense", `{"id":90212}`, 0, 0},
		{"users.deactivate", `{"id":90212}`, 0, 0},
		{"users.activate", `{"id":90212}`, 0, 0},
		{"users.deactivate", `{"id":90212}`, 0, 0},
		{"users.releaseLicense", `{"id":90212}`, 0, 1},
		{"users.activate", `{"id":90211}`, 0, 0},
	} {
		_, code, _ := c.call(step.method, step.params)
		summary, _, _ := c.call("licenses.summary", "{}")
		if code != step.code || summary["free"] != float64(step.free) {
			t.Fatalf("step %d, %s: %d, %v free", i, step.method, code, summary["free"])
		}
	}
}

func TestListsAreByUsernameAndActive(t *testing.T) {
	c := newClient(t)
	c.call("users.create", some)
	c.call("users.create", strings.ReplaceAll(some, "a@a.test", "b@a.test"))
	c.call("users.deactivate", `{"id":90211}`)
	for params, want := range map[string]float64{
		`{}`: 2, `{"active":null}`: 2, `{"active":true}`: 1, `{"active":false}`: 1, `{"filter":{"username":"A@a.test"}}`: 1,
		`{"filter":{"username":"A@a.test"},"active":true}`: 0, `{"filter":null,"offset":1,"limit":1}`: 2, `{"filter":{}}`: 2,
	} {
		if result, _, _ := c.call("users.list", params); result["total"] != want {
			t.Errorf("%s: %v", params, result["total"])
		}
	}
	c.key = "key-b"
	if result, _, _ := c.call("users.list", `{}`); result["total"] != 0.0 {
		t.Error("customers are not apart")
	}
}

func TestKnobsAreChecked(t *testing.T) {
	c := newClient(t)
	for _, knobs := range []string{`{"answer_id": "lost"}`, `{"duplicate_answers": "thrice"}`, `{"page_cap": 0}`, `{"nobody": 1}`} {
		if c.knobs(knobs) == nil {
			t.Errorf("%s is taken", knobs)
		}
	}
	if err := c.knobs(`{"rate_limit": 1, "plain_http": true}`); err != nil {
		t.Fatal(err)
	}
	c.call("roles.list", "{}")
	if w := c.post(`{"jsonrpc":"2.0","id":1,"method":"roles.list","params":{}}`); w.Code != 429 || w.Header().Get("Retry-After") != "20" {
		t.Error(w.Code, w.Header())
	}
	if c.now = c.now.Add(time.Minute); c.post(`{"jsonrpc":"2.0","id":1,"method":"roles.list","params":{}}`).Code != 200 {
		t.Error("the next minute is as the last")
	}
}
