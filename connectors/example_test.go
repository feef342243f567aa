package connectors_test

import (
	"fmt"

	"scimrelay/configs"
	"scimrelay/connectors"
	"scimrelay/scim"
	"scimrelay/tenants"
)

func ExampleCompileMapping() {
	const file = `
key: value(user.emails, "work") ?? user.userName
fields:
  fullName: join(" ", user.name.givenName, user.name.familyName)
  manager: reference(user.manager)
`
	own := tenants.Rule{Expression: configs.Text{Value: "user.title ?? 'none'"}}
	mapping, faults := connectors.CompileMapping(connectors.Source{Product: []byte(file), Rules: map[string]tenants.Rule{"title": own}})
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	record, err := mapping.Record("7f0c", scim.Document{
		"userName": "ana.ruiz@acme.test", "nickName": "Ani",
		"name": map[string]any{"givenName": "Ana", "familyName": "Ruiz"},
	})
	fmt.Println(record.Key, record.Fields, err)
	fmt.Println("not forwarded:", mapping.NotForwarded(scim.Document{"nickName": "Ani"}))
	// Output:
	// ana.ruiz@acme.test map[fullName:Ana Ruiz manager:<nil> title:none] <nil>
	// not forwarded: [nickName]
}
