package patch_test

import (
	"fmt"
	"log"

	"scimrelay/scim"
	"scimrelay/scim/patch"
	"scimrelay/scim/schema"
)

func ExampleApply() {
	set, err := schema.Load()
	if err != nil {
		log.Fatal(err)
	}
	user, _ := set.Type(scim.TypeUser)
	current := scim.Document{"schemas": []any{scim.SchemaUser}, "userName": "ana", "active": true}
	body, err := scim.Decode([]byte(`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`), scim.DefaultLimits())
	if err != nil {
		log.Fatal(err)
	}
	result, err := patch.Apply(user, patch.Current{Document: current}, body, patch.Rules{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Document["active"], result.Changed, result.Leniencies)
	// Output: false true [missing-schemas:schemas op-case:replace string-boolean:active]
}
