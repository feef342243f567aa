package sage_test

import (
	"strings"
	"testing"

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
      roles: {" ": 30, Sales Managers: -1}
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
		"acme.yaml:9:14: defaults.level", "acme.yaml:10:20: defaults.ui_language", "brnch",
		"acme.yaml:12:15: defaults.roles: want the name", "acme.yaml:12:40: defaults.roles: want the id"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "literal") {
		t.Error("a secret is quoted")
	}
}
