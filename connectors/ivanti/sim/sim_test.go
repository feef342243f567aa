package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/ivanti/sim"
)

// desk calls the simulator as the administrator of one customer.
type desk struct {
	t        *testing.T
	sim      *sim.Sim
	customer string
	password string
}

func newDesk(t *testing.T, customer string, s *sim.Sim) desk {
	return desk{t, s, customer, "key-" + customer}
}

// call gives the status and the answer in one text.
func (d desk) call(method, path, form string) string {
	d.t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(form))
	r.SetBasicAuth("api@"+d.customer+".test", d.password)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	d.sim.ServeHTTP(answer, r)
	return fmt.Sprint(answer.Code, " ", strings.TrimSpace(answer.Body.String()))
}

func (d desk) wants(method, path, form string, words ...string) {
	d.t.Helper()
	got := d.call(method, path, form)
	for _, w := range words {
		if !strings.Contains(got, w) {
			d.t.Errorf("%s %s %s: %q is missing in %s", method, path, form, w, got)
		}
	}
}

func account(uid string) string {
	return fmt.Sprintf("accounts[0].uid=%s&accounts[0].emailAddress=%s&accounts[0].accountSource=LOCAL&accounts[0].firstName=Tom&accounts[0].lastName=Berg", uid, uid)
}

func knobs(t *testing.T, s *sim.Sim, text string) {
	t.Helper()
	if err := connectortest.SetKnobs(t, s, text); err != nil {
		t.Fatal(err)
	}
}

func TestTheSurface(t *testing.T) {
	d := newDesk(t, "acme", sim.New(nil))
	d.wants("GET", "/metadata/tenant", "", "200", `"defaultDmPartitionId":26653`)
	d.wants("POST", "/accounts?sendInvite=true", account("tom@acme.test"), "200", `"errors":null`, `"result":[{`, `"id":501235`,
		`"username":"tom@acme.test"`, `"displayName":"Tom Berg"`, `"enabled":true`, `"inviteState":"PENDING"`)
	d.wants("GET", "/account/?rows=500", "", "200", `"totalCount":2`, `"searchResults":[`)
	d.wants("GET", "/account?rows=1&fq=UID+EQ+TOM@acme.test", "", `"totalCount":1`, "tom@acme.test")
	d.wants("GET", "/account?rows=501", "", "400", `{"code":"Range","message":"must be between 1 and 500","field":"rows"}`, `"globalErrors":null`)
	d.wants("GET", "/account/501235", "", "200", "tom@acme.test")
	d.wants("GET", "/account/7", "", "404", `"globalErrors":["not found"]`)
	d.wants("PUT", "/account/501235", "firstName=&locale=fr_FR", "200", `"firstName":"Tom"`, `"locale":"fr_FR"`)
	d.wants("PUT", "/account/501235", "username=x@acme.test", "400", "Immutable")
	d.wants("PUT", "/account/501235", "shoeSize=47", "400", "Unknown")
	d.wants("PUT", "/account/501235/customattributes", "attributes[0].name=department&attributes[0].value=IT", "200", `"department":"IT"`)
	d.wants("PUT", "/account/501235/customattributes", "attributes[0].name=shoeSize&attributes[0].value=47", "400", "Undeclared")
	d.wants("POST", "/account/invite", "ids=501235", "200")
	d.wants("POST", "/accounts", account("tom"), "400", "Email")
	d.wants("POST", "/accounts", strings.Replace(account("ada@acme.test"), "Berg", "", 1), "400", "Required", "accounts[0].lastName")
	d.wants("POST", "/accounts", account("ada@acme.test")+"&accounts[0].enabled=false", "400", "Unknown")
	d.wants("GET", "/nowhere", "", "404", `"path":"/api/v1/nowhere"`)
	d.wants("GET", "/account/deleteviability?ids=501235", "", `"deletable":[501235]`)
	knobs(t, d.sim, `{"enrolled": ["tom@acme.test"]}`)
	d.wants("GET", "/account/deleteviability?ids=501235", "", `"blocked":[501235]`)
	d.wants("DELETE", "/account?ids=501235", "", "409")
	knobs(t, d.sim, `{}`)
	d.wants("DELETE", "/account?ids=501235", "", "200", `"result":1`)
	d.wants("GET", "/account/501235", "", "404")
}

func TestUserNamesAreUniqueOverTheCluster(t *testing.T) {
	s := sim.New(nil)
	alpha, beta := newDesk(t, "alpha", s), newDesk(t, "beta", s)
	alpha.wants("POST", "/accounts", account("tom@acme.test"), "200")
	beta.wants("POST", "/accounts", account("TOM@acme.test"), "400", `{"code":"Unique","message":"uid already exists","field":"accounts[0].uid"}`)
	beta.wants("GET", "/account?fq=UID+EQ+tom@acme.test", "", `"totalCount":0`)
}

func TestFiveMissesLockTheAccount(t *testing.T) {
	d := newDesk(t, "acme", sim.New(nil))
	d.password = "wrong"
	for range 5 {
		d.wants("GET", "/metadata/tenant", "", "401", "bad credentials")
	}
	d.password = "key-acme"
	d.wants("GET", "/metadata/tenant", "", "401", "locked")
	d.sim.Reset()
	d.wants("GET", "/metadata/tenant", "", "200")
}

func TestListsLag(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	d := newDesk(t, "acme", sim.New(func() time.Time { return now }))
	knobs(t, d.sim, `{"visibility_lag": "10m"}`)
	d.wants("POST", "/accounts", account("tom@acme.test"), "200")
	d.wants("GET", "/account?fq=UID+EQ+tom@acme.test", "", `"totalCount":0`)
	d.wants("GET", "/account/501235", "", "200")
	now = now.Add(10 * time.Minute)
	d.wants("GET", "/account?fq=UID+EQ+tom@acme.test", "", `"totalCount":1`)
}

func TestGroups(t *testing.T) {
	d := newDesk(t, "acme", sim.New(nil))
	d.wants("POST", "/accounts", account("tom@acme.test"), "200")
	d.wants("POST", "/group", "name=Sales&source=LOCAL&membershipStatic=true", "200", `"id":880`, `"createdBy":"api@acme.test"`)
	d.wants("POST", "/group", "name=sales&source=LOCAL&membershipStatic=true", "400", "Unique")
	d.wants("POST", "/group", "name=Support&source=LOCAL", "400", "definition")
	d.wants("POST", "/group/880/members", "accountIds=501235&accountIds=7", "400", "User not found")
	d.wants("POST", "/group/880/members", "accountIds=501235", "200")
	d.wants("GET", "/group/880/members", "", `"totalCount":1`, `"groupIds":[880]`)
	d.wants("DELETE", "/group/880", "", "200")
	d.wants("GET", "/account/501235", "", `"enabled":false`)
	for i := range 60 {
		d.wants("POST", "/group", fmt.Sprintf("name=Team+%d&source=LOCAL&membershipStatic=true", i), "200")
	}
	if got := d.call("GET", "/group?rows=500", ""); strings.Count(got, `"name"`) != 50 || !strings.Contains(got, `"totalCount":60`) {
		t.Errorf("groups: %s", got)
	}
}

func TestKnobsAreDocumentedAndChecked(t *testing.T) {
	s := sim.New(nil)
	documented := map[string]json.RawMessage{}
	for _, knob := range s.Knobs() {
		documented[knob.Name] = json.RawMessage(knob.Default)
	}
	if err := s.SetKnobs(documented); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{`{"nonsense": 1}`, `{"lockout": 0}`} {
		if connectortest.SetKnobs(t, s, wrong) == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
