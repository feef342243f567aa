package sim_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/restyaml/sim"
	"scimrelay/connectors/simhost"
)

// say makes a call and gives the status and the answer's text.
func say(s *sim.Sim, header [2]string, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set(header[0], header[1])
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestGitLabIsNoMoreForgivingThanTheVendor(t *testing.T) {
	t.Parallel()
	s, token := sim.GitLab(nil), [2]string{"PRIVATE-TOKEN", "glpat-a"}
	const whole = `{"email":"Ana@x.test","name":"Ana","username":"ana","force_random_password":true}`
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/v4/users", `{"email":"a@x.test","username":"a","reset_password":true}`, 400, `{"error":"name is missing"}`},
		{"POST", "/api/v4/users", `{"email":"a@x.test","username":"a","name":"A"}`, 400, "password, reset_password, force_random_password are missing"},
		{"POST", "/api/v4/users", strings.Replace(whole, "Ana@x.test", "ana", 1), 400, `{"message":{"email":["is invalid"]}}`},
		{"POST", "/api/v4/users", strings.Replace(whole, `"ana"`, `"a'na"`, 1), 400, `"username"`},
		{"POST", "/api/v4/users", strings.Replace(whole, `"name"`, `"provider":"saml","name"`, 1), 400, "extern_uid, provider"},
		{"POST", "/api/v4/users", whole, 201, `"email":"ana@x.test"`},
		{"POST", "/api/v4/users", whole, 409, `{"message":"Email has already been taken"}`},
		{"PUT", "/api/v4/users/101", `{"email":"new@x.test"}`, 200, `"unconfirmed_email":"new@x.test"`},
		{"GET", "/api/v4/users/101", "", 200, `"email":"ana@x.test"`},
		{"PUT", "/api/v4/users/101", `{"email":"New@x.test","skip_reconfirmation":true}`, 200, `"email":"new@x.test"`},
		{"POST", "/api/v4/users/101/block", "", 201, "true"},
		{"POST", "/api/v4/users/101/block", "", 201, "null"},
		{"GET", "/api/v4/users?username=ANA", "", 200, `"state":"blocked"`},
		{"GET", "/api/v4/users?search=ew@x.test", "", 200, "[]"},
		{"GET", "/api/v4/users?pagination=keyset", "", 405, "Keyset pagination is not yet available"},
		{"GET", "/api/v4/users/7", "", 404, `{"message":"404 User Not Found"}`},
		{"DELETE", "/api/v4/users/101", "", 204, ""},
		{"GET", "/api/v4/nothing", "", 404, `{"message":"404 Not Found"}`},
	} {
		if status, text := say(s, token, c.method, c.path, c.body); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, text)
		}
	}
	if status, text := say(s, [2]string{"PRIVATE-TOKEN", "x"}, "GET", "/api/v4/user", ""); status != 401 || text != `{"message":"401 Unauthorized"}` {
		t.Errorf("a wrong token: %d %s", status, text)
	}
}

func TestZendeskIsNoMoreForgivingThanTheVendor(t *testing.T) {
	t.Parallel()
	s, token := sim.Zendesk(nil), [2]string{"Authorization", "Bearer oauth-a"}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/v2/users.json", `{"name":"Ana"}`, 400, "You passed an invalid value for the user attribute."},
		{"POST", "/api/v2/users.json", `{"user":{"email":"ana@x.test"}}`, 422, "Name: cannot be blank"},
		{"POST", "/api/v2/users.json", `{"user":{"name":"Ana","phone":"01 55"}}`, 422, "Phone: is not valid"},
		{"POST", "/api/v2/users.json", `{"user":{"name":"Ana","role":"king"}}`, 422, "Role: is not valid"},
		{"POST", "/api/v2/users.json", `{"user":{"name":"Ana","email":"Ana@x.test","external_id":"a"}}`, 201, `"role":"end-user"`},
		{"POST", "/api/v2/users", `{"user":{"name":"Ana","email":"ana@x.test","external_id":"A"}}`, 422, `"external_id":[{`},
		{"PUT", "/api/v2/users/101.json", `{"user":{"email":"new@x.test","name":"A."}}`, 200, `"email":"ana@x.test"`},
		{"PUT", "/api/v2/users/101", `{"user":{"custom_role_id":7}}`, 200, `"role":"agent"`},
		{"GET", "/api/v2/users/search.json", "", 400, "QueryRequired"},
		{"GET", "/api/v2/users/search.json?external_id=A", "", 200, `"count":1`},
		{"GET", "/api/v2/users/search.json?query=email:na@x", "", 200, `"count":1`},
		{"GET", "/api/v2/users.json", "", 200, `"count":1`},
		{"DELETE", "/api/v2/users/101.json", "", 200, `"active":false`},
		{"PUT", "/api/v2/users/101.json", `{"user":{"name":"B"}}`, 404, "RecordNotFound"},
		{"GET", "/api/v2/nothing", "", 404, "InvalidEndpoint"},
	} {
		if status, text := say(s, token, c.method, c.path, c.body); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, text)
		}
	}
	if status, _ := say(s, [2]string{"Authorization", "Basic eDp5"}, "GET", "/api/v2/users/me.json", ""); status != 401 {
		t.Errorf("wrong credentials: %d", status)
	}
}

func TestKnobsAreDocumentedAndNoOthersTaken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, s := range []*sim.Sim{sim.GitLab(func() time.Time { return now }), sim.Zendesk(func() time.Time { return now })} {
		host := simhost.New(simhost.Options{}, s)
		for _, knob := range s.Knobs() {
			if knob.Name == "" || knob.Meaning == "" || knob.Default == "" {
				t.Errorf("%s: %+v", s.Name(), knob)
			}
			value := json.RawMessage(knob.Default)
			if knob.Default == "none" {
				value = json.RawMessage("3")
			}
			raw, _ := json.Marshal(map[string]json.RawMessage{knob.Name: value})
			if err := host.SetFaults(s.Name(), raw); err != nil {
				t.Errorf("%s: %s: %v", s.Name(), raw, err)
			}
		}
		for _, wrong := range []string{`{"colour": 1}`, `{"rate_limit": "x"}`, `{"rate_limit": -1}`} {
			if err := host.SetFaults(s.Name(), []byte(wrong)); err == nil {
				t.Errorf("%s takes %s", s.Name(), wrong)
			}
		}
	}
}
