package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
)

func TestKnobs(t *testing.T) {
	v := newVendor(t)
	v.create("ana@a.test")
	v.knobs(`{"rate_limit":0,"session_lifetime":"5s"}`)
	v.now = v.now.Add(6 * time.Second)
	if code, _ := v.call("GET", "/users", ""); code != 401 {
		t.Errorf("an expired session: %d", code)
	}
	v.login()
	v.knobs(`{"rate_limit":3}`)
	codes := []int{}
	for range 4 {
		code, _ := v.call("GET", "/users", "")
		codes = append(codes, code)
	}
	if fmt.Sprint(codes) != "[200 200 200 429]" {
		t.Errorf("the limit: %v", codes)
	}
	v.knobs(`{"rate_limit":0,"error_900":500}`)
	if code, body := v.call("GET", "/users", ""); code != 500 || !strings.Contains(body, "900") {
		t.Errorf("error 900: %d %s", code, body)
	}
	v.knobs(`{"rate_limit":0,"licences":1}`)
	if code, body := v.call("POST", "/users", user("eva@a.test")); code != 400 || !strings.Contains(body, "no licences available") {
		t.Errorf("licences: %d %s", code, body)
	}
	v.create("eva@a.test", "isActive", "false")
	v.knobs(`{"rate_limit":0,"search_lag":"10s"}`)
	v.call("PUT", "/users/101", `{"lastName":"Gil"}`)
	if rows := v.list("/users?where=email='eva@a.test'"); len(rows) != 0 {
		t.Error("the list does not lag behind a create")
	}
	v.now = v.now.Add(9 * time.Second)
	if rows := v.list("/users?where=email='ana@a.test'"); len(rows) != 1 || rows[0]["lastName"] != "Ruiz" {
		t.Errorf("the list does not lag behind a change: %v", rows)
	}
	v.now = v.now.Add(2 * time.Second)
	if rows := v.list("/users"); len(rows) != 2 || rows[0]["lastName"] != "Gil" {
		t.Errorf("the list never catches up: %v", rows)
	}
	for _, bad := range []string{`{"nothing":1}`, `{"error_900":200}`, `{"search_lag":5}`} {
		if connectortest.SetKnobs(t, v.sim, bad) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
