package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/dastra/sim"
)

// vendor talks to the simulator as a client would.
type vendor struct {
	t      *testing.T
	sim    *sim.Sim
	now    time.Time
	name   string
	value  string
	answer *httptest.ResponseRecorder
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), name: "X-API-Key", value: "key-a"}
	v.sim = sim.New(func() time.Time { return v.now })
	return v
}

func (v *vendor) knobs(text string) {
	v.t.Helper()
	if err := connectortest.SetKnobs(v.t, v.sim, text); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vendor) call(method, path, body string) (int, string) {
	v.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set(v.name, v.value)
	v.answer = httptest.NewRecorder()
	v.sim.ServeHTTP(v.answer, r)
	return v.answer.Code, v.answer.Body.String()
}

// exchange is one call and what it is answered: the status, and words of the body.
type exchange struct {
	method, path, body string
	code               int
	says               string
}

func (v *vendor) hold(dialogue []exchange) {
	v.t.Helper()
	for _, e := range dialogue {
		if code, body := v.call(e.method, e.path, e.body); code != e.code || !strings.Contains(body, e.says) {
			v.t.Errorf("%s %s %s: %d %s", e.method, e.path, e.body, code, body)
		}
	}
}

func (v *vendor) filter(path, rule string) (keys []string) {
	v.t.Helper()
	code, body := v.call("GET", path+"?size=500&filters="+url.QueryEscape(rule), "")
	var list struct{ Items []map[string]any }
	if code != 200 || json.Unmarshal([]byte(body), &list) != nil {
		v.t.Fatalf("%s: %d %s", rule, code, body)
	}
	for _, item := range list.Items {
		keys = append(keys, fmt.Sprint(item["email"]))
	}
	return keys
}

const lea = `{"email":"lea@a.test","givenName":"Lea","familyName":"Roy","workspaceId":573,"roleIds":[3],"teamIds":[],"sendInvitation":false}`

func TestPeople(t *testing.T) {
	newVendor(t).hold([]exchange{
		{"GET", "/v1/TenantUsers", "", 200, `"total":1,"size":20,"page":1`},
		{"POST", "/v1/TenantUsers", lea, 200, `"displayName":"Lea Roy"`},
		{"POST", "/v1/TenantUsers", strings.Replace(lea, "lea@", "LEA@", 1), 409, `"detail":"User already exists"`},
		{"POST", "/v1/TenantUsers", strings.Replace(lea, `"lea@a.test"`, "null", 1), 400, `"email"`},
		{"POST", "/v1/TenantUsers", strings.NewReplacer("lea@", "b@", "[3]", "[9]").Replace(lea), 400, `"errors":{"roleIds"`},
		{"POST", "/v1/TenantUsers", strings.NewReplacer("lea@", "b@", "573", "574").Replace(lea), 400, `"errors":{"workspaceId"`},
		{"POST", "/v1/TenantUsers", strings.NewReplacer("lea@", "b@", `"teamIds":[]`, `"teamIds":[1]`).Replace(lea), 400, `"errors":{"teamIds"`},
		{"POST", "/v1/TenantUsers", `[]`, 400, ""},
		{"GET", "/v1/TenantUsers/count", "", 200, "2"},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"roles":[{"id":3`},
		{"GET", "/v1/TenantUsers/9", "", 404, `"status":404`},
		{"PUT", "/v1/TenantUsers/4002", `{"email":"lea.roy@a.test","displayName":"Lea","roles":[{"id":1}]}`, 200, `"familyName":null`},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"roles":[{"id":3`},
		{"PUT", "/v1/TenantUsers/4002", `{"email":"owner@a.example"}`, 409, ""},
		{"PUT", "/v1/TenantUsers/4002", `{"displayName":"Lea"}`, 400, "email"},
		{"PUT", "/v1/TenantUsers/9", `{}`, 404, ""},
		{"POST", "/v1/TenantUsers/resetpassword/4002", "", 200, ""},
		{"POST", "/v1/TenantUsers/resetpassword/9", "", 404, ""},
		{"POST", "/v1/TenantUsers/4002/nothing", "", 404, ""},
		{"POST", "/v1/TenantUsers/4002/anonymize", "", 204, ""},
		{"POST", "/v1/TenantUsers/4002/anonymize", "", 204, ""},
		{"POST", "/v1/TenantUsers/resetpassword/4002", "", 404, ""},
		{"PUT", "/v1/TenantUsers/4002", `{"email":"x@a.test"}`, 404, ""},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"displayName":"deleted user"`},
		{"POST", "/v1/TenantUsers", strings.Replace(lea, "lea@", "lea.roy@", 1), 200, `"id":4003`},
		{"POST", "/v1/TenantUsers/4001/anonymize", "", 403, "last owner"},
		{"DELETE", "/v1/TenantUsers/4001", "", 403, "last owner"},
		{"DELETE", "/v1/TenantUsers/4003", "", 200, `"id":4003`},
		{"DELETE", "/v1/TenantUsers/4003", "", 404, ""},
		{"GET", "/v1/TenantUsers/4003", "", 404, ""},
		{"POST", "/v1/TenantUsers", strings.Replace(lea, "lea@", "lea.roy@", 1), 200, `"id":4004`},
		{"GET", "/nothing", "", 404, "Not Found"},
	})
}

func TestDetaching(t *testing.T) {
	v := newVendor(t)
	v.knobs(`{"delete": "detach"}`)
	v.hold([]exchange{
		{"POST", "/v1/TenantUsers", lea, 200, ""},
		{"DELETE", "/v1/TenantUsers/4002", "", 200, "lea@a.test"},
		{"GET", "/v1/TenantUsers", "", 200, `"total":1`},
		{"POST", "/v1/TenantUsers", lea, 200, `"id":4003`},
	})
}

func TestWorkspacesAndRoles(t *testing.T) {
	newVendor(t).hold([]exchange{
		{"GET", "/me", "", 200, "tenantId"},
		{"GET", "/status", "", 200, "Healthy"},
		{"GET", "/rate-limiting-state", "", 200, `"limit":500`},
		{"GET", "/v1/Workspaces", "", 200, `"state":"Archived"`},
		{"GET", "/v1/Roles", "", 200, `[{"id":1`},
		{"POST", "/v1/TenantUsers", lea, 200, ""},
		{"GET", "/v1/ws/573/Users", "", 200, `"total":2`},
		{"GET", "/v1/ws/575/Users", "", 200, `"total":0`},
		{"GET", "/v1/ws/9/Users", "", 404, ""},
		{"GET", "/v1/ws/573/Users/4002", "", 200, `"roles":[{"id":3`},
		{"GET", "/v1/ws/575/Users/4002", "", 404, ""},
		{"POST", "/v1/ws/575/RoleUserWorkSpaces/4002/41", "", 200, ""},
		{"POST", "/v1/ws/575/RoleUserWorkSpaces/4002/41", "", 200, ""},
		{"GET", "/v1/ws/575/RoleUserWorkSpaces/4002", "", 200, `[{"id":41,`},
		{"GET", "/v1/ws/575/Users/4002", "", 200, `"roles":[{"id":41`},
		{"POST", "/v1/ws/575/RoleUserWorkSpaces/4002/9", "", 404, "role"},
		{"POST", "/v1/ws/575/RoleUserWorkSpaces/9/3", "", 404, "user"},
		{"DELETE", "/v1/ws/575/RoleUserWorkSpaces/4002/41", "", 200, ""},
		{"GET", "/v1/ws/575/RoleUserWorkSpaces/4002", "", 200, "[]"},
		{"POST", "/v1/ws/573/Users/4002/revoke", "", 200, ""},
		{"POST", "/v1/ws/573/Users/4002/revoke", "", 200, ""},
		{"GET", "/v1/ws/573/RoleUserWorkSpaces/4002", "", 200, "[]"},
		{"GET", "/v1/ws/573/RoleUserWorkSpaces/9", "", 404, ""},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"email":"lea@a.test"`},
	})
}

func TestTeams(t *testing.T) {
	v := newVendor(t)
	v.hold([]exchange{
		{"POST", "/v1/TenantUsers", lea, 200, ""},
		{"POST", "/v1/ws/573/Teams", `{"label":"Juridique","ref":"gw:1","users":[4002]}`, 200, ""},
		{"POST", "/v1/ws/573/Teams", `{"label":"Other","ref":"gw:1"}`, 409, "already exists"},
		{"POST", "/v1/ws/575/Teams", `{"label":"Other","ref":"gw:1"}`, 200, ""},
		{"POST", "/v1/ws/573/Teams", `{"ref":"gw:2"}`, 400, "label"},
		{"POST", "/v1/ws/573/Teams", `{"label":"x","ref":"` + strings.Repeat("r", 81) + `"}`, 400, "ref"},
		{"POST", "/v1/ws/573/Teams", `{"label":"x","users":[9]}`, 400, "users"},
		{"GET", "/v1/ws/573/Teams", "", 200, `"nbUsers":1`},
		{"GET", "/v1/ws/573/Teams/4003", "", 200, `"users":[4002]`},
		{"GET", "/v1/ws/575/Teams/4003", "", 404, "team"},
		{"GET", "/v1/ws/573/Users/4002/teams", "", 200, "Juridique"},
		{"PUT", "/v1/ws/573/Teams/4003", `{"label":"Legal","areas":[7],"users":[]}`, 200, ""},
		{"GET", "/v1/ws/573/Teams/4003", "", 200, `"areas":[7],"default":false,"id":4003,"label":"Legal","nbUsers":0,"ref":null,"users":[]`},
		{"POST", "/v1/ws/573/Users/4002/teams/4003", "", 200, "Legal"},
		{"POST", "/v1/ws/573/Users/4002/teams/4003", "", 200, "Legal"},
		{"POST", "/v1/ws/573/Users/9/teams/4003", "", 404, "user"},
		{"POST", "/v1/ws/573/Users/4002/teams/9", "", 404, "team"},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"teams":[{"areas":[7],"id":4003`},
		{"DELETE", "/v1/ws/573/Users/4002/teams/4003", "", 200, "[]"},
		{"DELETE", "/v1/ws/573/Users/4002/teams/4003", "", 200, "[]"},
		{"POST", "/v1/ws/573/Users/4002/teams/4003", "", 200, ""},
		{"DELETE", "/v1/ws/573/Teams/4003", "", 200, ""},
		{"DELETE", "/v1/ws/573/Teams/4003", "", 404, ""},
		{"GET", "/v1/TenantUsers/4002", "", 200, `"teams":[]`},
	})
	if _, body := v.call("POST", "/v1/ws/573/Teams", `{"label":"Empty"}`); body != "" {
		t.Errorf("a create answers %q", body)
	}
}

func TestFilters(t *testing.T) {
	v := newVendor(t)
	for i, email := range []string{"ana@a.test", "bob@a.test", "eva@b.test"} {
		v.hold([]exchange{{"POST", "/v1/TenantUsers", fmt.Sprintf(`{"email":%q,"familyName":"F%d","workspaceId":573,"roleIds":[3]}`, email, i), 200, ""}})
	}
	for rule, want := range map[string]int{
		`{"field":"email","operator":"equal","value":"ANA@a.test"}`: 1, `{"field":"email","operator":"equal","value":"x"}`: 0,
		`{"field":"email","operator":"notEqual","value":"ana@a.test"}`: 3, `{"field":"id","operator":"in","value":[4002,4003]}`: 2,
		`{"field":"id","operator":"notIn","value":[4002]}`: 3, `{"field":"id","operator":"greaterThan","value":4002}`: 2,
		`{"field":"id","operator":"greaterThanInclusive","value":4002}`: 3, `{"field":"id","operator":"lessThan","value":4002}`: 1,
		`{"field":"id","operator":"lessThanInclusive","value":4002}`: 2, `{"field":"email","operator":"contains","value":"@a.test"}`: 2,
		`{"field":"email","operator":"doesNotContains","value":"@a.test"}`: 2, `{"field":"givenName","operator":"isNull"}`: 3,
		`{"field":"givenName","operator":"isNotNull"}`: 1, `{"field":"bio","operator":"isEmpty"}`: 4,
		`{"separator":"Or","rules":[{"field":"id","operator":"equal","value":4002},{"field":"id","operator":"equal","value":4004}]}`:              2,
		`{"separator":"And","rules":[{"field":"id","operator":"greaterThan","value":4001},{"field":"email","operator":"contains","value":"@b"}]}`: 1,
	} {
		if got := v.filter("/v1/TenantUsers", rule); len(got) != want {
			t.Errorf("%s: %v, want %d", rule, got, want)
		}
	}
	v.hold([]exchange{
		{"GET", "/v1/TenantUsers?filters=x", "", 400, "filters"},
		{"GET", "/v1/TenantUsers?filters=" + url.QueryEscape(`{"field":"shoe","operator":"equal","value":1}`), "", 400, "field"},
		{"GET", "/v1/TenantUsers?filters=" + url.QueryEscape(`{"field":"id","operator":"like","value":1}`), "", 400, "operator"},
		{"GET", "/v1/TenantUsers?sortBy=shoe", "", 400, "sortBy"},
		{"GET", "/v1/TenantUsers?page=0", "", 400, "page"},
		{"GET", "/v1/TenantUsers?size=x", "", 400, "size"},
		{"GET", "/v1/TenantUsers?page=2&size=3&sortBy=id", "", 200, `"eva@b.test"`},
		{"GET", "/v1/TenantUsers?size=1&skip=1", "", 200, `"ana@a.test"`},
		{"GET", "/v1/TenantUsers?size=1&sortBy=email&asc=false", "", 200, `"owner@a.example"`},
		{"GET", "/v1/TenantUsers?size=9999", "", 200, `"size":500`},
		{"GET", "/v1/TenantUsers?page=9", "", 200, `"items":[],"total":4`},
	})
	v.knobs(`{"ignore_filters": true}`)
	if got := v.filter("/v1/TenantUsers", `{"field":"id","operator":"equal","value":4002}`); len(got) != 4 {
		t.Error(got)
	}
}

func TestSCIM(t *testing.T) {
	v := newVendor(t)
	v.name, v.value = "Authorization", "Bearer scim-a"
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"lea@a.test","active":true,"externalId":"x1",` +
		`"name":{"givenName":"Lea","familyName":"Roy"},"displayName":"Lea Roy","emails":[{"value":"lea@a.test","type":"work"}]}`
	code, body := v.call("POST", "/scim/v2/Users", user)
	var made struct{ ID string }
	if code != 201 || json.Unmarshal([]byte(body), &made) != nil || made.ID == "" || made.ID == "4002" {
		t.Fatal(code, body)
	}
	at := "/scim/v2/Users/" + made.ID
	patch := func(operations string) string { return `{"Operations":[` + operations + `]}` }
	v.hold([]exchange{
		{"POST", "/scim/v2/Users", user, 409, `"scimType":"uniqueness"`},
		{"POST", "/scim/v2/Users", strings.Replace(user, `"active":true,`, "", 1), 400, "required"},
		{"POST", "/scim/v2/Users", strings.NewReplacer("lea@", "b@", "true", "false").Replace(user), 400, "inactive"},
		{"GET", "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "LEA@a.test"`), "", 200, `"totalResults":1`},
		{"GET", "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "x"`), "", 200, `"totalResults":0`},
		{"GET", "/scim/v2/Users?filter=" + url.QueryEscape(`title eq "x"`), "", 400, "invalidFilter"},
		{"GET", "/scim/v2/Users?startIndex=2&count=1", "", 200, `"itemsPerPage":1,"schemas"`},
		{"GET", at, "", 200, `"externalId":"x1"`},
		{"GET", "/scim/v2/Users/4002", "", 404, `"status":"404"`},
		{"PATCH", at, patch(`{"op":"Replace","path":"name.familyName","value":"Roy-Petit"}`), 200, "Roy-Petit"},
		{"PATCH", at, patch(`{"op":"replace","value":{"displayName":"Lea P","name.givenName":"L"}}`), 200, "Lea P"},
		{"PATCH", at, patch(`{"op":"remove","path":"name.givenName"}`), 200, `"givenName":null`},
		{"PATCH", at, patch(`{"op":"replace","path":"userName","value":"owner@a.example"}`), 409, ""},
		{"PATCH", at, patch(`{"op":"replace","path":"title","value":"x"}`), 400, "invalidPath"},
		{"PATCH", at, patch(`{"op":"move","path":"userName"}`), 400, ""},
		{"PATCH", at, `{}`, 400, ""},
		{"PUT", at, strings.Replace(user, "Lea Roy", "Lea R", 1), 200, "Lea R"},
		{"PATCH", at, patch(`{"op":"Replace","path":"active","value":"False"}`), 204, ""},
		{"GET", at, "", 404, ""},
		{"POST", "/scim/v2/Users", user, 201, "lea@a.test"},
		{"GET", "/scim/v2/Groups", "", 404, ""},
	})
	_, body = v.call("GET", "/scim/v2/Users?filter="+url.QueryEscape(`userName eq "lea@a.test"`), "")
	var list struct{ Resources []struct{ ID string } }
	if json.Unmarshal([]byte(body), &list) != nil || list.Resources[0].ID == made.ID {
		t.Errorf("the returner is no new account: %s", body)
	}
	v.hold([]exchange{{"DELETE", "/scim/v2/Users/" + list.Resources[0].ID, "", 204, ""}})
	v.knobs(`{"user_credit": 1}`)
	v.hold([]exchange{{"POST", "/scim/v2/Users", user, 402, "userCredit"}})
	v.knobs(`{"plan": "limited"}`)
	v.hold([]exchange{{"GET", "/scim/v2/Users", "", 403, "Feature not available"}})
	v.knobs(`{"scim_revoked": true}`)
	v.hold([]exchange{{"GET", "/scim/v2/Users", "", 401, ""}})
}

// One state is behind both.
func TestSCIMAndRESTShareTheirPeople(t *testing.T) {
	v := newVendor(t)
	v.hold([]exchange{{"POST", "/v1/TenantUsers", strings.Replace(lea, `"givenName"`, `"bio":"b","phoneNumber":"1","givenName"`, 1), 200, ""}})
	v.name, v.value = "Authorization", "Bearer scim-a"
	_, body := v.call("GET", "/scim/v2/Users?filter="+url.QueryEscape(`userName eq "lea@a.test"`), "")
	var list struct{ Resources []struct{ ID string } }
	if json.Unmarshal([]byte(body), &list) != nil || len(list.Resources) != 1 {
		t.Fatal(body)
	}
	v.hold([]exchange{{"PATCH", "/scim/v2/Users/" + list.Resources[0].ID, `{"Operations":[{"op":"replace","path":"displayName","value":"New"}]}`, 200, ""}})
	v.name, v.value = "X-API-Key", "key-a"
	v.hold([]exchange{{"GET", "/v1/TenantUsers/4002", "", 200, `"displayName":"New"`}, {"GET", "/v1/TenantUsers/4002", "", 200, `"phoneNumber":"1"`}})
}

func TestEntry(t *testing.T) {
	v := newVendor(t)
	pair := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	buy := func(form string) (int, string) {
		r := httptest.NewRequest("POST", "/account/connect/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", v.value)
		w := httptest.NewRecorder()
		v.sim.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const form = "grant_type=client_credentials&scope=api1"
	for _, c := range []struct {
		pair, form string
		code       int
		says       string
	}{
		{pair("id-a", "secret-a"), form, 200, `"expires_in":3600,"scope":"api1","token_type":"Bearer"`},
		{pair("id-a", "secret-b"), form, 400, "invalid_client"},
		{pair("id-", "secret-"), form, 400, "invalid_client"},
		{"", form, 400, "invalid_client"},
		{pair("id-a", "secret-a"), "grant_type=password&scope=api1", 400, "unsupported_grant_type"},
		{pair("id-a", "secret-a"), "grant_type=client_credentials", 400, "invalid_scope"},
	} {
		v.value = c.pair
		if code, body := buy(c.form); code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", c.form, code, body)
		}
	}
	v.name = "Authorization"
	for _, wrong := range []string{"", "Bearer x", "Bearer scim-a", "Basic x"} {
		v.value = wrong
		v.hold([]exchange{{"GET", "/me", "", 401, ""}})
	}
	v.value = "Bearer sim-a-1"
	v.hold([]exchange{{"GET", "/me", "", 200, "owner@a.example"}})
	v.now = v.now.Add(time.Hour)
	v.hold([]exchange{{"GET", "/me", "", 401, ""}})
	v.name, v.value = "X-API-Key", "key-b"
	v.hold([]exchange{{"GET", "/me", "", 200, "owner@b.example"}})
	v.knobs(`{"keys_revoked": true}`)
	v.hold([]exchange{{"GET", "/me", "", 401, ""}})
}

func TestPlanAndSeats(t *testing.T) {
	v := newVendor(t)
	v.knobs(`{"user_credit": 1}`)
	v.hold([]exchange{{"POST", "/v1/TenantUsers", lea, 402, `"detail":"userCredit"`}})
	v.knobs(`{"plan": "limited"}`)
	v.hold([]exchange{{"POST", "/v1/TenantUsers", lea, 403, "Feature not available"}, {"GET", "/v1/TenantUsers", "", 200, ""}})
	v.knobs(`{"plan": "none"}`)
	v.hold([]exchange{{"GET", "/v1/TenantUsers", "", 403, "Feature not available"}, {"GET", "/me", "", 200, ""}})
	for _, wrong := range []string{`{"plan":"gold"}`, `{"delete":"burn"}`, `{"max_size":0}`, `{"scim_role":9}`, `{"shoe":1}`, `{"rate_limit":-1}`} {
		if connectortest.SetKnobs(t, v.sim, wrong) == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestBothLimits(t *testing.T) {
	v := newVendor(t)
	v.knobs(`{"rate_limit": 500}`)
	for range 500 {
		v.hold([]exchange{{"GET", "/me", "", 200, ""}})
	}
	v.hold([]exchange{{"GET", "/me", "", 429, "Too Many Requests"}})
	if got := v.answer.Header().Get("Retry-After"); got != "61" {
		t.Errorf("Retry-After %q", got)
	}
	v.now = v.now.Add(time.Minute)
	v.hold([]exchange{{"GET", "/me", "", 200, ""}})
	// A limit by the minute that lets 10,000 through leaves the one of ten minutes.
	v = newVendor(t)
	v.knobs(`{"rate_limit": 6000, "retry_after": false}`)
	for i := range 10_000 {
		if i == 5000 {
			v.now = v.now.Add(time.Minute)
		}
		v.hold([]exchange{{"GET", "/me", "", 200, ""}})
	}
	v.hold([]exchange{{"GET", "/me", "", 429, ""}})
	if v.answer.Header().Get("Retry-After") != "" {
		t.Error("there is a Retry-After")
	}
	v.now = v.now.Add(9 * time.Minute)
	v.hold([]exchange{{"GET", "/me", "", 200, ""}})
}

func TestState(t *testing.T) {
	v := newVendor(t)
	v.hold([]exchange{
		{"POST", "/v1/TenantUsers", lea, 200, ""},
		{"POST", "/v1/ws/573/Teams", `{"label":"Juridique","users":[4002]}`, 200, ""},
		{"POST", "/v1/ws/573/Users/4002/revoke", "", 200, ""},
	})
	state := v.sim.State()
	if len(state.Accounts) != 2 || state.Accounts[1].Key != "lea@a.test" || state.Accounts[1].Active || !state.Accounts[0].Active {
		t.Error(state.Accounts)
	}
	if len(state.Groups) != 1 || state.Groups[0].Name != "Juridique" || state.Groups[0].Members[0] != "lea@a.test" {
		t.Error(state.Groups)
	}
	v.sim.Reset()
	if state := v.sim.State(); len(state.Accounts)+len(state.Groups) != 0 {
		t.Error(state)
	}
}
