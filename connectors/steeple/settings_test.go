package steeple_test

import (
	"strings"
	"testing"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/connectors/steeple"
	"scimrelay/connectors/steeple/sim"
	"scimrelay/tenants"
)

// settings reads a target whose part below the product is given.
func settings(t *testing.T, part string) (connectors.Settings, []configs.Fault) {
	t.Helper()
	tenant, faults := tenants.Parse("acme.yaml", []byte("id: acme\ntargets:\n  - id: steeple\n    product: steeple\n"+part))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return steeple.Product().Settings(tenant.Targets[0])
}

func told(faults []configs.Fault) string {
	var lines []string
	for _, fault := range faults {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	_, found := settings(t, `
    base_url: http://api.steeple.com
    credentials: {token: "literal"}
    defaults:
      invite: sometimes
      access_method: badge
      transfer_posts_to: tom
      commnities: 1
      communities:
        - {group: A, community_id: 0d4f0b1e-5a55-4b0e-9c39-6a7a3c6f2a11, role: owner}
        - {group: B, community_id: siege}
        - {community_id: 0d4f0b1e-5a55-4b0e-9c39-6a7a3c6f2a11}
`)
	all := told(found)
	for _, want := range []string{"acme.yaml:6:15: base_url", "token", "SSO must be configured in Steeple before provisioning; say defaults.sso_ready: true once it is",
		"acme.yaml:9:15: defaults.invite", "acme.yaml:10:22: defaults.access_method", "acme.yaml:11:26: defaults.transfer_posts_to",
		"commnities", "acme.yaml:14:80: defaults.communities.0.role", "acme.yaml:15:36: defaults.communities.1.community_id", "group is required"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "literal") {
		t.Error("a secret is quoted")
	}
}

func TestNothingIsActivatedBeforeSSOIsReady(t *testing.T) {
	t.Setenv("STEEPLE_TOKEN", "x")
	const token = "    credentials: {token: \"${env:STEEPLE_TOKEN}\"}\n"
	for name, c := range map[string]struct {
		part string
		says string
	}{
		"not said":              {token, "defaults.sso_ready: true"},
		"said to be not ready":  {token + "    defaults: {sso_ready: false}\n", "defaults.sso_ready: true"},
		"ready":                 {token + "    defaults: {sso_ready: true}\n", ""},
		"writes are still held": {token + "    activate: false\n", ""},
	} {
		_, found := settings(t, c.part)
		if all := told(found); c.says == "" && all != "" || !strings.Contains(all, c.says) {
			t.Errorf("%s: %s", name, all)
		}
	}
}

func TestWithThePersonnelNumberTheMappingMustGiveABirthday(t *testing.T) {
	t.Setenv("STEEPLE_TOKEN", "x")
	const head = "    credentials: {token: \"${env:STEEPLE_TOKEN}\"}\n    defaults: {sso_ready: true, access_method: matricule}\n"
	for part, says := range map[string]string{
		head: "mapping.birthday",
		head + "    mapping: {birthday: user.nickName, registration_number: \"\"}\n": "mapping.registration_number",
		head + "    mapping: {birthday: user.nickName}\n":                            "",
	} {
		_, found := settings(t, part)
		if all := told(found); says == "" && all != "" || !strings.Contains(all, says) {
			t.Errorf("%s\n%s", part, all)
		}
	}
}

func TestCapabilitiesFollowTheTarget(t *testing.T) {
	for kind, want := range map[connectors.DeactivateKind]connectors.ReactivateKind{
		connectors.DeactivateRemove: connectors.ReactivateReattach, connectors.DeactivateSuspend: connectors.ReactivateSame} {
		o := newOffice(t, func(s *sample) { s.sample.Target["on_deactivate"] = string(kind) })
		s, _ := steeple.Product().Settings(o.target)
		caps := steeple.Product().CapabilitiesOf(s)
		if caps.Deactivate != kind || caps.Reactivate != want || !caps.Entitlements || caps.Delete || caps.CreateInactive {
			t.Errorf("%+v", caps)
		}
	}
}

func finding(r connectors.Report, name string) connectors.Finding {
	for _, f := range r.Findings {
		if f.Name == name {
			return f
		}
	}
	return connectors.Finding{Detail: "missing"}
}

func TestCheckFindsAllWell(t *testing.T) {
	report, err := newOffice(t).steeple.Check(t.Context())
	if err != nil || !report.OK() || len(report.Findings) != 9 {
		t.Fatal(report, err)
	}
	if f := finding(report, "community "+sim.Siege); !strings.Contains(f.Detail, "for members and for administrators") {
		t.Error(f)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	const nowhere = "11111111-2222-4333-8444-555555555555"
	o := newOffice(t, says("sso_ready", false), says("transfer_posts_to", nowhere), says("communities", []any{
		grant("A", sim.Main, "member"), grant("B", sim.Dyna, "member"), grant("C", nowhere, "member"),
		grant("D", sim.Siege, "member"), grant("E", sim.Lyon, "administrator")}),
		func(s *sample) { s.sample.Target["activate"] = false })
	report, err := o.steeple.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"SSO": "sso_ready", "community " + sim.Main: "main community", "community " + sim.Dyna: "dynamic community",
		"community " + nowhere: "no such community", "posts": "transfer_posts_to"} {
		if f := finding(report, name); f.OK || !strings.Contains(f.Detail, want) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for name, want := range map[string]string{"community " + sim.Siege: "add one with role administrator", "community " + sim.Lyon: "add one with role member",
		"access method": "matricule", "rate": "300"} {
		if f := finding(report, name); !f.OK || !strings.Contains(f.Detail, want) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestCheckTellsTheTokensTroublesApart(t *testing.T) {
	for knob, name := range map[string]string{"token_revoked": "token", "child_community": "organisation", "not_administrator": "organisation"} {
		o := newOffice(t)
		o.turn(`{"` + knob + `": true}`)
		report, err := o.steeple.Check(t.Context())
		if f := finding(report, name); !connectors.Is(err, connectors.Auth) || f.OK || !strings.Contains(f.Detail, "Administration > Integrations") {
			t.Error(knob, f, err)
		}
	}
	o := newOffice(t, numbered)
	o.turn(`{"rules": [{"path": "/v1/users", "status": 404, "body": {"error": "Not Found"}}]}`)
	report, err := o.steeple.Check(t.Context())
	if f := finding(report, "user API"); err != nil || f.OK || !strings.Contains(f.Detail, "ASSUMED") || !strings.Contains(finding(report, "access method").Detail, "birthday") {
		t.Error(f, err)
	}
	o.turn(`{"rules": [{"status": 503}]}`)
	if _, err := o.steeple.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
		t.Error(err)
	}
}
