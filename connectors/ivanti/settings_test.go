package ivanti_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/ivanti"
	"scimrelay/connectors/simhost"
)

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	all := connectortest.Faults(t, ivanti.Product(), `
    base_url: https://na1.mobileiron.com
    credentials: {username: "literal", pass: "${env:NOT_SET_ANYWHERE}"}
    mapping: {custom.department: user.title}
    defaults:
      cluster: na1
      on_rename: push
      managed_apple_id: upn
      appleid_subdomain: true
      group_delete_limit: -1
      list_rate: -1
      custom_atributes: [x]
`)
	connectortest.WantFaults(t, all, "literal", "acme.yaml:7:", "pass", "password", "defaults.cluster", "defaults.on_rename", "defaults.managed_apple_id",
		"defaults.appleid_subdomain", "defaults.group_delete_limit", "defaults.list_rate", "custom_atributes", "custom.department")
}

func TestTheAddressIsSaidOnce(t *testing.T) {
	t.Setenv("IVANTI_USER", "api@acme.test")
	t.Setenv("IVANTI_PASSWORD", "secret-1")
	const credentials = `    credentials: {username: "${env:IVANTI_USER}", password: "${env:IVANTI_PASSWORD}"}` + "\n"
	for lines, want := range map[string]string{
		"":                                     "want base_url or defaults.cluster",
		"    defaults: {cluster: na9}\n":       "want one of na1",
		"    defaults: {cluster: eu1}\n":       "",
		"    base_url: http://mdm.acme.test\n": "base_url",
		"    base_url: https://na2.mobileiron.com/api/v1/\n": "",
	} {
		if got := connectortest.Faults(t, ivanti.Product(), lines+credentials); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q gives %q, want %q", lines, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, knobs, finding string
		ok                   bool
		words                string
	}{
		{"all is well", `{}`, "custom attributes", true, "knows department"},
		{"limits", `{}`, "limits", true, "600000 times a minute"},
		{"the role is missing", `{"rules": [{"path": "/api/v1/account", "status": 403}]}`, "role", false, "User Management"},
		{"the role is missing everywhere", `{"missing_role": true}`, "role", false, "User Management"},
		{"masking", `{"gdpr_masking": true}`, "masking", false, "GDPR"},
		{"an attribute is not declared", `{"attributes": []}`, "custom attributes", false, "no custom attribute department"},
		{"attributes cannot be looked up", `{"rules": [{"path": "/api/v1/metadata/account", "status": 404}]}`, "custom attributes", true, "could not"},
		{"the password ends", `{"password_expires": "240h"}`, "password", false, "2 December 2026"},
		{"the password ends later", `{"password_expires": "2400h"}`, "password", true, "2 March 2027"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, with("custom_attributes", []string{"department"}))
			f.Turn(c.knobs)
			report, err := f.Connector.Check(t.Context())
			if got := connectortest.Finding(report, c.finding); err != nil || got.OK != c.ok || !strings.Contains(got.Detail, c.words) || report.OK() != c.ok {
				t.Errorf("%+v in %+v, %v", got, report, err)
			}
		})
	}
	t.Run("away", func(t *testing.T) {
		f := newFleet(t)
		f.Turn(`{"rules": [{"method": "GET", "status": 500}]}`)
		if _, err := f.Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		f := newFleet(t, func(s *simhost.Sample) { s.Credentials["password"] = "wrong" })
		report, err := f.Connector.Check(t.Context())
		if !connectors.Is(err, connectors.Auth) || connectortest.Finding(report, "login").OK {
			t.Fatal(report, err)
		}
	})
}
