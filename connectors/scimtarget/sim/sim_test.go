package sim_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/scimtarget/sim"
)

func call(t *testing.T, s *sim.Sim, method, path, body string) (int, string) {
	t.Helper()
	request := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer token-acme")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func made(t *testing.T, s *sim.Sim) string {
	t.Helper()
	code, body := call(t, s, "POST", "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana",
		"emails": [{"type": "work", "value": "ana@acme.test"}]}`)
	if code != 201 {
		t.Fatal(code, body)
	}
	return "/Users/" + s.State().Accounts[0].ID
}

func TestItIsNoMoreForgivingThanTheRFC(t *testing.T) {
	s := sim.New(nil)
	user := made(t, s)
	for name, operation := range map[string]string{
		"capital letters":            `{"op": "Replace", "path": "title", "value": "x"}`,
		"booleans as text":           `{"op": "replace", "path": "active", "value": "False"}`,
		"a bare manager":             `{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "b"}`,
		"an element that is missing": `{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x@y.test"}`,
		"a dotted key":               `{"op": "replace", "value": {"name.givenName": "Ana"}}`,
		"an attribute nobody has":    `{"op": "replace", "path": "colour", "value": "green"}`,
	} {
		code, body := call(t, s, "PATCH", user, `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [`+operation+`]}`)
		if code != 400 {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
	for name, body := range map[string]string{
		"no schemas":  `{"userName": "bea"}`,
		"no userName": `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
	} {
		if code, body := call(t, s, "POST", "/Users", body); code != 400 {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
}

func TestNamesAreUniqueInAnyCase(t *testing.T) {
	s := sim.New(nil)
	made(t, s)
	code, body := call(t, s, "POST", "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ANA"}`)
	if code != 409 || !strings.Contains(body, `"uniqueness"`) {
		t.Error(code, body)
	}
}

func TestWrongKnobsAreRefused(t *testing.T) {
	s := sim.New(nil)
	for _, knobs := range []string{`{"colour": 1}`, `{"auth": "magic"}`, `{"max_results": 0}`} {
		if err := connectortest.SetKnobs(t, s, knobs); err == nil {
			t.Errorf("%s is accepted", knobs)
		}
	}
}

func TestEveryKnobIsDocumented(t *testing.T) {
	s := sim.New(nil)
	for _, knob := range s.Knobs() {
		value := knob.Default
		if value == "none" {
			value = "1"
		}
		if err := connectortest.SetKnobs(t, s, `{"`+knob.Name+`": `+value+`}`); err != nil {
			t.Errorf("%s: %v", knob.Name, err)
		}
	}
}
