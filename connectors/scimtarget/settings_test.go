package scimtarget_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/scimtarget"
)

// faults are what is said about a target with these lines in it.
func faults(t *testing.T, lines string) string {
	t.Helper()
	t.Setenv("SCIMTARGET_TEST", "secret-of-a-test")
	return connectortest.Faults(t, scimtarget.Product(), lines)
}

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	all := faults(t, `    base_url: http://app.example
    credentials: {token: "${env:SCIMTARGET_TEST}", username: "${env:SCIMTARGET_TEST}"}
    defaults:
      match: mail
      update: post
      patch_style: ours
      user_name_case: lower
      content_type: text/xml
      members_per_request: -1
      token_url: nowhere
      colour: green
`)
	connectortest.WantFaults(t, all, "secret-of-a-test", "acme.yaml:5:15: base_url", "acme.yaml:6:18: credentials: give exactly one", "acme.yaml:8:14: defaults.match",
		"acme.yaml:9:15: defaults.update", "acme.yaml:10:20: defaults.patch_style", "defaults.user_name_case", "defaults.content_type",
		"defaults.members_per_request", "defaults.token_url: want an address", "colour")
}

func TestCredentialsAreOneOfThree(t *testing.T) {
	const secret = `"${env:SCIMTARGET_TEST}"`
	for lines, want := range map[string]string{
		`token: ` + secret: "",
		`username: ` + secret + `, password: ` + secret:       "",
		`username: ` + secret:                                 "credentials.password is required",
		`client_id: ` + secret:                                "credentials.client_secret is required",
		`client_id: ` + secret + `, client_secret: ` + secret: "defaults.token_url is required",
		``: "give exactly one of",
	} {
		all := faults(t, "    base_url: https://app.example/scim\n    credentials: {"+lines+"}\n")
		if want == "" && all != "" || !strings.Contains(all, want) {
			t.Errorf("{%s}: %q, want %q", lines, all, want)
		}
	}
	if all := faults(t, "    base_url: https://app.example/scim\n    credentials: {token: "+secret+"}\n    defaults: {token_url: https://id.example/token}\n"); !strings.Contains(all, "belongs to") {
		t.Error(all)
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		knobs    string
		defaults map[string]any
		finding  string
		ok       bool
		says     string
	}{
		"all is well":         {`{}`, nil, "discovery", true, "describes itself"},
		"patch":               {`{}`, nil, "update", true, "PATCH"},
		"put":                 {`{"put_only": true}`, nil, "update", true, "PUT"},
		"patch there is none": {`{"put_only": true}`, map[string]any{"update": "patch"}, "update", false, "take it out"},
		"no discovery":        {`{"no_discovery": true}`, nil, "discovery", true, "/ResourceTypes, /Schemas, /ServiceProviderConfig"},
		"no filter":           {`{"no_filter": true}`, nil, "search", true, "reading all"},
		"lacking":             {`{"lacks": ["nickName", "timezone"]}`, nil, "schemas", true, "nickName, timezone"},
		"no active":           {`{"lacks": ["active"]}`, nil, "leavers", false, "on_deactivate: remove"},
		"no groups":           {`{"no_groups": true}`, nil, "groups", true, "no groups"},
		"bulk":                {`{}`, nil, "bulk", true, "not used"},
		"required": {`{"rules": [{"path": "/scim/v2/Schemas", "status": 200, "body": {"Resources": [{"id": "urn:ietf:params:scim:schemas:core:2.0:User",
			"attributes": [{"name": "userName", "required": true}, {"name": "password", "required": true}]}]}}]}`, nil, "required attributes", false, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, c.knobs, defaults(c.defaults))
			report, err := o.Connector.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if f := connectortest.Finding(report, c.finding); f.OK != c.ok || !strings.Contains(f.Detail, c.says) {
				t.Errorf("%+v", f)
			}
			if report.OK() != c.ok {
				t.Errorf("%+v", report)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		report, err := newOffice(t, `{"revoked": true}`).Connector.Check(t.Context())
		if !connectors.Is(err, connectors.Auth) || connectortest.Finding(report, "login").OK || connectortest.Finding(report, "login").Detail == "missing" {
			t.Fatal(report, err)
		}
	})
	t.Run("away", func(t *testing.T) {
		if _, err := newOffice(t, `{"rules": [{"path": "/scim/v2/Users", "status": 503}]}`).Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
}
