package sage_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/simhost"
)

func TestCheck(t *testing.T) {
	t.Run("all is well", func(t *testing.T) {
		report, err := newOffice(t).Connector.Check(t.Context())
		if err != nil || !report.OK() || len(report.Findings) != 9 {
			t.Fatal(report, err)
		}
	})
	t.Run("nothing is", func(t *testing.T) {
		o := newOffice(t, func(s *simhost.Sample) {
			s.Defaults = map[string]any{"role_id": 77, "branch_id": 78, "user_type_id": 79, "roles": map[string]int{"Ghosts": 80}}
		})
		report, err := o.Connector.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"role": "defaults.role_id", "role of Ghosts": "defaults.roles", "branch": "defaults.branch_id",
			"user type": "defaults.user_type_id", "phone": "defaults.id_prefix"} {
			if f := connectortest.Finding(report, name); f.OK || !strings.Contains(f.Detail, want) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		o := newOffice(t, func(s *simhost.Sample) { s.Credentials["private_key"] = "wrong" })
		report, err := o.Connector.Check(t.Context())
		if !connectors.Is(err, connectors.Auth) || connectortest.Finding(report, "login").OK || connectortest.Finding(report, "login").Detail == "missing" {
			t.Fatal(report, err)
		}
	})
	t.Run("away", func(t *testing.T) {
		o := newOffice(t)
		o.Turn(`{"rules": [{"method": "GET", "status": 503}]}`)
		if _, err := o.Connector.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
	t.Run("a role that is not for the environment", func(t *testing.T) {
		o := newOffice(t, func(s *simhost.Sample) { s.Defaults["role_id"] = 30 })
		report, err := o.Connector.Check(t.Context())
		if f := connectortest.Finding(report, "role"); err != nil || f.OK || !strings.Contains(f.Detail, "environment 1") {
			t.Errorf("%+v, %v", f, err)
		}
		o.Target.Defaults = newOffice(t, func(s *simhost.Sample) { s.Defaults["role_id"], s.Defaults["branch_id"] = 30, 16 }).Target.Defaults
		o.Open()
		if report, err = o.Connector.Check(t.Context()); err != nil || !report.OK() {
			t.Errorf("%+v, %v", report, err)
		}
		if f := connectortest.Finding(report, "role"); !strings.Contains(f.Detail, "only members") {
			t.Errorf("a basic role in the table is not told: %+v", f)
		}
	})
	t.Run("an administrator who may not manage users", func(t *testing.T) {
		o := newOffice(t)
		o.Turn(`{"rules": [{"path": "/api/v4/users", "status": 403}]}`)
		report, err := o.Connector.Check(t.Context())
		if f := connectortest.Finding(report, "users"); err != nil || f.OK || !strings.Contains(f.Detail, "may manage users") {
			t.Errorf("%+v, %v", report, err)
		}
	})
}
