package sage_test

import (
	"testing"

	"scimrelay/connectors/connectortest"
	"scimrelay/connectors/sage"
)

func TestSettingsSayEverythingThatIsWrong(t *testing.T) {
	told := connectortest.Faults(t, sage.Product(), `
    base_url: http://api.forcemanager.com
    credentials: {public_key: "literal", privat_key: "${env:NOT_SET_ANYWHERE}"}
    defaults:
      level: 9
      ui_language: FR
      brnch: 1
      roles: {" ": 30, Sales Managers: -1}
`)
	connectortest.WantFaults(t, told, "literal", "acme.yaml:6:15: base_url", "acme.yaml:7:31:", "privat_key", "private_key", "role_id", "branch_id",
		"acme.yaml:9:14: defaults.level", "acme.yaml:10:20: defaults.ui_language", "brnch",
		"acme.yaml:12:15: defaults.roles: want the name", "acme.yaml:12:40: defaults.roles: want the id")
}
