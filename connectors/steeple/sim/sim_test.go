package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/steeple/sim"
)

// vendor talks to the simulator as a client would.
type vendor struct {
	t     *testing.T
	sim   *sim.Sim
	now   time.Time
	token string
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), token: sim.Token("a")}
	v.sim = sim.New(func() time.Time { return v.now })
	return v
}

func (v *vendor) knobs(text string) error {
	v.t.Helper()
	return connectortest.SetKnobs(v.t, v.sim, text)
}

func (v *vendor) call(method, path, body string) (int, string) {
	v.t.Helper()
	r := httptest.NewRequest(method, "/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+v.token)
	w := httptest.NewRecorder()
	v.sim.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// want makes a call and compares the status, and whether the answer has the words.
func (v *vendor) want(status int, words, method, path, body string) string {
	v.t.Helper()
	code, answer := v.call(method, path, body)
	if code != status || !strings.Contains(answer, words) {
		v.t.Fatalf("%s %s %s: %d %s, want %d %s", method, path, body, code, answer, status, words)
	}
	return answer
}

func (v *vendor) create(email string) string {
	v.t.Helper()
	var made struct{ Data struct{ ID string } }
	answer := v.want(201, email, "POST", "/users", `{"email":"`+email+`","first_name":"Ines","last_name":"Morel"}`)
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		v.t.Fatal(err)
	}
	return made.Data.ID
}

func TestTheDocumentedList(t *testing.T) {
	v := newVendor(t)
	v.want(200, `{"data":[{"id":"5f0c7a52-6d1b-4c58-9e0f-3b1f6f0a7c01","name":"Acme","type":"main"}],"meta":{"pagination":{"page":1,"per_page":1,"total":5}}}`,
		"GET", "/communities?per_page=1", "")
	v.want(200, `"per_page":20`, "GET", "/communities", "")
	v.want(200, `"data":[],"meta":{"pagination":{"page":9,"per_page":100`, "GET", "/communities?page=9&per_page=500", "")
	for _, query := range []string{"page=0", "page=x", "per_page=0"} {
		v.want(422, `"code":"invalid"`, "GET", "/users?"+query, "")
	}
	_ = v.knobs(`{"community_types": false}`)
	v.want(200, `{"id":"`+sim.Siege+`","name":"Acme - Siege"}`, "GET", "/communities", "")
}

func TestATokenIsAJWTWithoutAnEnd(t *testing.T) {
	v := newVendor(t)
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(v.token, ".")[1])
	if err != nil || !strings.Contains(string(claims), `"iat"`) || !strings.Contains(string(claims), `"sub"`) || strings.Contains(string(claims), "exp") {
		t.Fatal(string(claims), err)
	}
	v.create("ines@a.test")
	good := v.token
	for _, bad := range []string{"", "x", good + "x", good[:len(good)-1], strings.Replace(good, ".", "..", 1)} {
		v.token = bad
		v.want(401, `"code":"unauthorized"`, "GET", "/users", "")
	}
	v.token = sim.Token("b")
	v.want(200, `"data":[]`, "GET", "/users", "")
	v.token = good
	_ = v.knobs(`{"token_revoked": true}`)
	v.want(401, "", "GET", "/users", "")
	_ = v.knobs(`{}`)
	v.want(200, "ines@a.test", "GET", "/users", "")
}

func TestPeople(t *testing.T) {
	v := newVendor(t)
	id := v.create("ines@a.test")
	other := v.create("tom@a.test")
	for _, c := range []struct {
		status                      int
		words, method, path, fields string
	}{
		{200, id, "POST", "/users", `{"email":"INES@a.test"}`},
		{422, `"field":"first_name"`, "POST", "/users", `{"email":"x@a.test","last_name":"M"}`},
		{422, `"field":"email"`, "POST", "/users", `{"email":"x","first_name":"I","last_name":"M"}`},
		{422, `"code":"unknown_field"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","nick":"i"}`},
		{422, `"field":"role"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","role":"owner"}`},
		{422, `"field":"send_invitation"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","send_invitation":"no"}`},
		{422, `"field":"community_ids"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","community_ids":["x"]}`},
		{422, `"field":"community_ids"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","community_ids":"x"}`},
		{409, `"code":"community_not_manual"`, "POST", "/users", `{"email":"x@a.test","first_name":"I","last_name":"M","community_ids":["` + sim.Main + `"]}`},
		{400, `"code":"bad_request"`, "POST", "/users", `[]`},
		{200, `"job_title":"RH"`, "PATCH", "/users/" + id, `{"job_title":"RH"}`},
		{200, `"job_title":null`, "PATCH", "/users/" + id, `{"job_title":null}`},
		{422, `"field":"last_name"`, "PATCH", "/users/" + id, `{"last_name":null}`},
		{422, `"field":"last_name"`, "PATCH", "/users/" + id, `{"last_name":" "}`},
		{422, `"field":"phone"`, "PATCH", "/users/" + id, `{"phone":600}`},
		{422, `"field":"job_title"`, "PATCH", "/users/" + id, `{"job_title":"` + strings.Repeat("x", 256) + `"}`},
		{422, `"field":"birthday"`, "PATCH", "/users/" + id, `{"birthday":"02/03/1990"}`},
		{422, `"code":"unknown_field"`, "PATCH", "/users/" + id, `{"status":"suspended"}`},
		{409, `"code":"email_taken"`, "PATCH", "/users/" + id, `{"email":"Tom@a.test"}`},
		{200, `"registration_number":"7"`, "PATCH", "/users/" + id, `{"registration_number":"7"}`},
		{409, `"code":"registration_number_taken"`, "PATCH", "/users/" + other, `{"registration_number":"7"}`},
		{200, `"department":null`, "PATCH", "/users/" + id, `{"department":"Nowhere"}`},
		{200, `"community_type":"dynamic"`, "PATCH", "/users/" + id, `{"department":"Sales"}`},
		{200, `"total":1`, "GET", "/users?registration_number=7", ""},
		{200, `"status":"suspended"`, "POST", "/users/" + id + "/suspend", ""},
		{409, `"code":"wrong_state"`, "POST", "/users/" + id + "/suspend", ""},
		{200, `"total":1`, "GET", "/users?status=suspended", ""},
		{200, `"status":"active"`, "POST", "/users/" + id + "/restore", ""},
		{409, `"code":"wrong_state"`, "POST", "/users/" + id + "/restore", ""},
		{422, `"field":"transfer_posts_to"`, "DELETE", "/users/" + id + "?transfer_posts_to=" + id, ""},
		{204, "", "DELETE", "/users/" + id + "?transfer_posts_to=" + other, ""},
		{404, `"code":"not_found"`, "DELETE", "/users/" + id, ""},
		{404, `"code":"not_found"`, "GET", "/users/" + id, ""},
		{404, `"code":"not_found"`, "PATCH", "/users/" + id, `{}`},
		{409, `"code":"email_taken"`, "PATCH", "/users/" + other, `{"email":"ines@a.test"}`}, // the account lives on
		{200, `"registration_number":"7"`, "POST", "/users", `{"email":"ines@a.test"}`},
		{404, `"error":"Not Found"`, "GET", "/members/imports", ""},
	} {
		v.want(c.status, c.words, c.method, c.path, c.fields)
	}
}

func TestMemberships(t *testing.T) {
	v := newVendor(t)
	id := v.create("ines@a.test")
	at := "/communities/" + sim.Siege + "/members/" + id
	v.want(200, `{"data":{"community_id":"`+sim.Siege+`","community_type":"manual","role":"administrator"}}`, "PUT", at, `{"role":"administrator"}`)
	v.want(200, `"role":"member"`, "PUT", at, `{"role":"member"}`)
	v.want(422, `"field":"role"`, "PUT", at, `{"role":"owner"}`)
	v.want(400, "", "PUT", at, `x`)
	v.want(404, `"field":"user_id"`, "PUT", "/communities/"+sim.Siege+"/members/x", `{"role":"member"}`)
	v.want(404, `"field":"community_id"`, "PUT", "/communities/x/members/"+id, `{"role":"member"}`)
	for _, community := range []string{sim.Main, sim.Dyna} {
		v.want(409, "community_not_manual", "PUT", "/communities/"+community+"/members/"+id, `{"role":"member"}`)
		v.want(409, "community_not_manual", "DELETE", "/communities/"+community+"/members/"+id, "")
	}
	v.want(200, `"total":1`, "GET", "/communities/"+sim.Siege+"/members", "")
	v.want(200, `"total":1`, "GET", "/communities/"+sim.Main+"/members", "")
	v.want(404, "", "GET", "/communities/x/members", "")
	_ = v.knobs(`{"membership_lag": "5s"}`)
	v.now = v.now.Add(10 * time.Second)
	v.want(204, "", "DELETE", at, "")
	v.want(200, sim.Siege, "GET", "/users/"+id, "")
	v.want(404, "", "DELETE", at, "")
	v.now = v.now.Add(6 * time.Second)
	v.want(200, `"total":0`, "GET", "/communities/"+sim.Siege+"/members", "")
}

func TestKnobs(t *testing.T) {
	v := newVendor(t)
	for _, bad := range []string{`{"nonsense": 1}`, `{"access_method": "badge"}`, `{"membership_lag": "soon"}`} {
		if v.knobs(bad) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if err := v.knobs(`{"access_method": "matricule"}`); err != nil {
		t.Fatal(err)
	}
	v.want(422, `"detail":"is required"`, "POST", "/users", `{"email":"ines@a.test","first_name":"I","last_name":"M"}`)
	v.want(201, "1990-02-03", "POST", "/users", `{"email":"ines@a.test","first_name":"I","last_name":"M","registration_number":"7","birthday":"1990-02-03"}`)
	_ = v.knobs(`{"rate_limit": 1}`)
	v.now = v.now.Add(time.Minute)
	v.want(200, "", "GET", "/users", "")
	v.want(429, "too_many_requests", "GET", "/users", "")
	v.now = v.now.Add(time.Minute)
	v.want(200, "", "GET", "/users", "")
	state := v.sim.State()
	if len(state.Accounts) != 1 || !state.Accounts[0].Active || len(state.Groups) != 10 {
		t.Error(state)
	}
	if v.sim.Reset(); len(v.sim.State().Accounts) > 0 {
		t.Error("the accounts are still there")
	}
	for _, knob := range v.sim.Knobs() {
		if knob.Default != "none" && !json.Valid([]byte(knob.Default)) {
			t.Errorf("%s: the default %s cannot be set", knob.Name, knob.Default)
		}
	}
}
