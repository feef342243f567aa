package sage_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
)

func TestCheck(t *testing.T) {
	finding := func(r connectors.Report, name string) connectors.Finding {
		for _, f := range r.Findings {
			if f.Name == name {
				return f
			}
		}
		return connectors.Finding{Detail: "missing"}
	}
	t.Run("all is well", func(t *testing.T) {
		report, err := newOffice(t).sage.Check(t.Context())
		if err != nil || !report.OK() || len(report.Findings) != 9 {
			t.Fatal(report, err)
		}
	})
	t.Run("nothing is", func(t *testing.T) {
		o := newOffice(t, func(s *sample) {
			s.sample.Defaults = map[string]any{"role_id": 77, "branch_id": 78, "user_type_id": 79, "roles": map[string]int{"Ghosts": 80}}
		})
		report, err := o.sage.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"role": "defaults.role_id", "role of Ghosts": "defaults.roles", "branch": "defaults.branch_id",
			"user type": "defaults.user_type_id", "phone": "defaults.id_prefix"} {
			if f := finding(report, name); f.OK || !strings.Contains(f.Detail, want) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		o := newOffice(t, func(s *sample) { s.sample.Credentials["private_key"] = "wrong" })
		report, err := o.sage.Check(t.Context())
		if !connectors.Is(err, connectors.Auth) || finding(report, "login").OK || finding(report, "login").Detail == "missing" {
			t.Fatal(report, err)
		}
	})
	t.Run("away", func(t *testing.T) {
		o := newOffice(t)
		o.turn(`{"rules": [{"method": "GET", "status": 503}]}`)
		if _, err := o.sage.Check(t.Context()); !connectors.Is(err, connectors.Transient) {
			t.Fatal(err)
		}
	})
	t.Run("a role that is not for the environment", func(t *testing.T) {
		o := newOffice(t, func(s *sample) { s.sample.Defaults["role_id"] = 30 })
		report, err := o.sage.Check(t.Context())
		if f := finding(report, "role"); err != nil || f.OK || !strings.Contains(f.Detail, "environment 1") {
			t.Errorf("%+v, %v", f, err)
		}
		o.target.Defaults = newOffice(t, func(s *sample) { s.sample.Defaults["role_id"], s.sample.Defaults["branch_id"] = 30, 16 }).target.Defaults
		o.open()
		if report, err = o.sage.Check(t.Context()); err != nil || !report.OK() {
			t.Errorf("%+v, %v", report, err)
		}
		if f := finding(report, "role"); !strings.Contains(f.Detail, "only members") {
			t.Errorf("a basic role in the table is not told: %+v", f)
		}
	})
	t.Run("an administrator who may not manage users", func(t *testing.T) {
		o := newOffice(t)
		o.turn(`{"rules": [{"path": "/api/v4/users", "status": 403}]}`)
		report, err := o.sage.Check(t.Context())
		if f := finding(report, "users"); err != nil || f.OK || !strings.Contains(f.Detail, "may manage users") {
			t.Errorf("%+v, %v", report, err)
		}
	})
}
