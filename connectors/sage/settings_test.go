package sage_test

import (
	"strings"
	"testing"

	"scimrelay/connectors"
	"scimrelay/connectors/sage"
	"scimrelay/tenants"
)

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	tenant, faults := tenants.Parse("acme.yaml", []byte(`
id: acme
targets:
  - id: sage
    product: sage
    base_url: http://api.forcemanager.com
    credentials: {public_key: "literal", privat_key: "${env:NOT_SET_ANYWHERE}"}
    defaults:
      level: 9
      ui_language: FR
      brnch: 1
`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	_, found := sage.Product().Settings(tenant.Targets[0])
	var told []string
	for _, fault := range found {
		told = append(told, fault.Error())
	}
	all := strings.Join(told, "\n")
	for _, want := range []string{"acme.yaml:6:15: base_url", "acme.yaml:7:31:", "privat_key", "private_key", "role_id", "branch_id",
		"acme.yaml:9:14: defaults.level", "acme.yaml:10:20: defaults.ui_language", "brnch"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "literal") {
		t.Error("a secret is quoted")
	}
}

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
			s.sample.Defaults = map[string]any{"role_id": 77, "branch_id": 78, "user_type_id": 79}
		})
		report, err := o.sage.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"role": "defaults.role_id", "branch": "defaults.branch_id",
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
}
