package projection_test

import (
	"fmt"
	"log"

	"scimrelay/scim"
	"scimrelay/scim/projection"
	"scimrelay/scim/schema"
)

func Example() {
	set, err := schema.Load()
	if err != nil {
		log.Fatal(err)
	}
	user, _ := set.Type(scim.TypeUser)
	p, err := projection.Parse(user, projection.Split("userName,name.familyName"), nil)
	if err != nil {
		log.Fatal(err)
	}
	body, err := scim.Encode(p.Apply(scim.Document{
		"id": "u1", "schemas": []any{scim.SchemaUser}, "userName": "ana", "active": true,
		"name": scim.Document{"familyName": "Ruiz", "givenName": "Ana"},
	}))
	fmt.Println(string(body), err)
	fmt.Println(p.Wants("groups"))
	// Output:
	// {"id":"u1","name":{"familyName":"Ruiz"},"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ana"} <nil>
	// false
}
