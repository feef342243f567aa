package dastra_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/dastra"
	"scimrelay/connectors/simhost"
	"scimrelay/relay"
)

// told are the faults of a target's settings, one to a line.
func told(t *testing.T, target string) string {
	t.Helper()
	registry, err := connectors.NewRegistry(dastra.Product())
	if err != nil {
		t.Fatal(err)
	}
	return connectortest.Told(relay.Check(registry)(connectortest.Tenant(t, "dastra", target)))
}

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	all := told(t, `    base_url: http://api.dastra.eu
    credentials: {api_key: "literal", client_id: "${env:NOT_SET_ANYWHERE}"}
    defaults:
      workspace_id: [573, 575]
      mode: soap
      invite: always
      account_url: ftp://x
      wrkspace: 1
`)
	connectortest.WantFaults(t, all, "literal", "acme.yaml:5:15: base_url", "acme.yaml:6:28", "not both", "acme.yaml:8:21: defaults.workspace_id: Dastra synchronises one workspace",
		"role_id is required", "acme.yaml:9:13: defaults.mode: want one of rest, scim-relay", "acme.yaml:10:15: defaults.invite",
		"acme.yaml:11:20: defaults.account_url: want", "wrkspace")
}

func TestSettings(t *testing.T) {
	t.Setenv("KEY", "k")
	const key, fine = `    credentials: {api_key: "${env:KEY}"}` + "\n", "    defaults: {workspace_id: 573, role_id: 3"
	const both = `    credentials: {api_key: "${env:KEY}", scim_token: "${env:KEY}"}` + "\n"
	for _, c := range []struct{ name, target, want string }{
		{"fine", key + fine + "}\n", ""},
		{"a pair", `    credentials: {client_id: "${env:KEY}", client_secret: "${env:KEY}"}` + "\n" + fine + "}\n", ""},
		{"half a pair", `    credentials: {client_id: "${env:KEY}"}` + "\n" + fine + "}\n", "belong together"},
		{"no credentials", fine + "}\n", "want api_key, or client_id and client_secret"},
		{"no workspace", key + "    defaults: {role_id: 3}\n", "workspace_id"},
		{"a workspace by name", key + "    defaults: {workspace_id: acme, role_id: 3}\n", "workspace_id"},
		{"workspace 0", key + "    defaults: {workspace_id: 0, role_id: 3}\n", "want the number of a workspace"},
		{"no role and no creation", key + "    sync: {create: false}\n    defaults: {workspace_id: 573}\n", ""},
		{"relay", both + fine + ", mode: scim-relay, scim_url: https://x.test/scim/v2}\n", ""},
		{"relay without its token", key + fine + ", mode: scim-relay, scim_url: https://x.test}\n", "scim_token is required"},
		{"relay without its address", both + fine + ", mode: scim-relay}\n", "scim_url is required"},
		{"relay to nowhere", both + fine + ", mode: scim-relay, scim_url: nowhere}\n", "defaults.scim_url: want"},
		{"relay with invitations", both + fine + ", mode: scim-relay, scim_url: https://x.test, invite: invitation}\n", "defaults.invite"},
		{"relay with single sign-on", both + fine + ", mode: scim-relay, scim_url: https://x.test, sso_configuration_id: 7}\n", "sso_configuration_id cannot"},
		{"relay with a phone", both + fine + ", mode: scim-relay, scim_url: https://x.test}\n    mapping: {phoneNumber: user.nickName}\n", "takes no phoneNumber"},
		{"anonymise without consent", key + fine + "}\n    on_deactivate: anonymise\n", "consent: [anonymise]"},
		{"anonymise", key + fine + "}\n    on_deactivate: anonymise\n    consent: [anonymise]\n", ""},
		{"revoke", key + fine + "}\n    on_deactivate: revoke\n", ""},
		{"the product's own", key + fine + "}\n    on_deactivate: deactivate\n", ""},
		{"another", key + fine + "}\n    on_deactivate: flag\n", "cannot"},
		{"delete", key + fine + "}\n    on_delete: delete\n", "never deletes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := told(t, c.target); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("want %q in:\n%s", c.want, got)
			}
		})
	}
}

func TestWithoutOnDeactivateNothingIsLost(t *testing.T) {
	o := newOffice(t, variant{})
	if can := o.capabilities(); can.Deactivate != connectors.DeactivateRevoke || can.Reactivate != connectors.ReactivateSame || can.Deactivate.Irreversible() {
		t.Error(can)
	}
}

// findings are by name, "ok" or "no" before their words.
func (o *office) findings() map[string]string {
	o.T.Helper()
	report, err := o.Connector.Check(o.T.Context())
	if err != nil {
		o.T.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range report.Findings {
		found[f.Name] = fmt.Sprint(map[bool]string{true: "ok ", false: "no "}[f.OK], f.Detail)
	}
	return found
}

func TestCheck(t *testing.T) {
	t.Run("all is well", func(t *testing.T) {
		for name, v := range variants() {
			o := newOffice(t, v)
			report, err := o.Connector.Check(t.Context())
			wanted := 8
			if v.relays {
				wanted++
			}
			if err != nil || !report.OK() || len(report.Findings) != wanted {
				t.Errorf("%s: %v, %v", name, report, err)
			}
		}
	})
	t.Run("nothing is", func(t *testing.T) {
		o := newOffice(t, variant{relays: true}, func(s *simhost.Sample) {
			s.Defaults["workspace_id"], s.Defaults["role_id"] = 77, 78
			s.Credentials["scim_token"] = "wrong"
		})
		found := o.findings()
		for name, want := range map[string]string{"workspace": "no the key sees no workspace 77", "role": "no Dastra has no role 78", "scim": "no Dastra's SCIM refuses"} {
			if !strings.HasPrefix(found[name], want) {
				t.Errorf("%s: %s", name, found[name])
			}
		}
	})
	t.Run("an archived workspace", func(t *testing.T) {
		o := newOffice(t, variant{}, func(s *simhost.Sample) { s.Defaults["workspace_id"] = 574 })
		if found := o.findings(); !strings.HasPrefix(found["workspace"], "no workspace 574 is not active") {
			t.Error(found)
		}
	})
	t.Run("a SCIM address that is none", func(t *testing.T) {
		o := newOffice(t, variant{relays: true}, func(s *simhost.Sample) { s.Defaults["scim_url"] = simhost.HostAddress + "/dastra/scm" })
		if found := o.findings(); !strings.Contains(found["scim"], "defaults.scim_url") {
			t.Error(found)
		}
	})
	t.Run("the plan", func(t *testing.T) {
		o := newOffice(t, variant{relays: true})
		for _, plan := range []string{"none", "limited"} {
			o.Turn(`{"plan": "` + plan + `"}`)
			if found := o.findings(); !strings.Contains(found["plan"], "Enterprise") && !strings.HasPrefix(found["plan"], "no ") {
				t.Error(found)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		o := newOffice(t, variant{pair: true}, func(s *simhost.Sample) { s.Credentials["client_secret"] = "wrong" })
		report, err := o.Connector.Check(t.Context())
		if !connectors.Is(err, connectors.Auth) || len(report.Findings) != 1 || report.OK() || !strings.Contains(report.Findings[0].Detail, "client_id") {
			t.Fatal(report, err)
		}
	})
	t.Run("a key of one workspace", func(t *testing.T) {
		o := newOffice(t, variant{})
		o.Turn(`{"rules": [{"path": "/v1/TenantUsers", "status": 403}]}`)
		if found := o.findings(); !strings.Contains(found["plan"], "whole organisation") {
			t.Error(found)
		}
	})
	t.Run("a limit in another form", func(t *testing.T) {
		o := newOffice(t, variant{})
		o.Turn(`{"rules": [{"path": "/rate-limiting-state", "status": 404}]}`)
		if found := o.findings(); !strings.HasPrefix(found["rate limit"], "ok Dastra does not say") {
			t.Error(found)
		}
	})
	t.Run("away", func(t *testing.T) {
		o := newOffice(t, variant{})
		o.Turn(`{"rules": [{"method": "GET", "status": 503}]}`)
		if _, err := o.Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
}

// scim asks the vendor's own SCIM.
func (o *office) scim(method, path string) string {
	o.T.Helper()
	request := httptest.NewRequest(method, path, nil)
	request.Header.Set("Authorization", "Bearer scim-acme-1")
	answer := httptest.NewRecorder()
	if o.sim.ServeHTTP(answer, request); answer.Code/100 != 2 {
		o.T.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer.Body.String()
}
