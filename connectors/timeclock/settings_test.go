package timeclock_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
	"scimrelay/connectors/timeclock"
)

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	told := connectortest.Faults(t, timeclock.Product(), `
    base_url: https://live.timeclock365.com/scim
    credentials: {api_key: "literal", token: "${env:NOT_SET_ANYWHERE}"}
    defaults:
      role_id: -1
      invite: 2
      release_license: true
`)
	connectortest.WantFaults(t, told, "literal", "acme.yaml:6:15: base_url", "acme.yaml:7:28:", "token", "acme.yaml:9:16: defaults.role_id",
		"acme.yaml:10:15: defaults.invite", "release_license")
}

// 60 calls a minute are ASSUMED: no minute may have more, and few are to be given away.
func TestTheRateUsesTheMinuteAndNeverExceedsIt(t *testing.T) {
	rate := timeclock.Product().Capabilities.Rate
	if most := float64(rate.Burst) + 60*rate.PerSecond; most > 60 {
		t.Errorf("%v calls fit into a minute", most)
	}
	if steady := 60 * rate.PerSecond; steady < 52 {
		t.Errorf("%v calls a minute are used", steady)
	}
}

func TestCheck(t *testing.T) {
	t.Run("all is well", func(t *testing.T) {
		c := newCompany(t)
		c.Turn(`{"licences": 3}`)
		c.create("1", ben)
		before := c.Count()
		report, err := c.Connector.Check(t.Context())
		if err != nil || !report.OK() || len(report.Findings) != 4 || c.Count()-before != 3 {
			t.Fatal(report, err)
		}
		for name, want := range map[string]string{"users": "1 users", "role": "Employee", "licences": "2 of 3"} {
			if f := connectortest.Finding(report, name); !strings.Contains(f.Detail, want) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	})
	t.Run("no role is set", func(t *testing.T) {
		report, err := newCompany(t, func(s *simhost.Sample) { s.Defaults = nil }).Connector.Check(t.Context())
		if err != nil || !report.OK() || !strings.Contains(connectortest.Finding(report, "role").Detail, "Employee") {
			t.Fatal(report, err)
		}
	})
	t.Run("nothing is well", func(t *testing.T) {
		c := newCompany(t, func(s *simhost.Sample) { s.Defaults["role_id"] = 77 })
		c.Turn(`{"licences": 0}`)
		report, err := c.Connector.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"role": "defaults.role_id to one of 1 Employee", "licences": "none of 0 licences"} {
			if f := connectortest.Finding(report, name); f.OK || !strings.Contains(f.Detail, want) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	})
	t.Run("the API has no user methods", func(t *testing.T) {
		c := newCompany(t)
		c.Turn(`{"no_user_methods": true}`)
		report, err := c.Connector.Check(t.Context())
		if f := connectortest.Finding(report, "users"); err != nil || f.OK || !strings.Contains(f.Detail, "user methods") || !connectortest.Finding(report, "key").OK {
			t.Fatal(report, err)
		}
	})
	for name, c := range map[string][2]string{
		"the key is refused":             {`{"keys_revoked": true}`, "refuses the API key"},
		"the key is refused by HTTP":     {`{"keys_revoked": true, "plain_http": true}`, "refuses the API key"},
		"no administrator stands behind": {`{"not_administrator": true}`, "role Administrator"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newCompany(t)
			v.Turn(c[0])
			report, err := v.Connector.Check(t.Context())
			if f := connectortest.Finding(report, "key"); !connectors.Is(err, connectors.Auth) || f.OK || !strings.Contains(f.Detail, c[1]) {
				t.Fatal(report, err)
			}
		})
	}
	t.Run("away", func(t *testing.T) {
		c := newCompany(t)
		c.Turn(`{"rules": [{"status": 503}]}`)
		if _, err := c.Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
}
