package steeple_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/steeple"
	"scimrelay/connectors/steeple/sim"
)

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	told := connectortest.Faults(t, steeple.Product(), `
    base_url: http://api.Connector.com
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
	connectortest.WantFaults(t, told, "literal", "acme.yaml:6:15: base_url", "token", "SSO must be configured in Steeple before provisioning; say defaults.sso_ready: true once it is",
		"acme.yaml:9:15: defaults.invite", "acme.yaml:10:22: defaults.access_method", "acme.yaml:11:26: defaults.transfer_posts_to",
		"commnities", "acme.yaml:14:80: defaults.communities.0.role", "acme.yaml:15:36: defaults.communities.1.community_id", "group is required")
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
		if all := connectortest.Faults(t, steeple.Product(), c.part); c.says == "" && all != "" || !strings.Contains(all, c.says) {
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
		if all := connectortest.Faults(t, steeple.Product(), part); says == "" && all != "" || !strings.Contains(all, says) {
			t.Errorf("%s\n%s", part, all)
		}
	}
}

func TestCapabilitiesFollowTheTarget(t *testing.T) {
	for kind, want := range map[connectors.DeactivateKind]connectors.ReactivateKind{
		connectors.DeactivateRemove: connectors.ReactivateReattach, connectors.DeactivateSuspend: connectors.ReactivateSame} {
		o := newOffice(t, func(s *simhost.Sample) { s.Target["on_deactivate"] = string(kind) })
		caps := steeple.Product().CapabilitiesOf(o.Settings)
		if caps.Deactivate != kind || caps.Reactivate != want || !caps.Entitlements || caps.Delete || caps.CreateInactive {
			t.Errorf("%+v", caps)
		}
	}
}

func TestCheckFindsAllWell(t *testing.T) {
	report, err := newOffice(t).Connector.Check(t.Context())
	if err != nil || !report.OK() || len(report.Findings) != 9 {
		t.Fatal(report, err)
	}
	if f := connectortest.Finding(report, "community "+sim.Siege); !strings.Contains(f.Detail, "for members and for administrators") {
		t.Error(f)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	const nowhere = "11111111-2222-4333-8444-555555555555"
	o := newOffice(t, says("sso_ready", false), says("transfer_posts_to", nowhere), says("communities", []any{
		grant("A", sim.Main, "member"), grant("B", sim.Dyna, "member"), grant("C", nowhere, "member"),
		grant("D", sim.Siege, "member"), grant("E", sim.Lyon, "administrator")}),
		func(s *simhost.Sample) { s.Target["activate"] = false })
	report, err := o.Connector.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"SSO": "sso_ready", "community " + sim.Main: "main community", "community " + sim.Dyna: "dynamic community",
		"community " + nowhere: "no such community", "posts": "transfer_posts_to"} {
		if f := connectortest.Finding(report, name); f.OK || !strings.Contains(f.Detail, want) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for name, want := range map[string]string{"community " + sim.Siege: "add one with role administrator", "community " + sim.Lyon: "add one with role member",
		"access method": "matricule", "rate": "300"} {
		if f := connectortest.Finding(report, name); !f.OK || !strings.Contains(f.Detail, want) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestCheckTellsTheTokensTroublesApart(t *testing.T) {
	for knob, name := range map[string]string{"token_revoked": "token", "child_community": "organisation", "not_administrator": "organisation"} {
		o := newOffice(t)
		o.Turn(`{"` + knob + `": true}`)
		report, err := o.Connector.Check(t.Context())
		if f := connectortest.Finding(report, name); !connectors.Is(err, connectors.Auth) || f.OK || !strings.Contains(f.Detail, "Administration > Integrations") {
			t.Error(knob, f, err)
		}
	}
	o := newOffice(t, numbered)
	o.Turn(`{"rules": [{"path": "/v1/users", "status": 404, "body": {"error": "Not Found"}}]}`)
	report, err := o.Connector.Check(t.Context())
	if f := connectortest.Finding(report, "user API"); err != nil || f.OK || !strings.Contains(f.Detail, "ASSUMED") || !strings.Contains(connectortest.Finding(report, "access method").Detail, "birthday") {
		t.Error(f, err)
	}
	o.Turn(`{"rules": [{"status": 503}]}`)
	if _, err := o.Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
		t.Error(err)
	}
}
